// SPDX-License-Identifier: MIT
#pragma once

// Options of sockets, as types: `stream.set(option::no_delay{true})`, `stream.get<option::no_delay>().value()`.
//
// One that a platform lacks is an error there (not_supported, and the message names it), never ignored; so is one that
// does not fit the socket. What the library has no type for: `option::raw(level, name, value)`, with the system's numbers.
// `backlog` is given to `bind` only.

#include <concepts>
#include <limits>
#include <type_traits>
#include <utility>

#include "../backend/default_backend.hpp"
#include "../backend/durations.hpp"

namespace rill::inline RILL_ABI {
namespace option {

/// A switch.
template <backend::option_name Name>
class flag {
  public:
    static constexpr backend::option_name name = Name;

    constexpr explicit flag(bool on) noexcept : on_(on) {}
    /// As the system keeps it.
    constexpr static flag from_native(int value) noexcept { return flag(value != 0); }

    [[nodiscard]] constexpr bool value() const noexcept { return on_; }
    [[nodiscard]] constexpr int native() const noexcept { return on_ ? 1 : 0; }

  private:
    bool on_;
};

/// A count; what is more than the system can say becomes the most.
template <backend::option_name Name>
class number {
  public:
    static constexpr backend::option_name name = Name;

    template <std::integral Number>
    constexpr explicit number(Number value) noexcept : value_(in_int(value)) {}
    constexpr static number from_native(int value) noexcept { return number(value); }

    [[nodiscard]] constexpr int value() const noexcept { return value_; }
    [[nodiscard]] constexpr int native() const noexcept { return value_; }

  private:
    template <std::integral Number>
    static constexpr int in_int(Number value) noexcept {
        using range = std::numeric_limits<int>;
        if (std::cmp_greater(value, range::max())) return range::max();
        return std::cmp_less(value, range::min()) ? range::min() : static_cast<int>(value);
    }

    int value_;
};

/// A time, in units of the system; what is longer than it can say becomes the longest.
template <backend::option_name Name, class Unit>
class period {
  public:
    static constexpr backend::option_name name = Name;

    constexpr explicit period(Unit time) noexcept : time_(time) {}
    constexpr static period from_native(int value) noexcept { return period(Unit(value)); }

    [[nodiscard]] constexpr Unit value() const noexcept { return time_; }
    [[nodiscard]] constexpr int native() const noexcept {
        using range = std::numeric_limits<int>;
        if (time_ > Unit(range::max())) return range::max();
        return time_ < Unit(range::min()) ? range::min() : static_cast<int>(time_.count());
    }

  private:
    Unit time_;
};

/// A listener may use an address that connections of an earlier one still hold (SO_REUSEADDR). On for listeners.
using reuse_address = flag<backend::option_name::reuse_address>;
/// Several sockets share one port, and the system spreads connections or datagrams over them (SO_REUSEPORT; of streams on
/// FreeBSD SO_REUSEPORT_LB). macOS, NetBSD and OpenBSD let them share it, and may give all to one.
using reuse_port = flag<backend::option_name::reuse_port>;
/// Small writes go out at once and do not wait for each other: no Nagle algorithm (TCP_NODELAY).
using no_delay = flag<backend::option_name::no_delay>;
/// The system asks an idle peer now and then whether it is still there (SO_KEEPALIVE): after `keep_alive_idle` for the
/// first time (TCP_KEEPIDLE), then every `keep_alive_interval` (TCP_KEEPINTVL), and gives up after `keep_alive_count`
/// questions without an answer (TCP_KEEPCNT).
using keep_alive = flag<backend::option_name::keep_alive>;
using keep_alive_idle = period<backend::option_name::keep_alive_idle, std::chrono::seconds>;
using keep_alive_interval = period<backend::option_name::keep_alive_interval, std::chrono::seconds>;
using keep_alive_count = number<backend::option_name::keep_alive_count>;
/// An IPv6 socket has nothing to do with IPv4 (IPV6_V6ONLY). On everywhere unless it is set.
using v6_only = flag<backend::option_name::v6_only>;
/// How many bytes the system keeps for a socket (SO_SNDBUF, SO_RCVBUF); Linux answers with twice of what was set.
/// The BSDs and macOS send no datagram that is longer than `send_buffer`, which is 9216 there unless it is set.
using send_buffer = number<backend::option_name::send_buffer>;
using receive_buffer = number<backend::option_name::receive_buffer>;
/// How long `close` goes on sending in the background, and resets the connection after that (SO_LINGER); 0 resets at
/// once. A negative time: off, as it is unless it is set. `close` never waits: the sockets do not block.
using linger = period<backend::option_name::linger, std::chrono::seconds>;
/// How many routers a packet passes at most (IP_TTL, IPV6_UNICAST_HOPS).
using ttl = number<backend::option_name::ttl>;
/// How long sent data may stay unacknowledged before the connection is given up (TCP_USER_TIMEOUT). Linux only.
using user_timeout = period<backend::option_name::user_timeout, std::chrono::milliseconds>;
/// TCP Fast Open: of a listener, how many connections may be half open (TCP_FASTOPEN); of a client, whether the first
/// bytes go with the request to connect (TCP_FASTOPEN_CONNECT, Linux only). Neither on macOS, NetBSD and OpenBSD.
using fast_open = number<backend::option_name::fast_open>;
using fast_open_connect = flag<backend::option_name::fast_open_connect>;
/// Datagrams may be sent to broadcast addresses (SO_BROADCAST).
using broadcast = flag<backend::option_name::broadcast>;
/// How many routers a multicast passes at most, 1 unless it is set (IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS).
using multicast_ttl = number<backend::option_name::multicast_ttl>;
/// Whether this host's own members get what is sent from here (IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP).
using multicast_loop = flag<backend::option_name::multicast_loop>;
/// The number of the interface that multicasts go out by; 0: the system chooses (IP_MULTICAST_IF, IPV6_MULTICAST_IF). Of
/// IPv4 it can't be asked for.
using multicast_interface = number<backend::option_name::multicast_interface>;

/// An option by the system's own numbers: `option::raw(SOL_SOCKET, SO_PRIORITY, 6)`. The value is any plain one, of the
/// size that the system wants.
template <class Value>
class raw {
    static_assert(std::is_trivially_copyable_v<Value>);

  public:
    /// As setsockopt takes them.
    constexpr raw(int level, int name, Value value) noexcept : level_(level), name_(name), value_(value) {}

    /// As they were given.
    [[nodiscard]] constexpr int level() const noexcept { return level_; }
    [[nodiscard]] constexpr int number() const noexcept { return name_; }
    [[nodiscard]] constexpr Value value() const noexcept { return value_; }

  private:
    int level_;
    int name_;
    Value value_;
};

/// How many connections may wait to be accepted; the system may allow fewer.
class backlog {
  public:
    /// Unless it is given.
    static constexpr int usual = 4096;

    /// So many connections.
    constexpr explicit backlog(int connections) noexcept : connections_(connections) {}
    [[nodiscard]] constexpr int value() const noexcept { return connections_; }

  private:
    int connections_;
};

/// What an error says was tried.
[[nodiscard]] constexpr const char* text_of(backend::option_name which) noexcept {
    constexpr const char* texts[backend::option_count] = {
        "option reuse_address",       "option reuse_port",       "option no_delay",
        "option keep_alive",          "option v6_only",          "option keep_alive_idle",
        "option keep_alive_interval", "option keep_alive_count", "option send_buffer",
        "option receive_buffer",      "option linger",           "option ttl",
        "option user_timeout",        "option fast_open",        "option fast_open_connect",
        "option broadcast",           "option multicast_ttl",    "option multicast_loop",
        "option multicast_interface"};
    return texts[static_cast<std::size_t>(which)];
}

/// Sets it on an open socket.
template <class Option>
    requires requires { Option::name; }
[[nodiscard]] backend::error set_on(backend::socket_state& socket, const Option& each) noexcept {
    return backend::uncommon(socket).set_option(socket, Option::name, each.native());
}
template <class Value>
[[nodiscard]] backend::error set_on(backend::socket_state& socket, const raw<Value>& each) noexcept {
    const Value value = each.value();
    return backend::uncommon(socket).set_raw_option(socket, each.level(), each.number(), &value, sizeof value);
}

}  // namespace option

/// An option that a socket can be told.
template <class Option>
concept socket_option = requires(backend::socket_state& socket, const Option& each) {
    { option::set_on(socket, each) } -> std::same_as<backend::error>;
};

/// One that has a name, so that a socket can be asked for it by its type.
template <class Option>
concept named_option = socket_option<Option> && requires(int native) {
    { Option::name } -> std::convertible_to<backend::option_name>;
    { Option::from_native(native) } -> std::same_as<Option>;
};

}  // namespace rill::inline RILL_ABI
