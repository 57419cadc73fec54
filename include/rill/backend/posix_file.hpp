// SPDX-License-Identifier: MIT
#pragma once

// Files of POSIX: open(2), pread(2), pwrite(2). Included by file_calls.hpp, which says what these do.

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "file_calls.hpp"

namespace rill::backend::inline RILL_ABI {

static_assert(sizeof(off_t) == 8, "rill: files have more than 4 GiB; compile with -D_FILE_OFFSET_BITS=64");

inline error open_file(const char* path, file_access how, std::intptr_t& opened) noexcept {
    constexpr int flags[] = {O_RDONLY, O_WRONLY | O_CREAT, O_WRONLY | O_CREAT | O_TRUNC};
    // Not to wait for the other end of a FIFO, nor for a line: reading and writing at an offset then refuses both.
    constexpr int always = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    do {
        opened = ::open(path, flags[static_cast<std::size_t>(how)] | always, 0666);
    } while (opened < 0 && errno == EINTR);
    return opened < 0 ? error{errno, error::domain::system} : error();
}

inline void close_file(std::intptr_t file) noexcept { ::close(static_cast<int>(file)); }

inline error read_file(std::intptr_t file, std::uint64_t offset, slice to, std::size_t& done) noexcept {
    ssize_t got = 0;
    do {
        got = ::pread(static_cast<int>(file), to.data, to.size, static_cast<off_t>(offset));
    } while (got < 0 && errno == EINTR);
    done = got < 0 ? 0 : static_cast<std::size_t>(got);
    return got < 0 ? error{errno, error::domain::system} : error();
}

inline error write_file(std::intptr_t file, std::uint64_t offset, slice from, std::size_t& done) noexcept {
    for (done = 0; done < from.size;) {
        const ssize_t put =
            ::pwrite(static_cast<int>(file), from.data + done, from.size - done, static_cast<off_t>(offset + done));
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return {errno, error::domain::system};
        done += static_cast<std::size_t>(put);
    }
    return {};
}

}  // namespace rill::backend::inline RILL_ABI
