// SPDX-License-Identifier: MIT
#pragma once

// The interface of multicasts on systems that take its number: Linux, macOS, FreeBSD. IP_MULTICAST_IF of ip(7).

#include <netinet/in.h>
#include <sys/socket.h>

#include "../config.hpp"

namespace rill::backend::inline RILL_ABI {

/// Which interface IPv4 multicasts go out by. 0, or -1 with errno set.
inline int set_multicast_interface(int descriptor, int number) noexcept {
    ip_mreqn wanted{};
    wanted.imr_ifindex = number;
    return ::setsockopt(descriptor, IPPROTO_IP, IP_MULTICAST_IF, &wanted, sizeof wanted);
}

}  // namespace rill::backend::inline RILL_ABI
