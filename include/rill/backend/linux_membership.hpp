// SPDX-License-Identifier: MIT
#pragma once

// Multicast groups on Linux, which takes 0 for the number of an interface where it shall choose one.

#include "posix_membership.hpp"

namespace rill::backend::inline RILL_ABI {

/// Joins or leaves a multicast group. 0, or -1 with errno set.
inline int set_native_membership(const socket_state& of, membership how, const socket_address& group,
                                 std::uint32_t interface_number) noexcept {
    return set_numbered_membership(of, how, group, interface_number);
}

}  // namespace rill::backend::inline RILL_ABI
