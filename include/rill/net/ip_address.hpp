// SPDX-License-Identifier: MIT
#pragma once

// An IPv4 or IPv6 address: a value of 24 bytes that is made from text or bytes, asked what it is, and written as text,
// all of it at compile time if you like and without an allocation (only to_string's result has one).
// It never asks the system: a name such as `localhost` is no address (see resolve), and a scope is a number (`%7`), not
// the name of an interface (`%eth0`, which if_nametoindex(3) turns into one).
// IPv4 and IPv4-mapped IPv6 addresses (`::ffff:10.0.0.1`) are different values, but what is asked of one's nature
// (is_private, address_class, ...) sees through the mapping, for packets sent there go to the IPv4 address; a filter
// that asks is not fooled by the other notation. With a port it is an endpoint.

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "../backend/address.hpp"
#include "../core/described_error.hpp"
#include "address_text.hpp"

namespace rill {

class endpoint;

/// An IPv4 or IPv6 address, with the scope of a link-local one.
class ip_address {
  public:
    /// In network order.
    using v4_bytes = std::array<std::uint8_t, 4>;
    using v6_bytes = std::array<std::uint8_t, 16>;

    /// Room for the longest text that `format_to` writes.
    static constexpr std::size_t text_size_max = address_text::size_max;
    using text_buffer = std::array<char, text_size_max>;

    /// 0.0.0.0
    constexpr ip_address() noexcept = default;

    /// Reads an address, as strictly as `parse`.
    ///
    /// Errors   invalid_argument  the text is not an address; the message shows it, escaped and cut; it may have a hint
    constexpr ip_address(std::string_view text);
    constexpr ip_address(const char* text);
    constexpr ip_address(const std::string& text);
    ip_address(std::nullptr_t) = delete;

    /// From bytes in network order.
    constexpr explicit ip_address(const v4_bytes& bytes) noexcept;
    constexpr explicit ip_address(const v6_bytes& bytes, std::uint32_t scope_id = 0) noexcept;

    /// Reads a whole text as an address, or returns nothing: `192.0.2.1`, `2001:db8::1`, `::ffff:192.0.2.1`,
    /// `fe80::1%7`. Refused are leading zeros (some would read them as octal), fewer than four parts, spaces, brackets,
    /// prefix lengths, names of interfaces.
    ///
    /// Source   RFC 4291, 2.2; RFC 4007, 11; inet_pton(3), which it agrees with but for the scope.
    [[nodiscard]] static constexpr std::optional<ip_address> parse(std::string_view text) noexcept;

    /// 0.0.0.0 and ::, to bind on every interface; 127.0.0.1 and ::1, this machine; 255.255.255.255, all who are on the link.
    [[nodiscard]] static constexpr ip_address any_v4() noexcept { return {}; }
    [[nodiscard]] static constexpr ip_address any_v6() noexcept { return ip_address(v6_bytes{}); }
    [[nodiscard]] static constexpr ip_address loopback_v4() noexcept { return ip_address(v4_bytes{127, 0, 0, 1}); }
    [[nodiscard]] static constexpr ip_address loopback_v6() noexcept;
    [[nodiscard]] static constexpr ip_address broadcast_v4() noexcept {
        return ip_address(v4_bytes{255, 255, 255, 255});
    }

    /// Of which family it is; a mapped address is of IPv6.
    [[nodiscard]] constexpr bool is_v4() const noexcept { return family_ == family::v4; }
    [[nodiscard]] constexpr bool is_v6() const noexcept { return family_ == family::v6; }
    /// An IPv6 address that stands for an IPv4 one, as a dual-stack socket tells of its IPv4 peers (::ffff:0:0/96).
    [[nodiscard]] constexpr bool is_v4_mapped() const noexcept;

    /// 0.0.0.0 or ::, "any address" to bind and nobody's to connect to.
    [[nodiscard]] constexpr bool is_unspecified() const noexcept;
    /// 127.0.0.0/8 or ::1, this machine.
    [[nodiscard]] constexpr bool is_loopback() const noexcept;
    /// 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 (RFC 1918) or fc00::/7 (RFC 4193).
    [[nodiscard]] constexpr bool is_private() const noexcept;
    /// 169.254.0.0/16 (RFC 3927) or fe80::/10 (RFC 4291).
    [[nodiscard]] constexpr bool is_link_local() const noexcept;
    /// 224.0.0.0/4 or ff00::/8.
    [[nodiscard]] constexpr bool is_multicast() const noexcept;
    /// 255.255.255.255; that of one network, such as 192.168.1.255, cannot be told from the address alone.
    [[nodiscard]] constexpr bool is_broadcast() const noexcept;
    /// 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24 (RFC 5737), 2001:db8::/32 (RFC 3849) or 3fff::/20 (RFC 9637).
    [[nodiscard]] constexpr bool is_documentation() const noexcept;

    /// 'A' to 'E', from an IPv4 address's first bits (RFC 791, RFC 1112); '\0' for an IPv6 address, which has no class.
    [[nodiscard]] constexpr char address_class() const noexcept;

    /// The number of the interface that an IPv6 address belongs to; 0 when it has none, and for IPv4.
    [[nodiscard]] constexpr std::uint32_t scope_id() const noexcept { return scope_id_; }

    /// The IPv4 address that a mapped one stands for; every other address as it is.
    [[nodiscard]] constexpr ip_address unmapped() const noexcept;

    /// The bytes of an IPv4 address, mapped or not, in network order.
    ///
    /// Errors   invalid_argument  it is any other IPv6 address
    [[nodiscard]] constexpr v4_bytes bytes_v4() const;
    /// The bytes of an IPv6 address, or of an IPv4 address when mapped, in network order; without the scope.
    [[nodiscard]] constexpr v6_bytes bytes_v6() const noexcept;

    /// The two parts of the address, the other's bits being zero: of 192.168.7.9 and 24 the network is 192.168.7.0, the
    /// host 0.0.0.9. A scope stays with the network.
    ///
    /// Errors   invalid_argument  the length is not in 0..32 (IPv4) or 0..128 (IPv6)
    [[nodiscard]] constexpr ip_address network(int prefix_length) const;
    [[nodiscard]] constexpr ip_address host(int prefix_length) const;

    /// Writes the address into the buffer, as `to_string` would, and returns what was written, without a zero behind.
    [[nodiscard]] constexpr std::string_view format_to(text_buffer& buffer) const noexcept;

    /// Equal in family, bytes and scope; IPv4 comes before IPv6, then the bytes count, then the scope.
    constexpr bool operator==(const ip_address&) const noexcept = default;
    constexpr std::strong_ordering operator<=>(const ip_address&) const noexcept = default;

  private:
    /// Reads a text as `parse` does, into an address that is new. False: it is none.
    constexpr bool read(address_text::unread text) noexcept;
    [[noreturn]] static void refuse(std::string_view text);
    constexpr bool v4_within(std::uint32_t network, int prefix_length) const noexcept;
    constexpr bool v6_within(std::uint32_t network, int prefix_length) const noexcept;
    constexpr bool v6_is(std::uint32_t number) const noexcept;
    constexpr std::uint32_t number_at(std::size_t first) const noexcept;
    constexpr ip_address masked(int prefix_length, bool keep_network) const;

    // An endpoint has the same parts, but the port.
    friend class endpoint;
    friend constexpr ip_address address_in(const backend::socket_address& from) noexcept;

    family family_ = family::v4;  // never local
    std::uint8_t bytes_[16]{};    // network order; IPv4 uses the first four, the others are zero
    std::uint32_t scope_id_ = 0;  // zero for IPv4
};

/// The text of the address as RFC 5952 recommends it: lower case, the longest run of zero groups as `::`, mapped
/// addresses as `::ffff:192.0.2.1`; with the scope, if it has one, as a number.
[[nodiscard]] inline std::string to_string(const ip_address& address) {
    ip_address::text_buffer buffer;
    return std::string(address.format_to(buffer));
}

// ---- mechanism ----

constexpr ip_address::ip_address(std::string_view text) {
    if (!read(address_text::unread(text))) refuse(text);
}
constexpr ip_address::ip_address(const char* text) : ip_address(std::string_view(text ? text : "")) {}
constexpr ip_address::ip_address(const std::string& text) : ip_address(std::string_view(text)) {}

constexpr ip_address::ip_address(const v4_bytes& bytes) noexcept : bytes_{bytes[0], bytes[1], bytes[2], bytes[3]} {}

constexpr ip_address::ip_address(const v6_bytes& bytes, std::uint32_t scope_id) noexcept
    : family_(family::v6), scope_id_(scope_id) {
    for (std::size_t i = 0; i < sizeof bytes_; ++i) bytes_[i] = bytes[i];
}

constexpr bool ip_address::read(address_text::unread text) noexcept {
    if (address_text::read_v4(text, bytes_)) return true;
    const char* const percent = text.find('%');
    if (percent != text.end) {
        address_text::unread scope(percent + 1, text.end);
        if (!address_text::take_decimal(scope, 0xffff'ffff, scope_id_) || !scope.empty()) return false;
    }
    family_ = family::v6;
    return address_text::read_v6({text.at, percent}, bytes_);
}

constexpr std::optional<ip_address> ip_address::parse(std::string_view text) noexcept {
    ip_address address;
    if (!address.read(address_text::unread(text))) return std::nullopt;
    return address;
}

inline void ip_address::refuse(std::string_view text) {
    error_text message;
    message.append_quoted(text).append(" is not an IP address");
    bool scoped = false, colon = false, name = false;
    for (const char each : text) {
        scoped = scoped || each == '%';
        colon = colon || each == ':';
        name = name || (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z');
    }
    if (scoped)
        message.append(" (a scope must be a number, as if_nametoindex gives it)");
    else if (name && !colon)
        message.append(" (a name needs rill::resolve)");
    throw described_error(std::errc::invalid_argument, message);
}

constexpr ip_address ip_address::loopback_v6() noexcept {
    return ip_address(v6_bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
}

constexpr bool ip_address::is_v4_mapped() const noexcept { return is_v6() && address_text::is_v4_mapped(bytes_); }

constexpr std::uint32_t ip_address::number_at(std::size_t first) const noexcept {
    std::uint32_t number = 0;
    for (std::size_t i = first; i < first + 4; ++i) number = number << 8 | bytes_[i];
    return number;
}

/// Whether it is an IPv4 address, mapped or not, whose first bits are those of `network`. The length is not zero.
constexpr bool ip_address::v4_within(std::uint32_t network, int prefix_length) const noexcept {
    if (is_v6() && !is_v4_mapped()) return false;
    return (number_at(is_v6() ? 12 : 0) ^ network) >> (32 - prefix_length) == 0;
}

/// Whether it is an IPv6 address whose first bits, at most 32, are those of `network`. The length is not zero.
constexpr bool ip_address::v6_within(std::uint32_t network, int prefix_length) const noexcept {
    return is_v6() && (number_at(0) ^ network) >> (32 - prefix_length) == 0;
}

/// Whether it is the IPv6 address of this number.
constexpr bool ip_address::v6_is(std::uint32_t number) const noexcept {
    return is_v6() && (number_at(0) | number_at(4) | number_at(8)) == 0 && number_at(12) == number;
}

constexpr bool ip_address::is_unspecified() const noexcept { return v4_within(0, 32) || v6_is(0); }

constexpr bool ip_address::is_loopback() const noexcept { return v4_within(0x7f000000, 8) || v6_is(1); }

constexpr bool ip_address::is_private() const noexcept {
    return v4_within(0x0a000000, 8) || v4_within(0xac100000, 12) || v4_within(0xc0a80000, 16) ||
           v6_within(0xfc000000, 7);
}

constexpr bool ip_address::is_link_local() const noexcept {
    return v4_within(0xa9fe0000, 16) || v6_within(0xfe800000, 10);
}

constexpr bool ip_address::is_multicast() const noexcept {
    return v4_within(0xe0000000, 4) || v6_within(0xff000000, 8);
}

constexpr bool ip_address::is_broadcast() const noexcept { return v4_within(0xffffffff, 32); }

constexpr bool ip_address::is_documentation() const noexcept {
    return v4_within(0xc0000200, 24) || v4_within(0xc6336400, 24) || v4_within(0xcb007100, 24) ||
           v6_within(0x20010db8, 32) || v6_within(0x3fff0000, 20);
}

constexpr char ip_address::address_class() const noexcept {
    if (is_v6() && !is_v4_mapped()) return '\0';
    if (v4_within(0x00000000, 1)) return 'A';
    if (v4_within(0x80000000, 2)) return 'B';
    if (v4_within(0xc0000000, 3)) return 'C';
    return v4_within(0xe0000000, 4) ? 'D' : 'E';
}

constexpr ip_address ip_address::unmapped() const noexcept {
    if (!is_v4_mapped()) return *this;
    return ip_address(v4_bytes{bytes_[12], bytes_[13], bytes_[14], bytes_[15]});
}

constexpr ip_address::v4_bytes ip_address::bytes_v4() const {
    const ip_address v4 = unmapped();
    if (v4.is_v6())
        throw described_error(std::errc::invalid_argument, "an IPv6 address where an IPv4 address is needed");
    return {v4.bytes_[0], v4.bytes_[1], v4.bytes_[2], v4.bytes_[3]};
}

constexpr ip_address::v6_bytes ip_address::bytes_v6() const noexcept {
    if (is_v4()) return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, bytes_[0], bytes_[1], bytes_[2], bytes_[3]};
    v6_bytes bytes{};
    for (std::size_t i = 0; i < sizeof bytes_; ++i) bytes[i] = bytes_[i];
    return bytes;
}

constexpr ip_address ip_address::network(int prefix_length) const { return masked(prefix_length, true); }
constexpr ip_address ip_address::host(int prefix_length) const { return masked(prefix_length, false); }

constexpr ip_address ip_address::masked(int prefix_length, bool keep_network) const {
    const int size_bits = is_v4() ? 32 : 128;
    if (prefix_length < 0 || prefix_length > size_bits)
        throw described_error(std::errc::invalid_argument,
                              error_text("prefix length ")
                                  .append_number(prefix_length)
                                  .append(is_v4() ? " is not in 0..32" : " is not in 0..128"));
    ip_address part = *this;
    for (int bit = 0; bit < size_bits; ++bit)
        if ((bit < prefix_length) != keep_network)
            part.bytes_[static_cast<std::size_t>(bit / 8)] &= static_cast<std::uint8_t>(~(0x80u >> bit % 8));
    if (!keep_network) part.scope_id_ = 0;
    return part;
}

constexpr std::string_view ip_address::format_to(text_buffer& buffer) const noexcept {
    char* const begin = buffer.data();
    char* end = is_v4() ? address_text::write_v4(begin, bytes_) : address_text::write_v6(begin, bytes_);
    if (scope_id_ != 0) end = address_text::write_decimal(address_text::write(end, "%"), scope_id_);
    const char* const text = begin;  // a string_view from a char* costs g++ 12 ms of concepts
    return {text, static_cast<std::size_t>(end - begin)};
}

}  // namespace rill

/// Not keyed: one who chooses addresses can make them collide.
template <>
struct std::hash<rill::ip_address> {
    constexpr std::size_t operator()(const rill::ip_address& address) const noexcept {
        const auto words = std::bit_cast<std::array<std::uint64_t, 2>>(address.bytes_v6());
        const std::uint64_t form = address.scope_id() * std::uint64_t{2} + (address.is_v4() ? 1 : 0);
        return static_cast<std::size_t>(spread(spread(form ^ words[0]) ^ words[1]));
    }

    /// Lets each bit of the number change each bit of the result (MurmurHash3's last step, which is public domain).
    static constexpr std::uint64_t spread(std::uint64_t number) noexcept {
        number = (number ^ number >> 33) * 0xff51'afd7'ed55'8ccd;
        number = (number ^ number >> 33) * 0xc4ce'b9fe'1a85'ec53;
        return number ^ number >> 33;
    }
};
