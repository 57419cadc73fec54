# SPDX-License-Identifier: MIT
# cmake -P cmake/demo.cmake [-- arguments of the demo]: builds the demonstration and runs it.
include(${CMAKE_CURRENT_LIST_DIR}/machine.cmake)

set(folder ${RILL_SOURCE}/build/demo)
find_build_tool()
find_compiler()
build(${folder} Release "--target;demo" -DRILL_BUILD_EXAMPLES=ON -DRILL_BUILD_TESTS=OFF)

set(arguments)
set(behind OFF)
foreach(i RANGE ${CMAKE_ARGC})
    if(behind)
        list(APPEND arguments ${CMAKE_ARGV${i}})
    elseif("${CMAKE_ARGV${i}}" STREQUAL "--")
        set(behind ON)
    endif()
endforeach()

say("running ${folder}/bin/demo")
execute_process(COMMAND ${folder}/bin/demo ${arguments} RESULT_VARIABLE failed)
if(NOT failed STREQUAL "0")
    message(FATAL_ERROR "The demonstration failed (${failed}): what it said stands above.")
endif()
