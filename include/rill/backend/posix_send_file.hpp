// SPDX-License-Identifier: MIT
#pragma once

// A piece of a file to a socket where there is no sendfile(2), or one of another shape: pread(2) and send(2).

#include <errno.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "../config.hpp"

namespace rill::backend::inline RILL_ABI {

/// Sends a piece of a file; how many bytes, 0 at its end, -1 with errno set. What was read and not sent is read again.
inline ssize_t copy_file_piece(int to, int file, std::uint64_t offset, std::size_t size, int flags) noexcept {
    std::byte block[16UL * 1024];
    const ssize_t got = ::pread(file, block, size < sizeof block ? size : sizeof block, static_cast<off_t>(offset));
    return got <= 0 ? got : ::send(to, block, static_cast<std::size_t>(got), flags);
}

}  // namespace rill::backend::inline RILL_ABI
