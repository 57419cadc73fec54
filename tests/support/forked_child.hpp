// SPDX-License-Identifier: MIT
#pragma once

// Runs a function in a forked child, for what ends a process or changes it for good. Where a process can't be forked, a
// test that wants that says aloud that it leaves something out.

#ifndef _WIN32
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <cstdlib>
#include <exception>
#include <optional>
#include <stdexcept>

namespace support {

struct child_end {
    int exit_code = -1;  // -1: a signal ended it
    int signal = 0;
};

/// What became of the child: `function` returns its exit code; an exception makes it 99. It makes no assertions.
/// Nothing where there is no fork.
template <class Function>
std::optional<child_end> in_forked_child([[maybe_unused]] Function function) {
#ifdef _WIN32
    return std::nullopt;
#else
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
    if (WIFSIGNALED(status)) return child_end{-1, WTERMSIG(status)};
    return child_end{WEXITSTATUS(status), 0};
#endif
}

}  // namespace support
