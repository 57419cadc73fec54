// SPDX-License-Identifier: MIT
#pragma once

// Processes of tests, for what ends a process or changes it for good: a function in a child, which is forked, and a hidden
// test case of this program, started anew. Windows can't fork: there the child runs the same test case from its beginning.

#ifdef _WIN32
#include <process.h>
#include <rill/backend/windows_headers.hpp>

#include "support/catch.hpp"
#else
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>

namespace support {

/// This program, as it was started.
inline const char* program = nullptr;
/// What programs of this processor need to run here, if anything: the system does not know it by itself.
inline const char* emulator = nullptr;

struct child_end {
    int exit_code = -1;  // -1: a signal ended it
    int signal = 0;
};

#ifdef _WIN32

/// What became of the test case with this title, run in a process of its own.
inline child_end in_own_process(const std::string& title) {
    char path[1024];
    ::GetModuleFileNameA(nullptr, path, sizeof path);
    std::string quoted = "\"";
    for (const char each : title) {
        if (each == ',' || each == '[') quoted += '\\';  // which Catch takes for a list, and for a tag
        quoted += each;
    }
    quoted += '"';
    return {static_cast<int>(::_spawnl(_P_WAIT, path, "test", quoted.c_str(), nullptr)), 0};
}

/// The name of a variable of the environment: which of the functions of its test case a child runs.
inline constexpr const char* child_number_name = "RILL_TEST_CHILD";

/// How many functions the test case has run in children so far, this one included.
inline int next_child_number() {
    static std::string of;
    static int count = 0;
    const std::string now = Catch::getResultCapture().getCurrentTestName();
    if (now != of) count = 0;
    of = now;
    return ++count;
}

/// What became of the child: `function` returns its exit code; an exception makes it 99. It makes no assertions. All that
/// the test case does before this call, the child does again.
template <class Function>
child_end in_forked_child(Function function) {
    const int number = next_child_number();
    const char* const wanted = std::getenv(child_number_name);
    if (wanted != nullptr && std::atoi(wanted) == number) {
        int code = 99;
        try {
            code = function();
        } catch (const std::exception&) {
        }
        std::_Exit(code);
    }
    if (wanted != nullptr) return {0, 0};  // the child itself, on its way to its own function
    ::_putenv_s(child_number_name, std::to_string(number).c_str());
    const child_end end = in_own_process(Catch::getResultCapture().getCurrentTestName());
    ::_putenv_s(child_number_name, "");
    return end;
}

/// Whether a signal with its default action has ended it.
inline bool was_ended_by(child_end end, int) { return end.exit_code == 3; }

#else

/// What became of the child: `function` returns its exit code; an exception makes it 99. It makes no assertions.
template <class Function>
child_end in_forked_child(Function function) {
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("fork failed");
    if (child == 0) {
        ::alarm(60);  // a child that hangs ends
        int code = 99;
        try {
            code = function();
        } catch (const std::exception&) {
        }
        std::_Exit(code);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) return {-1, WTERMSIG(status)};
    return {WEXITSTATUS(status), 0};
}

/// Whether a signal with its default action has ended it.
inline bool was_ended_by(child_end end, int signal) { return end.signal == signal && end.exit_code == -1; }

/// What became of the hidden test case with this title, run in a process of its own.
inline child_end in_own_process(const char* title) {
    return in_forked_child([title] {
        if (emulator != nullptr) ::execl(emulator, emulator, program, title, nullptr);
        ::execl(program, "test", title, nullptr);
        return 98;
    });
}

#endif

}  // namespace support
