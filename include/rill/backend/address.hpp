// SPDX-License-Identifier: MIT
#pragma once

// What the backend contract says about addresses. An Internet address is plain bytes, a port and a family, 24 bytes in
// all; the name of a Unix socket, which is a path, has a type of its own, so that nobody else pays for its 109 bytes.
// Neither is the system's sockaddr (a backend converts, so that no system header is needed above it) nor what a user
// writes: that is rill::endpoint and rill::unix_endpoint, which hold one of these and hand it down unchanged. What a user
// does write is the family: `rill::udp_socket::open(rill::family::v6)`.

#include <cstddef>
#include <cstdint>

namespace rill {

/// What kind of address a socket has: IPv4, IPv6, or a path on this machine (a Unix socket).
enum class family : std::uint8_t { v4, v6, local };

}  // namespace rill

namespace rill::backend {

/// An Internet address and a port; by default 0.0.0.0 and port 0. Of a Unix socket it is what a message shows: in the
/// bytes, the end of its name, as far as there is room.
struct socket_address {
    std::uint8_t bytes[16]{};    // network byte order; IPv4 uses the first four, the others are zero
    std::uint32_t scope_id = 0;  // IPv6 only: the number of an interface, or 0; zero for IPv4
    std::uint16_t port = 0;      // host byte order
    rill::family family = rill::family::v4;

    constexpr bool operator==(const socket_address&) const = default;
};

static_assert(sizeof(socket_address) == 24);

/// The name of a Unix socket. Empty: it has none. A path has a zero behind it, which is not counted. One that begins with
/// a zero byte is abstract: no file, as Linux has it, and then every byte counts.
struct unix_name {
    static constexpr std::size_t path_size_max = 107;

    std::uint8_t size = 0;  // of a path at most `path_size_max`, of an abstract name, with its zero, one more
    char bytes[108]{};      // what is not used is zero

    constexpr bool operator==(const unix_name& other) const noexcept {
        if (size != other.size) return false;
        for (std::size_t index = 0; index < size; ++index)
            if (bytes[index] != other.bytes[index]) return false;
        return true;
    }
};

/// Whether a name is abstract: Linux only.
[[nodiscard]] constexpr bool is_abstract(const unix_name& name) noexcept {
    return name.size != 0 && name.bytes[0] == '\0';
}

/// What a message shows of it.
constexpr socket_address shown_of(const unix_name& name) noexcept {
    socket_address shown;
    shown.family = rill::family::local;
    const std::size_t count = name.size < sizeof shown.bytes ? name.size : sizeof shown.bytes;
    for (std::size_t index = 0; index < count; ++index)
        shown.bytes[index] = static_cast<std::uint8_t>(name.bytes[name.size - count + index]);
    return shown;
}

}  // namespace rill::backend
