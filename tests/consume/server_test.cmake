# SPDX-License-Identifier: MIT
# What each consuming project does with the server that it has built: its test starts it, talks to it and stops it.
enable_testing()
find_package(Python3 COMPONENTS Interpreter REQUIRED)
add_test(NAME server COMMAND Python3::Interpreter -B ${CMAKE_CURRENT_LIST_DIR}/server_test.py $<TARGET_FILE:server>)
