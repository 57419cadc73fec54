// SPDX-License-Identifier: MIT
#pragma once

// See blocking_calls.hpp. POSIX.

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <system_error>

namespace threaded {

using native_socket = int;
using native_size = std::size_t;
using native_poll = pollfd;

inline bool interrupted() noexcept { return errno == EINTR; }
inline std::error_code last_error() { return {errno, std::generic_category()}; }
inline native_socket open_socket(int family, int type) noexcept { return ::socket(family, type, 0); }
inline void close_socket(native_socket each) noexcept { ::close(each); }
inline int poll_one(native_poll& each, int milliseconds) noexcept { return ::poll(&each, 1, milliseconds); }

#ifdef MSG_NOSIGNAL
inline constexpr int send_flags = MSG_NOSIGNAL;
inline void refuse_signal(native_socket) noexcept {}
#else  // macOS has an option instead
inline constexpr int send_flags = 0;
inline void refuse_signal(native_socket each) noexcept {
    const int on = 1;
    ::setsockopt(each, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
}
#endif

/// The address of a listener may be used again at once.
inline void reuse_address(native_socket each) noexcept {
    const int on = 1;
    ::setsockopt(each, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

}  // namespace threaded
