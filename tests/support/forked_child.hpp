// SPDX-License-Identifier: MIT
#pragma once

// Processes of tests, for what ends a process or changes it for good: a function in a forked child, and a hidden test case
// of this program, started anew. Where a process can't be forked, a test that wants that says so aloud.

#ifdef _WIN32
#include <process.h>
#include <rill/backend/windows_headers.hpp>
#else
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>

namespace support {

struct child_end {
    int exit_code = -1;  // -1: a signal ended it
    int signal = 0;
};

#ifdef _WIN32

inline constexpr bool processes_can_fork = false;

/// Not to be called here.
template <class Function>
child_end in_forked_child(Function) {
    throw std::logic_error("processes can't be forked");
}

/// What became of the hidden test case with this title, run in a process of its own.
inline child_end in_own_process(const char* title) {
    char path[1024];
    ::GetModuleFileNameA(nullptr, path, sizeof path);
    const std::string quoted = "\"" + std::string(title) + "\"";
    return {static_cast<int>(::_spawnl(_P_WAIT, path, "test", quoted.c_str(), nullptr)), 0};
}

#else

inline constexpr bool processes_can_fork = true;

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

/// What became of the hidden test case with this title, run in a process of its own.
inline child_end in_own_process(const char* title) {
    return in_forked_child([title] {
        ::execl("/proc/self/exe", "test", title, nullptr);
        return 98;
    });
}

#endif

}  // namespace support
