# SPDX-License-Identifier: MIT
# cmake -DCONAN=<program> -DCTEST=<program> -DRILL_SOURCE=<folder> -DSERVER=<file> -DTO=<folder> -P conan.cmake: makes rill's package in an empty cache, without a
# network, and consumes it. What should not be is tried, too.
file(REMOVE_RECURSE ${TO})
set(ENV{CONAN_HOME} ${TO}/home)
set(settings -s compiler.cppstd=20 --no-remote -c tools.cmake.cmake_layout:test_folder=${TO}/test_package
             -c tools.cmake.cmaketoolchain:user_presets=)

function(run)
    execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

run(${CONAN} profile detect)
run(${CONAN} create ${RILL_SOURCE} ${settings} -s build_type=Release)
run(${CONAN} create ${RILL_SOURCE} ${settings} -s build_type=Debug --test-folder=)

execute_process(COMMAND ${CONAN} list "rill/*:*" --format=json OUTPUT_VARIABLE listed COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "\"info\": {" packages "${listed}")
list(LENGTH packages count)
if(NOT count EQUAL 1)
    message(FATAL_ERROR "Debug and Release are ${count} packages, though they are the same headers:\n${listed}")
endif()

foreach(refused "compiler.cppstd=17" "compiler.version=11")
    execute_process(COMMAND ${CONAN} create ${RILL_SOURCE} ${settings} -s compiler=gcc -s compiler.libcxx=libstdc++11 -s ${refused}
                    RESULT_VARIABLE failed ERROR_VARIABLE said OUTPUT_QUIET)
    if(failed STREQUAL "0" OR NOT said MATCHES "Invalid")
        message(FATAL_ERROR "${refused} was not refused: ${said}")
    endif()
endforeach()

run(${CONAN} install ${CMAKE_CURRENT_LIST_DIR} ${settings} -s build_type=Release --output-folder=${TO}/generators)
run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${TO}/build -DCMAKE_TOOLCHAIN_FILE=${TO}/generators/conan_toolchain.cmake
    -DCMAKE_BUILD_TYPE=Release -DSERVER=${SERVER})
run(${CMAKE_COMMAND} --build ${TO}/build)
run(${CTEST} --test-dir ${TO}/build --output-on-failure --no-tests=error)
