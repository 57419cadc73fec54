// SPDX-License-Identifier: MIT
#pragma once

// Options of sockets, as types: `stream.set(option::no_delay{true})`, `stream.get<option::no_delay>().value()`.
//
// One that a platform lacks is an error there, never ignored. `backlog` is given to `bind` only.

#include <concepts>

#include "../backend/contract.hpp"

namespace rill::inline RILL_ABI {
namespace option {

/// A switch. Each option below is one of these.
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

/// A listener may use an address that connections of an earlier one still hold (SO_REUSEADDR). On for listeners.
using reuse_address = flag<backend::option_name::reuse_address>;
/// Several listeners share one port, and the system spreads the connections over them (SO_REUSEPORT).
using reuse_port = flag<backend::option_name::reuse_port>;
/// Small writes go out at once and do not wait for each other: no Nagle algorithm (TCP_NODELAY).
using no_delay = flag<backend::option_name::no_delay>;
/// The system asks an idle peer now and then whether it is still there (SO_KEEPALIVE).
using keep_alive = flag<backend::option_name::keep_alive>;
/// An IPv6 listener does not take IPv4 connections (IPV6_V6ONLY). On everywhere unless it is set.
using v6_only = flag<backend::option_name::v6_only>;

/// How many connections may wait to be accepted; the system may allow fewer.
class backlog {
  public:
    static constexpr int usual = 4096;

    constexpr explicit backlog(int connections) noexcept : connections_(connections) {}
    [[nodiscard]] constexpr int value() const noexcept { return connections_; }

  private:
    int connections_;
};

}  // namespace option

/// An option that a socket can be asked for and told.
template <class Option>
concept socket_option = requires(const Option& each) {
    { Option::name } -> std::convertible_to<backend::option_name>;
    { each.native() } -> std::same_as<int>;
};

}  // namespace rill::inline RILL_ABI
