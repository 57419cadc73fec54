// SPDX-License-Identifier: MIT
#pragma once

// The options of NetBSD that other POSIX systems lack or call otherwise; -1: lacking. tcp(4), ip(4).

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "../config.hpp"

namespace rill::backend::inline RILL_ABI {

inline constexpr int keep_alive_idle_number = TCP_KEEPIDLE;
inline constexpr int keep_alive_interval_number = TCP_KEEPINTVL;
inline constexpr int keep_alive_count_number = TCP_KEEPCNT;
inline constexpr int user_timeout_number = -1;
inline constexpr int fast_open_number = -1;
inline constexpr int fast_open_connect_number = -1;
inline constexpr int shared_port_number = SO_REUSEPORT;
inline constexpr int linger_number = SO_LINGER;
inline constexpr int linger_s_max = USHRT_MAX;              // more is EDOM
inline constexpr bool multicast_numbers_are_bytes = false;  // of IPv4: the routers passed, and the loop

/// Which interface IPv4 multicasts go out by. 0, or -1 with errno set.
inline int set_multicast_interface(int descriptor, int number) noexcept {
    in_addr wanted{};  // 0.x.x.x is a number, not an address
    wanted.s_addr = htonl(static_cast<unsigned>(number));
    return ::setsockopt(descriptor, IPPROTO_IP, IP_MULTICAST_IF, &wanted, sizeof wanted);
}

}  // namespace rill::backend::inline RILL_ABI
