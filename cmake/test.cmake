# SPDX-License-Identifier: MIT
# cmake [-DRILL_TEST_FILTER=<regex of names>] [-DRILL_TEST_LABEL=<regex of labels>] -P cmake/test.cmake
# builds the tests and runs them, and installs Catch2 first where it is missing.
include(${CMAKE_CURRENT_LIST_DIR}/machine.cmake)

set(folder ${RILL_SOURCE}/build/test)
find_build_tool()
find_compiler()
probe(catch2 ${RILL_SOURCE}/build/probe/catch2 ${RILL_COMPILER} -DCATCH2=ON)
if(NOT catch2)
    install_package(Catch2 apt-get catch2 dnf catch-devel apk catch2 pacman catch2 brew catch2)
    probe(catch2 ${RILL_SOURCE}/build/probe/catch2 ${RILL_COMPILER} -DCATCH2=ON)
    if(NOT catch2)
        message(FATAL_ERROR "Catch2 was installed, but CMake does not find it: please set CMAKE_PREFIX_PATH to where it is.")
    endif()
endif()
build(${folder} Debug "" -DRILL_BUILD_TESTS=ON -DRILL_BUILD_EXAMPLES=ON)

set(filter)
if(RILL_TEST_FILTER)
    list(APPEND filter -R ${RILL_TEST_FILTER})
endif()
if(RILL_TEST_LABEL)
    list(APPEND filter -L ${RILL_TEST_LABEL})
endif()
say("running the tests")
execute_process(COMMAND ${CMAKE_CTEST_COMMAND} --build-config Debug --output-on-failure --no-tests=error
                        --parallel ${RILL_PROCESSORS} ${filter}
                WORKING_DIRECTORY ${folder} RESULT_VARIABLE failed)
if(NOT failed STREQUAL "0")
    message(FATAL_ERROR "Not all tests passed: ctest's summary stands above.")
endif()
