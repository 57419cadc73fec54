// SPDX-License-Identifier: MIT
#pragma once

// The calls of Linux that other POSIX systems lack or spell otherwise: one step instead of several, no race with fork.
//
// socket(2) and accept4(2) with SOCK_NONBLOCK | SOCK_CLOEXEC, MSG_NOSIGNAL of send(2), getrandom(2).

#include <errno.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <cstddef>

#include "../config.hpp"

namespace rill::backend::inline RILL_ABI {

/// A flag for each send: a peer that has gone is an error of the call, never a signal.
inline constexpr int send_flags = MSG_NOSIGNAL;

/// A new descriptor, non-blocking and closed on exec; -1 with errno set.
inline int new_socket(int domain, int type) noexcept {
    return ::socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

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
