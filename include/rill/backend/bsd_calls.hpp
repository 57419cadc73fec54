// SPDX-License-Identifier: MIT
#pragma once

// The calls of FreeBSD, NetBSD and OpenBSD that other POSIX systems lack or spell otherwise.
//
// socket(2) and accept4(2) with SOCK_NONBLOCK | SOCK_CLOEXEC, MSG_NOSIGNAL of send(2), arc4random_buf(3).

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstddef>

#include "../config.hpp"
#include "one_step_calls.hpp"
#include "posix_send_file.hpp"
#if defined(__FreeBSD__)
#include "freebsd_options.hpp"
#elif defined(__NetBSD__)
#include "netbsd_options.hpp"
#else
#include "openbsd_options.hpp"
#endif

namespace rill::backend::inline RILL_ABI {

/// What a send to a stream says on some systems where it means ECONNRESET; 0: nothing.
inline constexpr int send_says_for_reset = 0;

/// How many bytes of handles and the like a message may bring, where what finds no room is lost; 0: the system closes it.
/// A sender may pass so much (MCLBYTES), and the headers grow a little on their way.
inline constexpr std::size_t delivered_control_max = 2048 + 512;

/// A flag that asks for the whole size of a datagram, also of one that is cut off; 0: lacking.
inline constexpr int whole_size_flag = 0;

/// The next connection of a listener, non-blocking and closed on exec; -1 with errno set. One that comes without a name
/// was reset before it was taken.
inline int next_connection(int listener, sockaddr* peer, socklen_t* size) noexcept {
    const int taken = ::accept4(listener, peer, size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (taken < 0 || *size != 0) return taken;
    ::close(taken);
    errno = ECONNABORTED;
    return -1;
}

/// Whether accept4 failed with what happened to one connection before it was taken: the next one is as good as any.
inline bool accept_skips(int code) noexcept { return code == EINTR || code == ECONNABORTED || code == EPROTO; }

/// Sends a piece of a file; how many bytes, 0 at its end, -1 with errno set.
inline ssize_t send_file_piece(int to, int file, std::uint64_t offset, std::size_t size) noexcept {
    return copy_file_piece(to, file, offset, size, send_flags);
}

/// Fills with random bytes of the system; never fails.
inline void random_bytes(std::byte* to, std::size_t size) noexcept { ::arc4random_buf(to, size); }

}  // namespace rill::backend::inline RILL_ABI
