# SPDX-License-Identifier: MIT
# What demo.cmake and test.cmake share: find out what this machine has, install what it lacks if we may, build. Each step says what it does,
# and whatever cannot go on says what is missing and how to get it.
cmake_minimum_required(VERSION 3.22)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH RILL_SOURCE)
cmake_host_system_information(RESULT RILL_PROCESSORS QUERY NUMBER_OF_LOGICAL_CORES)

function(say text)
    message(STATUS "rill: ${text}")
endfunction()

# install_package(<what> apt-get <its name there> dnf <...> apk <...> pacman <...> brew <...>): with the package manager of this machine.
function(install_package what)
    cmake_parse_arguments(PARSE_ARGV 1 name "" "apt-get;dnf;apk;pacman;brew" "")
    set(apt-get_command apt-get install -y -q --no-install-recommends)
    set(dnf_command dnf install -y)
    set(apk_command apk add)
    set(pacman_command pacman -Sy --noconfirm --needed)
    set(brew_command brew install)
    set(manager)
    foreach(candidate apt-get dnf apk pacman brew)
        find_program(found_${candidate} ${candidate} NO_CACHE)
        if(found_${candidate})
            set(manager ${candidate})
            break()
        endif()
    endforeach()
    if(NOT manager)
        message(FATAL_ERROR "${what} is missing, and this machine has no package manager that this script knows. "
                            "Please install ${what}, then run the same command again.")
    endif()

    set(command ${${manager}_command} ${name_${manager}})
    list(JOIN command " " typed)
    set(before)
    if(NOT manager STREQUAL "brew")
        execute_process(COMMAND id -u OUTPUT_VARIABLE user OUTPUT_STRIP_TRAILING_WHITESPACE)
        if(NOT user EQUAL 0)
            set(before sudo -n)
            execute_process(COMMAND sudo -n true RESULT_VARIABLE denied OUTPUT_QUIET ERROR_QUIET)
            if(NOT denied STREQUAL "0")
                message(FATAL_ERROR "${what} is missing, and installing it needs a password. Please run `sudo ${typed}`, "
                                    "then the same command again.")
            endif()
        endif()
    endif()

    say("${what} is missing: installing it with `${typed}`")
    if(manager STREQUAL "apt-get")
        execute_process(COMMAND ${before} apt-get update -q) # if it fails, what is known may still do
        set(before ${before} ${CMAKE_COMMAND} -E env DEBIAN_FRONTEND=noninteractive)
    endif()
    execute_process(COMMAND ${before} ${command} RESULT_VARIABLE failed)
    if(NOT failed STREQUAL "0")
        message(FATAL_ERROR "`${typed}` failed (its messages stand above), so ${what} is still missing. "
                            "Please install it, then run the same command again.")
    endif()
endfunction()

# Sets RILL_GENERATOR to what CMake must be told, so that it finds make or ninja (Windows brings its own).
function(find_build_tool)
    set(RILL_GENERATOR "" PARENT_SCOPE)
    if(CMAKE_HOST_WIN32 OR DEFINED ENV{CMAKE_GENERATOR})
        return()
    endif()
    find_program(ninja NAMES ninja ninja-build NO_CACHE)
    find_program(make NAMES make gmake NO_CACHE)
    if(ninja)
        set(RILL_GENERATOR -G Ninja PARENT_SCOPE)
    elseif(NOT make)
        install_package(make apt-get make dnf make apk make pacman make brew make)
    endif()
endfunction()

# probe(<result> <folder> [options]): does cmake/probe configure here? If so, the result names the compiler.
function(probe result folder)
    if(NOT EXISTS ${folder}/CMakeCache.txt)
        list(APPEND ARGN ${RILL_GENERATOR})
    endif()
    execute_process(COMMAND ${CMAKE_COMMAND} -S ${RILL_SOURCE}/cmake/probe -B ${folder} ${ARGN}
                    RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_QUIET)
    string(REGEX MATCH "-- (compiler: [^\n]*)" line "${output}")
    if(failed STREQUAL "0")
        set(${result} "${CMAKE_MATCH_1}" PARENT_SCOPE)
    else()
        file(REMOVE_RECURSE ${folder}) # so that what is installed meanwhile is seen the next time
        set(${result} OFF PARENT_SCOPE)
    endif()
endfunction()

# Sets RILL_COMPILER to what CMake must be told, so that it takes a compiler that is new enough: $CXX if that is set, otherwise the first.
function(find_compiler)
    set(names "the default one")
    if(NOT DEFINED ENV{CXX})
        list(APPEND names g++ clang++ g++-16 g++-15 g++-14 g++-13 g++-12 clang++-22 clang++-21 clang++-20 clang++-19 clang++-18 clang++-17)
    endif()
    foreach(name IN LISTS names)
        set(option)
        if(NOT name STREQUAL "the default one")
            find_program(path ${name} NO_CACHE)
            if(NOT path)
                continue()
            endif()
            set(option -DCMAKE_CXX_COMPILER=${path})
            unset(path)
        endif()
        string(MAKE_C_IDENTIFIER "compiler ${name} $ENV{CXX}" folder)
        probe(compiler ${RILL_SOURCE}/build/probe/${folder} ${option})
        if(compiler)
            say("${compiler}")
            set(RILL_COMPILER ${option} PARENT_SCOPE)
            return()
        endif()
    endforeach()
    list(JOIN names ", " names)
    message(FATAL_ERROR "No compiler here compiles a C++20 coroutine (asked: ${names}; CXX is `$ENV{CXX}`). rill needs g++ 12, clang 17, "
                        "MSVC 19.34 or newer: please install one, for example with `apt-get install g++`, or name it in the "
                        "environment variable CXX, then run the same command again.")
endfunction()

# build(<folder> <Debug or Release> <what to build: "" is everything> [options]): configures and builds. A folder that was configured before
# keeps its generator and its compiler.
function(build folder type target)
    if(NOT EXISTS ${folder}/CMakeCache.txt)
        list(APPEND ARGN ${RILL_GENERATOR} ${RILL_COMPILER})
    endif()
    say("configuring ${folder}")
    execute_process(COMMAND ${CMAKE_COMMAND} -S ${RILL_SOURCE} -B ${folder} -DCMAKE_BUILD_TYPE=${type} ${ARGN}
                    RESULT_VARIABLE failed)
    if(NOT failed STREQUAL "0")
        message(FATAL_ERROR "CMake could not configure ${folder}: its messages stand above.")
    endif()
    say("building (${RILL_PROCESSORS} at a time)")
    execute_process(COMMAND ${CMAKE_COMMAND} --build ${folder} --config ${type} --parallel ${RILL_PROCESSORS} ${target}
                    RESULT_VARIABLE failed)
    if(NOT failed STREQUAL "0")
        message(FATAL_ERROR "The build failed: the compiler's messages stand above.")
    endif()
endfunction()
