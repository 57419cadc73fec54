// SPDX-License-Identifier: MIT
#pragma once

// The calls of macOS that other POSIX systems lack or spell otherwise. What others do in one step takes several here: a
// program that forks and executes another at that moment may hand the descriptor on.
//
// SO_NOSIGPIPE of getsockopt(2), fcntl(2), accept(2), arc4random_buf(3), CLOCK_MONOTONIC_RAW of clock_gettime(3).

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>

#include "../config.hpp"
#include "macos_options.hpp"
#include "posix_send_file.hpp"

namespace rill::backend::inline RILL_ABI {

/// None: each socket is told once.
inline constexpr int send_flags = 0;

/// What a send to a stream says on some systems where it means ECONNRESET; 0: nothing.
inline constexpr int send_says_for_reset = EPROTOTYPE;  // while the connection is taken down

/// How many bytes of handles and the like a message may bring, where what finds no room is lost; 0: the system closes it.
/// A sender may pass so much (MCLBYTES), and the headers grow a little on their way.
inline constexpr std::size_t delivered_control_max = 2048 + 512;

/// A flag that asks for the whole size of a datagram, also of one that is cut off; 0: lacking.
inline constexpr int whole_size_flag = 0;

/// A flag for each receive of a message: none. A descriptor that was passed is closed on exec after it has come.
inline constexpr int receive_flags = 0;
inline void close_passed_on_exec(int passed) noexcept { ::fcntl(passed, F_SETFD, FD_CLOEXEC); }

/// The clock that std::chrono::steady_clock shows.
inline constexpr clockid_t steady_clock_id = CLOCK_MONOTONIC_RAW;

/// Has a socket raise no SIGPIPE, whose peer may be gone. False: errno says why.
inline bool silence(int descriptor) noexcept {
    const int on = 1;
    return ::setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on) == 0;
}

/// A new descriptor, non-blocking and closed on exec; -1 with errno set.
inline int new_socket(int domain, int type) noexcept;

/// Two that are connected; -1 with errno set.
inline int new_pair(int type, int (&both)[2]) noexcept;

/// The next connection of a listener, non-blocking and closed on exec; -1 with errno set. One that was reset before it
/// was taken is ECONNABORTED: it comes without a name, or takes no options any more.
inline int next_connection(int listener, sockaddr* peer, socklen_t* size) noexcept;

/// Whether accept failed with what happened to one connection before it was taken: the next one is as good as any.
inline bool accept_skips(int code) noexcept { return code == EINTR || code == ECONNABORTED || code == EPROTO; }

/// Sends a piece of a file; how many bytes, 0 at its end, -1 with errno set.
inline ssize_t send_file_piece(int to, int file, std::uint64_t offset, std::size_t size) noexcept {
    return copy_file_piece(to, file, offset, size, send_flags);
}

/// Fills with random bytes of the system; never fails.
inline void random_bytes(std::byte* to, std::size_t size) noexcept { ::arc4random_buf(to, size); }

// ---- mechanism ----

/// Makes a fresh descriptor what the library promises of each. Otherwise closes it, and -1 with errno set.
inline int made_ready(int descriptor) noexcept {
    if (::fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 && ::fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 &&
        silence(descriptor))
        return descriptor;
    const int why = errno;
    ::close(descriptor);
    errno = why;
    return -1;
}

inline int new_socket(int domain, int type) noexcept {
    const int made = ::socket(domain, type, 0);
    return made < 0 ? made : made_ready(made);
}

inline int new_pair(int type, int (&both)[2]) noexcept {
    if (::socketpair(AF_UNIX, type, 0, both) < 0) return -1;
    const int one = made_ready(both[0]);
    const int two = one < 0 ? -1 : made_ready(both[1]);
    if (two >= 0) return 0;
    const int why = errno;
    ::close(one < 0 ? both[1] : one);
    errno = why;
    return -1;
}

inline int next_connection(int listener, sockaddr* peer, socklen_t* size) noexcept {
    const int taken = ::accept(listener, peer, size);
    if (taken < 0) return taken;
    const int ready = made_ready(taken);
    if (ready >= 0 && *size != 0) return ready;
    if (ready >= 0) ::close(ready);
    errno = ECONNABORTED;
    return -1;
}

}  // namespace rill::backend::inline RILL_ABI
