// SPDX-License-Identifier: MIT
#pragma once

// An address and a port: what is bound, connected to and heard from. A value of 24 bytes, made from parts
// (`{"127.0.0.1", 80}` wherever an endpoint is wanted) or from text (`192.0.2.1:80`, `[::1]:443`).
// It is never a name, neither of a host nor of a service (see resolve), and never a path (see unix_endpoint).
// A port is taken as a wide number and checked, so that 65536 is an error and not port 0.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "../backend/address.hpp"
#include "address_text.hpp"
#include "ip_address.hpp"
#include "port_range.hpp"

namespace rill {

/// An IP address and a port.
class endpoint {
  public:
    /// Room for the longest text that `format_to` writes: an address in brackets, a colon, five digits.
    static constexpr std::size_t text_size_max = ip_address::text_size_max + 8;
    using text_buffer = std::array<char, text_size_max>;

    /// 0.0.0.0 and port 0.
    constexpr endpoint() noexcept = default;

    /// From an address, or its text, and a port; port 0 lets the system choose where something is bound.
    ///
    /// Errors   invalid_argument  the text is not an address, or the port not in 0..65535; the message shows which
    constexpr endpoint(const ip_address& address, long long port);

    /// From what a backend reports.
    ///
    /// Errors   address_family_not_supported  it is neither an IPv4 nor an IPv6 address
    constexpr explicit endpoint(const backend::socket_address& address);

    /// Reads a whole text as an endpoint, or returns nothing: `192.0.2.1:80`, `[2001:db8::1]:80`, `[fe80::1%7]:80`.
    /// IPv6 needs its brackets and IPv4 has none; the port is decimal, without leading zeros. For what else is refused
    /// see ip_address::parse.
    ///
    /// Source   RFC 5952, 6; RFC 3986, 3.2.2.
    [[nodiscard]] static constexpr std::optional<endpoint> parse(std::string_view text) noexcept;

    /// Its two parts.
    [[nodiscard]] constexpr ip_address address() const noexcept;
    [[nodiscard]] constexpr std::uint16_t port() const noexcept { return parts_.port; }

    /// What a backend takes.
    [[nodiscard]] constexpr const backend::socket_address& to_socket_address() const noexcept { return parts_; }

    /// Writes the endpoint into the buffer, as `to_string` would, and returns what was written, without a zero behind.
    [[nodiscard]] constexpr std::string_view format_to(text_buffer& buffer) const noexcept;

    /// Ordered by address, then by port.
    constexpr bool operator==(const endpoint&) const noexcept = default;
    constexpr std::strong_ordering operator<=>(const endpoint& other) const noexcept;

  private:
    backend::socket_address parts_;  // never local; what its family does not use is zero
};

/// The text of the endpoint, `192.0.2.1:80` or `[2001:db8::1]:80`, as RFC 5952 recommends it.
[[nodiscard]] inline std::string to_string(const endpoint& each) {
    endpoint::text_buffer buffer;
    return std::string(each.format_to(buffer));
}

// ---- mechanism ----

constexpr endpoint::endpoint(const ip_address& address, long long port) {
    for (std::size_t i = 0; i < sizeof parts_.bytes; ++i) parts_.bytes[i] = address.bytes_[i];
    parts_.scope_id = address.scope_id_;
    parts_.family = address.family_;
    parts_.port = checked_port(port);
}

constexpr endpoint::endpoint(const backend::socket_address& address) : parts_(address) {
    if (address.family == family::v6) return;
    if (address.family != family::v4)
        throw described_error(std::errc::address_family_not_supported,
                              "an endpoint is an IPv4 or IPv6 address and a port");
    parts_.scope_id = 0;  // what the family does not use is zero
    for (std::size_t i = 4; i < 16; ++i) parts_.bytes[i] = 0;
}

/// The address in what is known to be one.
constexpr ip_address address_in(const backend::socket_address& from) noexcept {
    ip_address address;
    for (std::size_t i = 0; i < sizeof from.bytes; ++i) address.bytes_[i] = from.bytes[i];
    address.scope_id_ = from.scope_id;
    address.family_ = from.family;
    return address;
}

constexpr std::optional<endpoint> endpoint::parse(std::string_view text) noexcept {
    address_text::unread left(text);
    const bool bracketed = address_text::take(left, '[');
    const char* const begin = left.at;
    const char* const end = left.find(bracketed ? ']' : ':');
    if (end == left.end) return std::nullopt;
    const std::optional<ip_address> address = ip_address::parse({begin, static_cast<std::size_t>(end - begin)});
    left.at = bracketed ? end + 1 : end;
    std::uint32_t port = 0;
    if (!address || address->is_v6() != bracketed || !address_text::take(left, ':')) return std::nullopt;
    if (!address_text::take_decimal(left, 65'535, port) || !left.empty()) return std::nullopt;
    return endpoint(*address, port);
}

constexpr ip_address endpoint::address() const noexcept { return address_in(parts_); }

constexpr std::string_view endpoint::format_to(text_buffer& buffer) const noexcept {
    char* const begin = buffer.data();
    char* end = begin;
    if (parts_.family == family::v6) {
        *end++ = '[';
        end = address_text::write_v6(end, parts_.bytes);
        if (parts_.scope_id != 0) {
            *end++ = '%';
            end = address_text::write_decimal(end, parts_.scope_id);
        }
        *end++ = ']';
    } else {
        end = address_text::write_v4(end, parts_.bytes);
    }
    *end++ = ':';
    end = address_text::write_decimal(end, parts_.port);
    const char* const text = begin;  // a string_view from a char* costs g++ 12 ms of concepts
    return {text, static_cast<std::size_t>(end - begin)};
}

constexpr std::strong_ordering endpoint::operator<=>(const endpoint& other) const noexcept {
    const std::strong_ordering by_address = address() <=> other.address();
    return by_address != 0 ? by_address : port() <=> other.port();
}

}  // namespace rill

/// Not keyed: one who chooses addresses can make them collide.
template <>
struct std::hash<rill::endpoint> {
    constexpr std::size_t operator()(const rill::endpoint& each) const noexcept {
        using address_hash = std::hash<rill::ip_address>;
        return static_cast<std::size_t>(address_hash::spread(address_hash()(each.address()) ^ each.port()));
    }
};
