// SPDX-License-Identifier: MIT
#pragma once

// The options of FreeBSD that other POSIX systems lack or call otherwise; -1: lacking. tcp(4), ip(4).

#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "../config.hpp"
#include "multicast_by_number.hpp"

namespace rill::backend::inline RILL_ABI {

inline constexpr int keep_alive_idle_number = TCP_KEEPIDLE;
inline constexpr int keep_alive_interval_number = TCP_KEEPINTVL;
inline constexpr int keep_alive_count_number = TCP_KEEPCNT;
inline constexpr int user_timeout_number = -1;
inline constexpr int fast_open_number = TCP_FASTOPEN;
inline constexpr int fast_open_connect_number = -1;
inline constexpr int shared_port_number =
    SO_REUSEPORT_LB;  // what SO_REUSEPORT does not do for streams there: spread them
inline constexpr int linger_number = SO_LINGER;
inline constexpr int linger_s_max = USHRT_MAX;              // more is EDOM
inline constexpr bool multicast_numbers_are_bytes = false;  // of IPv4: the routers passed, and the loop

}  // namespace rill::backend::inline RILL_ABI
