// SPDX-License-Identifier: MIT
#pragma once

// Multicast groups of IPv4 on an interface by its number: NetBSD and OpenBSD lack the options of RFC 3678, and say so with
// ENOTSUP.

#include <errno.h>

#include "operation.hpp"
#include "plain_calls.hpp"

namespace rill::backend::inline RILL_ABI {

inline int set_numbered_membership(const socket_state&, membership, const socket_address&, std::uint32_t) noexcept {
    errno = ENOTSUP;
    return -1;
}

}  // namespace rill::backend::inline RILL_ABI
