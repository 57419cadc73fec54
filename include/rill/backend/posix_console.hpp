// SPDX-License-Identifier: MIT
#pragma once

// Standard input of POSIX: read(2) of descriptor 0, whatever it is. Included by console_calls.hpp.
//
// Nothing is changed about it: its mode belongs to the open file, which other processes share. If it is non-blocking
// because one of them wants that, select(2) waits for it: poll(2) of macOS knows no terminals. A descriptor 0 that is
// closed on exec was not inherited: it is something else, opened after a start without standard input, and is not read.

#include <errno.h>
#include <fcntl.h>
#include <sys/select.h>
#include <unistd.h>

#include "console_calls.hpp"

namespace rill::backend::inline RILL_ABI {

inline error read_standard_input(slice to, std::size_t& done) noexcept {
    done = 0;
    const int flags = ::fcntl(STDIN_FILENO, F_GETFD);
    if (flags < 0 || (flags & FD_CLOEXEC) != 0) return {EBADF, error::domain::system};
    for (;;) {
        const ssize_t got = ::read(STDIN_FILENO, to.data, to.size);
        if (got >= 0) {
            done = static_cast<std::size_t>(got);
            return {};
        }
        if (errno == EINTR) continue;
        if (errno != EAGAIN) return {errno, error::domain::system};
        fd_set waiting;
        FD_ZERO(&waiting);
        FD_SET(STDIN_FILENO, &waiting);
        ::select(STDIN_FILENO + 1, &waiting, nullptr, nullptr, nullptr);  // what it says, the next read says too
    }
}

}  // namespace rill::backend::inline RILL_ABI
