// SPDX-License-Identifier: MIT
#pragma once

// The calls by which Linux and the BSDs make a descriptor what it has to be in one step, so that no fork comes between.
//
// socket(2) and socketpair(2) with SOCK_NONBLOCK | SOCK_CLOEXEC, MSG_NOSIGNAL of send(2), MSG_CMSG_CLOEXEC of recvmsg(2).

#include <sys/socket.h>
#include <time.h>

#include "../config.hpp"

namespace rill::backend::inline RILL_ABI {

/// A flag for each send: a peer that has gone is an error of the call, never a signal.
inline constexpr int send_flags = MSG_NOSIGNAL;

/// A flag for each receive of a message: descriptors that are passed are closed on exec from their first moment.
inline constexpr int receive_flags = MSG_CMSG_CLOEXEC;
inline void close_passed_on_exec(int) noexcept {}  // so they are already

/// The clock that std::chrono::steady_clock shows.
inline constexpr clockid_t steady_clock_id = CLOCK_MONOTONIC;

/// A new descriptor, non-blocking and closed on exec; -1 with errno set.
inline int new_socket(int domain, int type) noexcept {
    return ::socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/// Two that are connected; -1 with errno set.
inline int new_pair(int type, int (&both)[2]) noexcept {
    return ::socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, both);
}

/// Has a socket that was made elsewhere raise no SIGPIPE; here each send does that. False: errno says why.
inline bool silence(int) noexcept { return true; }

}  // namespace rill::backend::inline RILL_ABI
