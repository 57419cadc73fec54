# SPDX-License-Identifier: MIT
# Finds Catch2. For another system than this one, its headers are enough (Catch2 2.13 is nothing else), and are taken alone, so that no
# other header of this machine gets into the way: RILL_CATCH2_HEADERS is the folder with catch.hpp in it.
set(RILL_CATCH2_HEADERS "/usr/include/catch2" CACHE PATH "When cross-compiling: the folder with Catch2's catch.hpp")
set(RILL_CATCH2_CMAKE "/usr/lib/cmake/Catch2" CACHE PATH "When cross-compiling: the folder with Catch2's Catch.cmake")

if(NOT CMAKE_CROSSCOMPILING)
    find_package(Catch2 QUIET)
    if(NOT Catch2_FOUND)
        message(FATAL_ERROR "rill's tests need Catch2 (2.13 or 3), which CMake cannot find here.\n"
                            "`cmake -P cmake/test.cmake` installs it, builds the tests and runs them; by hand it is\n"
                            "`apt-get install catch2`, `dnf install catch-devel`, `apk add catch2`, `pacman -S catch2` or `brew install catch2`.\n"
                            "To build without tests: -DRILL_BUILD_TESTS=OFF")
    endif()
    list(APPEND CMAKE_MODULE_PATH ${Catch2_DIR})
    include(Catch)
    return()
endif()

if(NOT EXISTS ${RILL_CATCH2_HEADERS}/catch.hpp)
    message(FATAL_ERROR "No catch.hpp in RILL_CATCH2_HEADERS=${RILL_CATCH2_HEADERS}: `apt-get install catch2` brings that of Catch2 2.13.")
endif()
file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/catch2_alone)
file(CREATE_LINK ${RILL_CATCH2_HEADERS} ${CMAKE_CURRENT_BINARY_DIR}/catch2_alone/catch2 SYMBOLIC)
add_library(Catch2::Catch2 INTERFACE IMPORTED)
target_include_directories(Catch2::Catch2 INTERFACE ${CMAKE_CURRENT_BINARY_DIR}/catch2_alone)

# Tests are found by running their programs; without an emulator there is nothing to run, and the programs are only linked.
if(CMAKE_CROSSCOMPILING_EMULATOR)
    include(${RILL_CATCH2_CMAKE}/Catch.cmake)
else()
    message(NOTICE "rill: nothing here runs programs of ${CMAKE_SYSTEM_NAME}: the tests are built and linked, not run")
    function(catch_discover_tests)
    endfunction()
endif()
