// SPDX-License-Identifier: MIT
#pragma once

// Runs a function in a forked child, for what ends a process or changes it for good. POSIX only.

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <stdexcept>

namespace support {

struct child_end {
    int exit_code = -1;  // -1: a signal ended it
    int signal = 0;
};

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

}  // namespace support
