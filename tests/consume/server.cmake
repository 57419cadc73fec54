# SPDX-License-Identifier: MIT
# cmake -DREADME=<README.md> -DSERVER=<file> -P server.cmake: cuts the program out of the README, as a reader would, so that every way to take
# rill in builds the server that the README shows. One line is changed: a test lets the system choose the port, and has to be told it.
file(READ ${README} text)
string(REGEX MATCH "```cpp\n([^`]*int main[^`]*)```" found "${text}")
set(program "${CMAKE_MATCH_1}")
set(line "auto listener = rill::tcp_listener::bind({\"127.0.0.1\", 13333});")
set(told "auto listener = rill::tcp_listener::bind({\"127.0.0.1\", 0});\n    std::printf(\"%d\\n\", listener.local_endpoint().port());\n    std::fflush(stdout);")
string(FIND "${program}" "${line}" place)
if(place EQUAL -1)
    message(FATAL_ERROR "README.md has no program with the line\n    ${line}")
endif()
string(REPLACE "${line}" "${told}" program "${program}")
file(WRITE ${SERVER} "#include <cstdio>\n${program}")
