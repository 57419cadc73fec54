// SPDX-License-Identifier: MIT
#pragma once

// Options as POSIX has them: levels and numbers, and values that are not a plain number. socket(7), tcp(7), ip(7), ipv6(7).

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "native_calls.hpp"
#include "system_address.hpp"
#ifdef __linux__
#include "linux_membership.hpp"
#else
#include "bsd_membership.hpp"
#endif

namespace rill::backend::inline RILL_ABI {

/// 0, or -1 with errno set: ENOTSUP for an option that this system lacks.
int set_native_option(const socket_state& of, option_name which, int value) noexcept;
int get_native_option(const socket_state& of, option_name which, int& value) noexcept;

// ---- mechanism ----

struct level_and_name {
    int level;
    int name;  // -1: this system has none
};

/// Of IPv4 or of IPv6, as the socket is.
inline level_and_name internet_option(family of, int four, int six) noexcept {
    return of == family::v4 ? level_and_name{IPPROTO_IP, four} : level_and_name{IPPROTO_IPV6, six};
}

inline level_and_name native_option(family of, transport carries, option_name which) noexcept {
    using enum option_name;
    switch (which) {
        case reuse_address:
            return {SOL_SOCKET, SO_REUSEADDR};
        case reuse_port:
            return {SOL_SOCKET, carries == transport::stream ? shared_port_number : SO_REUSEPORT};
        case keep_alive:
            return {SOL_SOCKET, SO_KEEPALIVE};
        case send_buffer:
            return {SOL_SOCKET, SO_SNDBUF};
        case receive_buffer:
            return {SOL_SOCKET, SO_RCVBUF};
        case linger:
            return {SOL_SOCKET, linger_number};
        case broadcast:
            return {SOL_SOCKET, SO_BROADCAST};
        case no_delay:
            return {IPPROTO_TCP, TCP_NODELAY};
        case keep_alive_idle:
            return {IPPROTO_TCP, keep_alive_idle_number};
        case keep_alive_interval:
            return {IPPROTO_TCP, keep_alive_interval_number};
        case keep_alive_count:
            return {IPPROTO_TCP, keep_alive_count_number};
        case user_timeout:
            return {IPPROTO_TCP, user_timeout_number};
        case fast_open:
            return {IPPROTO_TCP, fast_open_number};
        case fast_open_connect:
            return {IPPROTO_TCP, fast_open_connect_number};
        case v6_only:
            return {IPPROTO_IPV6, IPV6_V6ONLY};
        case ttl:
            return internet_option(of, IP_TTL, IPV6_UNICAST_HOPS);
        case multicast_ttl:
            return internet_option(of, IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS);
        case multicast_loop:
            return internet_option(of, IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP);
        case multicast_interface:
            return internet_option(of, -1, IPV6_MULTICAST_IF);  // IPv4: see set_multicast_interface
    }
    return {-1, -1};
}

inline int lacking() noexcept {
    errno = ENOTSUP;
    return -1;
}

inline int set_native_option(const socket_state& of, option_name which, int value) noexcept {
    const int descriptor = static_cast<int>(of.handle);
    if (which == option_name::multicast_interface && of.addresses == family::v4)
        return set_multicast_interface(descriptor, value);
    const auto [level, name] = native_option(of.addresses, of.carries, which);
    if (name < 0) return lacking();
    if (which == option_name::linger) {
        const int seconds = value < linger_s_max ? value : linger_s_max;
        const ::linger wanted{seconds < 0 ? 0 : 1, seconds < 0 ? 0 : seconds};
        return ::setsockopt(descriptor, level, name, &wanted, sizeof wanted);
    }
    if (multicast_numbers_are_bytes && level == IPPROTO_IP && (name == IP_MULTICAST_TTL || name == IP_MULTICAST_LOOP)) {
        const auto byte = static_cast<unsigned char>(value);
        if (byte == value) return ::setsockopt(descriptor, level, name, &byte, sizeof byte);
    }
    return ::setsockopt(descriptor, level, name, &value, sizeof value);
}

inline int get_native_option(const socket_state& of, option_name which, int& value) noexcept {
    const int descriptor = static_cast<int>(of.handle);
    const auto [level, name] = native_option(of.addresses, of.carries, which);
    if (name < 0) return lacking();
    if (which == option_name::linger) {
        ::linger now{};
        socklen_t size = sizeof now;
        const int answer = ::getsockopt(descriptor, level, name, &now, &size);
        value = now.l_onoff == 0 ? -1 : now.l_linger;
        return answer;
    }
    socklen_t size = sizeof value;
    const int answer = ::getsockopt(descriptor, level, name, &value, &size);
    unsigned char byte = 0;  // NetBSD and OpenBSD answer with one for multicasts of IPv4
    std::memcpy(&byte, &value, sizeof byte);
    if (answer == 0 && size == sizeof byte) value = byte;
    return answer;
}

}  // namespace rill::backend::inline RILL_ABI
