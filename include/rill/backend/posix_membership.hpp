// SPDX-License-Identifier: MIT
#pragma once

// Multicast groups on an interface by its number: the options of RFC 3678, the same for IPv4 and IPv6.

#include <netinet/in.h>
#include <sys/socket.h>

#include "system_address.hpp"

namespace rill::backend::inline RILL_ABI {

/// Joins or leaves a multicast group. 0, or -1 with errno set.
inline int set_numbered_membership(const socket_state& of, membership how, const socket_address& group,
                                   std::uint32_t interface_number) noexcept {
    const native_address address(group);
    group_req wanted{};
    wanted.gr_interface = interface_number;
    wanted.gr_group = address.storage;
    return ::setsockopt(static_cast<int>(of.handle), group.family == family::v4 ? IPPROTO_IP : IPPROTO_IPV6,
                        how == membership::join ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP, &wanted, sizeof wanted);
}

}  // namespace rill::backend::inline RILL_ABI
