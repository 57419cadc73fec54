// SPDX-License-Identifier: MIT
// The main function of every test program.
#define CATCH_CONFIG_RUNNER  // Catch2 2 puts its own definitions where this is defined; Catch2 3 has them in a library
#include "support/catch.hpp"
#include "support/forked_child.hpp"

#ifdef _MSC_VER
#include <crtdbg.h>
#include <stdlib.h>

/// The debug libraries of MSVC would show a window, and wait for somebody to close it.
static void fail_without_a_window() {
    ::_set_error_mode(_OUT_TO_STDERR);
    ::_set_abort_behavior(0, _WRITE_ABORT_MSG | _CALL_REPORTFAULT);
    for (const int kind : {_CRT_WARN, _CRT_ERROR, _CRT_ASSERT}) {
        _CrtSetReportMode(kind, _CRTDBG_MODE_FILE);
        _CrtSetReportFile(kind, _CRTDBG_FILE_STDERR);
    }
}
#else
static void fail_without_a_window() {}
#endif

int main(int argc, char** argv) {
    fail_without_a_window();
    support::program = argv[0];
#ifdef RILL_TEST_EMULATOR
    support::emulator = RILL_TEST_EMULATOR;
#endif
    return Catch::Session().run(argc, argv);
}
