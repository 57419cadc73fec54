// SPDX-License-Identifier: MIT
#pragma once

// The calls of Linux that other POSIX systems lack or spell otherwise: one step instead of several, no race with fork.
//
// socket(2) and accept4(2) with SOCK_NONBLOCK | SOCK_CLOEXEC, MSG_NOSIGNAL of send(2), getrandom(2), sendfile(2),
// the options of tcp(7) and ip(7). Several datagrams at once are in linux_batches.hpp.

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>

#include <cstddef>
#include <cstdint>

#include "../config.hpp"
#include "multicast_by_number.hpp"
#include "one_step_calls.hpp"

namespace rill::backend::inline RILL_ABI {

/// What options are called that other systems lack or call otherwise; -1: lacking.
inline constexpr int keep_alive_idle_number = TCP_KEEPIDLE;
inline constexpr int keep_alive_interval_number = TCP_KEEPINTVL;
inline constexpr int keep_alive_count_number = TCP_KEEPCNT;
inline constexpr int user_timeout_number = TCP_USER_TIMEOUT;
inline constexpr int fast_open_number = TCP_FASTOPEN;
inline constexpr int fast_open_connect_number = TCP_FASTOPEN_CONNECT;
inline constexpr int shared_port_number = SO_REUSEPORT;
inline constexpr int linger_number = SO_LINGER;
inline constexpr int linger_s_max = 0x7fff'ffff;
inline constexpr bool multicast_numbers_are_bytes = false;  // of IPv4: the routers passed, and the loop

/// A flag that asks for the whole size of a datagram, also of one that is cut off; 0: lacking.
inline constexpr int whole_size_flag = MSG_TRUNC;

/// What a send to a stream says on some systems where it means ECONNRESET; 0: nothing.
inline constexpr int send_says_for_reset = 0;

/// How many bytes of handles and the like a message may bring, where what finds no room is lost; 0: the system closes it.
inline constexpr std::size_t delivered_control_max = 0;

/// The next connection of a listener, non-blocking and closed on exec; -1 with errno set.
inline int next_connection(int listener, sockaddr* peer, socklen_t* size) noexcept {
    return ::accept4(listener, peer, size, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/// Whether accept4 failed with what happened to one connection before it was taken: the next one is as good as any.
inline bool accept_skips(int code) noexcept {
    switch (code) {
        case EINTR:
        case ECONNABORTED:
        case EPROTO:
        case EPERM:     // a firewall rule forbade it
        case ENETDOWN:  // this and what follows: accept(2), "Error handling"
        case ENOPROTOOPT:
        case EHOSTDOWN:
        case ENONET:
        case EHOSTUNREACH:
        case ENETUNREACH:
            return true;
        default:
            return false;
    }
}

/// Sends a piece of a file; how many bytes, 0 at its end, -1 with errno set. The call knows no MSG_NOSIGNAL, so the signal
/// of a peer that has gone is kept from this thread meanwhile, and taken off. It comes with the error, or with what went
/// out before it: when a peer that had closed resets in the middle.
inline ssize_t send_file_piece(int to, int file, std::uint64_t offset, std::size_t size) noexcept {
    sigset_t broken_pipe, before, pending;
    ::sigemptyset(&broken_pipe);
    ::sigaddset(&broken_pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &broken_pipe, &before);
    const bool was_pending = ::sigpending(&pending) == 0 && ::sigismember(&pending, SIGPIPE) == 1;
    auto from = static_cast<off_t>(offset);
    const ssize_t sent = ::sendfile(to, file, &from, size);
    const int code = errno;
    const timespec at_once{};
    const bool whole = sent >= 0 && static_cast<std::size_t>(sent) == size;
    if (!whole && !was_pending) ::sigtimedwait(&broken_pipe, nullptr, &at_once);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = code;
    return sent;
}

/// Fills with random bytes of the system; never fails for the sizes that are asked for.
inline void random_bytes(std::byte* to, std::size_t size) noexcept {
    while (size != 0) {
        const ssize_t got = ::getrandom(to, size, 0);
        if (got < 0) continue;  // EINTR, before the pool is ready
        to += got;
        size -= static_cast<std::size_t>(got);
    }
}

}  // namespace rill::backend::inline RILL_ABI
