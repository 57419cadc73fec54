// SPDX-License-Identifier: MIT
#pragma once

// What the backend contract says about an Internet address: plain bytes, a port and a family, 24 bytes in all. It is
// neither the system's sockaddr (a backend converts, so that no system header is needed above it) nor what a user
// writes: that is rill::endpoint, which holds one of these and hands it down unchanged.
// A `family::local` address, a path, is not carried here: see net/unix_endpoint.hpp.

#include <array>
#include <cstdint>

namespace rill {

/// What kind of address a socket has: IPv4, IPv6, or a path on this machine (a Unix socket).
enum class family : std::uint8_t { v4, v6, local };

}  // namespace rill

namespace rill::backend {

/// An Internet address and a port; by default 0.0.0.0 and port 0.
struct socket_address {
    std::array<std::uint8_t, 16> bytes{};  // network byte order; IPv4 uses the first four, the others are zero
    std::uint32_t scope_id = 0;            // IPv6 only: the number of an interface, or 0; zero for IPv4
    std::uint16_t port = 0;                // host byte order
    rill::family family = rill::family::v4;

    constexpr bool operator==(const socket_address&) const = default;
};

static_assert(sizeof(socket_address) == 24);

}  // namespace rill::backend
