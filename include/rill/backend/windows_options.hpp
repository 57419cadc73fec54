// SPDX-License-Identifier: MIT
#pragma once

// Options as Windows has them: levels and numbers, and values that are not a plain number. SOL_SOCKET, IPPROTO_TCP,
// IPPROTO_IP and IPPROTO_IPV6 "Socket Options".
//
// `reuse_address` of a stream is the opposite of SO_EXCLUSIVEADDRUSE: without it, connections in TIME_WAIT do not keep an
// address, which is what the option means elsewhere; SO_REUSEADDR would take the address away from those who have it.
// Datagram sockets share an address by SO_REUSEADDR, as elsewhere.

#include <cerrno>

#include "system_address.hpp"
#include "windows_calls.hpp"

namespace rill::backend::inline RILL_ABI {

inline error set_native_option(const socket_state& of, option_name which, int value) noexcept;
inline error get_native_option(const socket_state& of, option_name which, int& value) noexcept;
inline error set_native_membership(const socket_state& of, membership how, const socket_address& group,
                                   std::uint32_t interface_number) noexcept;

// ---- mechanism ----

struct level_and_name {
    int level;  // -1: this system has none
    int name;
};

/// The level of an option that does not fit the socket: not every system says so.
inline constexpr int misfit = -2;

/// Of IPv4 or of IPv6, as the socket is.
inline level_and_name internet_option(family of, int four, int six) noexcept {
    return of == family::v4 ? level_and_name{IPPROTO_IP, four} : level_and_name{IPPROTO_IPV6, six};
}

/// Numbers that headers of older systems lack: ws2ipdef.h.
struct tcp_number {
    static constexpr int keep_alive_idle = 3;
    static constexpr int retransmission_limit_ms = 14;
    static constexpr int fast_open = 15;
    static constexpr int keep_alive_count = 16;
    static constexpr int keep_alive_interval = 17;
};

inline bool is_inverted(const socket_state& of, option_name which) noexcept {
    return which == option_name::reuse_address && of.carries == transport::stream;
}

inline level_and_name native_option(const socket_state& of, option_name which) noexcept {
    using enum option_name;
    switch (which) {
        case reuse_address:
            return {SOL_SOCKET, is_inverted(of, which) ? SO_EXCLUSIVEADDRUSE : SO_REUSEADDR};
        case keep_alive:
            return {SOL_SOCKET, SO_KEEPALIVE};
        case send_buffer:
            return {SOL_SOCKET, SO_SNDBUF};
        case receive_buffer:
            return {SOL_SOCKET, SO_RCVBUF};
        case linger:
            return {SOL_SOCKET, SO_LINGER};
        case broadcast:
            return {SOL_SOCKET, SO_BROADCAST};
        case no_delay:
            return {IPPROTO_TCP, TCP_NODELAY};
        case keep_alive_idle:
            return {IPPROTO_TCP, tcp_number::keep_alive_idle};
        case keep_alive_interval:
            return {IPPROTO_TCP, tcp_number::keep_alive_interval};
        case keep_alive_count:
            return {IPPROTO_TCP, tcp_number::keep_alive_count};
        case user_timeout:
            return {IPPROTO_TCP, tcp_number::retransmission_limit_ms};
        case fast_open:
            return {IPPROTO_TCP, tcp_number::fast_open};
        case v6_only:
            return {of.addresses == family::v6 ? IPPROTO_IPV6 : misfit, IPV6_V6ONLY};
        case ttl:
            return internet_option(of.addresses, IP_TTL, IPV6_UNICAST_HOPS);
        case multicast_ttl:
            return internet_option(of.addresses, IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS);
        case multicast_loop:
            return internet_option(of.addresses, IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP);
        case multicast_interface:
            return internet_option(of.addresses, IP_MULTICAST_IF, IPV6_MULTICAST_IF);
        case reuse_port:  // Windows can't spread connections over several listeners
        case fast_open_connect:
            break;
    }
    return {-1, -1};
}

inline error lack_of_option(int level) noexcept {
    return level == misfit ? error{WSAENOPROTOOPT, error::domain::system} : not_supported_here;
}

/// An older system does not know the number of an option.
inline error as_lack_of_option(error why) noexcept { return why.code == WSAENOPROTOOPT ? not_supported_here : why; }

/// The system takes the number of an interface as an address of the net 0, for IPv4.
inline bool is_in_network_order(const socket_state& of, option_name which) noexcept {
    return which == option_name::multicast_interface && of.addresses == family::v4;
}

inline error set_native_option(const socket_state& of, option_name which, int value) noexcept {
    const auto [level, name] = native_option(of, which);
    if (level < 0) return lack_of_option(level);
    const SOCKET native = native_socket_of(of);
    const auto set = [native, level = level, name = name](const auto& wanted) {
        const int size = static_cast<int>(sizeof wanted);
        const int answer = ::setsockopt(native, level, name, reinterpret_cast<const char*>(&wanted), size);
        return answer == 0 ? error() : as_lack_of_option(last_socket_error());
    };
    if (which == option_name::linger) {
        const int seconds = value < 0xffff ? value : 0xffff;  // it has 16 bits
        const ::linger wanted{static_cast<u_short>(value < 0 ? 0 : 1), static_cast<u_short>(value < 0 ? 0 : seconds)};
        return set(wanted);
    }
    if (is_in_network_order(of, which)) return set(::htonl(static_cast<u_long>(value)));
    return set(is_inverted(of, which) ? (value == 0 ? 1 : 0) : value);
}

inline error get_native_option(const socket_state& of, option_name which, int& value) noexcept {
    const auto [level, name] = native_option(of, which);
    if (level < 0) return lack_of_option(level);
    const SOCKET native = native_socket_of(of);
    union {
        DWORD number;  // of which some options fill only the first byte
        ::linger lingering;
    } now{0};
    int size = sizeof now;
    if (::getsockopt(native, level, name, reinterpret_cast<char*>(&now), &size) != 0)
        return as_lack_of_option(last_socket_error());
    if (which == option_name::linger) {
        value = now.lingering.l_onoff == 0 ? -1 : now.lingering.l_linger;
    } else if (is_in_network_order(of, which)) {
        value = static_cast<int>(::ntohl(now.number));
    } else {
        value = is_inverted(of, which) ? (now.number == 0 ? 1 : 0) : static_cast<int>(now.number);
    }
    return {};
}

inline error set_native_membership(const socket_state& of, membership how, const socket_address& group,
                                   std::uint32_t interface_number) noexcept {
    const SOCKET native = native_socket_of(of);
    int answer = 0;
    if (group.family == family::v4) {
        ip_mreq wanted{};
        std::memcpy(&wanted.imr_multiaddr, group.bytes, sizeof wanted.imr_multiaddr);
        wanted.imr_interface.s_addr = ::htonl(interface_number);
        answer = ::setsockopt(native, IPPROTO_IP, how == membership::join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP,
                              reinterpret_cast<const char*>(&wanted), sizeof wanted);
    } else {
        ipv6_mreq wanted{};
        std::memcpy(&wanted.ipv6mr_multiaddr, group.bytes, sizeof wanted.ipv6mr_multiaddr);
        wanted.ipv6mr_interface = interface_number;
        answer =
            ::setsockopt(native, IPPROTO_IPV6, how == membership::join ? IPV6_ADD_MEMBERSHIP : IPV6_DROP_MEMBERSHIP,
                         reinterpret_cast<const char*>(&wanted), sizeof wanted);
    }
    return answer == 0 ? error() : last_socket_error();
}

}  // namespace rill::backend::inline RILL_ABI
