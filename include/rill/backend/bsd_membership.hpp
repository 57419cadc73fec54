// SPDX-License-Identifier: MIT
#pragma once

// Multicast groups on macOS and the BSDs. Where no interface is named, the system chooses one only by the older options: those
// of RFC 3678 must have a number there (macOS, FreeBSD), or are missing (NetBSD, OpenBSD).

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "system_address.hpp"
#if defined(__NetBSD__) || defined(__OpenBSD__)
#include "bsd_membership_without_number.hpp"
#else
#include "posix_membership.hpp"
#endif

namespace rill::backend::inline RILL_ABI {

/// Joins or leaves a multicast group. 0, or -1 with errno set.
inline int set_native_membership(const socket_state& of, membership how, const socket_address& group,
                                 std::uint32_t interface_number) noexcept {
    const int descriptor = static_cast<int>(of.handle);
    const bool joins = how == membership::join;
    if (group.family != family::v4) {
        ipv6_mreq six{};
        std::memcpy(&six.ipv6mr_multiaddr, group.bytes, sizeof six.ipv6mr_multiaddr);
        six.ipv6mr_interface = interface_number;
        const int name = joins ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP;
        return ::setsockopt(descriptor, IPPROTO_IPV6, name, &six, sizeof six);
    }
    if (interface_number != 0) return set_numbered_membership(of, how, group, interface_number);
    ip_mreq four{};
    std::memcpy(&four.imr_multiaddr, group.bytes, sizeof four.imr_multiaddr);
    return ::setsockopt(descriptor, IPPROTO_IP, joins ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &four, sizeof four);
}

}  // namespace rill::backend::inline RILL_ABI
