# SPDX-License-Identifier: MIT
# What each consuming project does with the server that it has built: its test starts it, talks to it and stops it.
enable_testing()
find_package(Python3 COMPONENTS Interpreter REQUIRED)
add_test(NAME server COMMAND Python3::Interpreter -B ${CMAKE_CURRENT_LIST_DIR}/server_test.py $<TARGET_FILE:server>)

# Whoever links rill links the threads of the system and nothing else.
if(TARGET rill::rill AND NOT WIN32)
    get_target_property(links rill::rill INTERFACE_LINK_LIBRARIES)
    get_target_property(flags rill::rill INTERFACE_COMPILE_OPTIONS)
    if(NOT links STREQUAL "Threads::Threads" OR flags)
        message(FATAL_ERROR "rill brought more than itself: libraries [${links}], compiler flags [${flags}]")
    endif()
endif()
