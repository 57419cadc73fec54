// SPDX-License-Identifier: MIT
#pragma once

// The options of OpenBSD that other POSIX systems lack or call otherwise; -1: lacking. tcp(4), ip(4).

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "../config.hpp"

namespace rill::backend::inline RILL_ABI {

inline constexpr int keep_alive_idle_number = -1;
inline constexpr int keep_alive_interval_number = -1;
inline constexpr int keep_alive_count_number = -1;
inline constexpr int user_timeout_number = -1;
inline constexpr int fast_open_number = -1;
inline constexpr int fast_open_connect_number = -1;
inline constexpr int shared_port_number = SO_REUSEPORT;
inline constexpr int linger_number = SO_LINGER;
inline constexpr int linger_s_max = SHRT_MAX;              // more is EINVAL
inline constexpr bool multicast_numbers_are_bytes = true;  // of IPv4: the routers passed, and the loop

/// Which interface IPv4 multicasts go out by. 0, or -1 with errno set.
inline int set_multicast_interface(int descriptor, int number) noexcept {
    static_cast<void>(descriptor), static_cast<void>(number);
    errno = ENOTSUP;
    return -1;
}

}  // namespace rill::backend::inline RILL_ABI
