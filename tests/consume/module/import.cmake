# SPDX-License-Identifier: MIT
# import_instead(<program> <file>): the program with `import rill;` in place of `#include <rill.hpp>`: behind its other includes, and with those
# standard headers that it had from rill.hpp. A coroutine always needs <coroutine>.
function(import_instead program file)
    file(READ ${program} text)
    set(before "")
    foreach(header array chrono coroutine cstdint optional span stop_token string string_view system_error tuple vector)
        string(APPEND before "#include <${header}>\n")
    endforeach()
    string(REPLACE "#include <rill.hpp>\n" "${before}" text "${text}")
    string(FIND "${text}" "#include" last REVERSE)
    string(SUBSTRING "${text}" ${last} -1 behind)
    string(FIND "${behind}" "\n" line)
    math(EXPR place "${last} + ${line} + 1")
    string(SUBSTRING "${text}" 0 ${place} head)
    string(SUBSTRING "${text}" ${place} -1 tail)
    file(CONFIGURE OUTPUT ${file} CONTENT "@head@import rill;\n@tail@" @ONLY)
endfunction()
