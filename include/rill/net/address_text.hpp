// SPDX-License-Identifier: MIT
#pragma once

// The written forms of IP addresses on plain bytes, for ip_address and endpoint, which are what to use instead.
// Readers are as strict as inet_pton(3) and stricter than inet_aton(3): four decimal parts without leading zeros,
// groups of at most four hexadecimal digits, one `::` for at least one group, nothing before or after. The writers
// write what RFC 5952 recommends. Nothing here allocates, throws, or asks the system.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rill::address_text {

/// The longest text that `write_v6` writes with the longest scope behind it: `ffff:…:ffff%4294967295`.
inline constexpr std::size_t size_max = 39 + 11;

/// What is left of a text that is read from its front. Two pointers: a std::string_view has a function for each step, and
/// every program that binds an address would compile them.
struct unread {
    const char* at;
    const char* end;

    constexpr unread(const char* first, const char* last) noexcept : at(first), end(last) {}
    constexpr explicit unread(std::string_view text) noexcept : at(text.data()), end(text.data() + text.size()) {}

    [[nodiscard]] constexpr bool empty() const noexcept { return at == end; }
    /// Where the character stands first, or the end.
    [[nodiscard]] constexpr const char* find(char c) const noexcept {
        const char* found = at;
        while (found != end && *found != c) ++found;
        return found;
    }
};

/// Takes `c` from the front of the text; false, and the text as it was, when something else stands there.
constexpr bool take(unread& text, char c) noexcept;

/// Takes a decimal number from 0 to `max`, without sign or leading zeros, from the front of the text; false, and text
/// and number as they were, when none stands there.
constexpr bool take_decimal(unread& text, std::uint32_t max, std::uint32_t& number) noexcept;

/// Reads a whole text as four bytes (`192.0.2.1`); when it returns false, the bytes mean nothing.
constexpr bool read_v4(unread text, std::uint8_t* bytes) noexcept;

/// Reads a whole text as sixteen bytes (`2001:db8::1`, `::ffff:192.0.2.1`), without a scope; when it returns false, the
/// bytes mean nothing.
constexpr bool read_v6(unread text, std::uint8_t* bytes) noexcept;

/// Writes a number, four or sixteen bytes at `out`, without a zero behind, and returns the end. `write_v6` writes the
/// last four bytes as IPv4 only in IPv4-mapped addresses (::ffff:0:0/96).
constexpr char* write_decimal(char* out, std::uint32_t number) noexcept;
constexpr char* write_v4(char* out, const std::uint8_t* bytes) noexcept;
constexpr char* write_v6(char* out, const std::uint8_t* bytes) noexcept;

/// Copies a text to `out` and returns the end.
constexpr char* write(char* out, const char* text) noexcept;

/// Whether sixteen bytes are an IPv4-mapped address (RFC 4291, 2.5.5.2).
constexpr bool is_v4_mapped(const std::uint8_t* bytes) noexcept;

// ---- mechanism ----

constexpr bool take(unread& text, char c) noexcept {
    if (text.empty() || *text.at != c) return false;
    ++text.at;
    return true;
}

constexpr bool take_decimal(unread& text, std::uint32_t max, std::uint32_t& number) noexcept {
    std::uint64_t sum = 0;  // at most ten times a 32-bit number, for the loop ends as soon as it exceeds `max`
    const char* at = text.at;
    for (; at != text.end && *at >= '0' && *at <= '9' && sum <= max; ++at)
        sum = sum * 10 + static_cast<std::uint64_t>(*at - '0');
    const bool leading_zero = at - text.at > 1 && *text.at == '0';
    if (at == text.at || leading_zero || sum > max) return false;
    text.at = at;
    number = static_cast<std::uint32_t>(sum);
    return true;
}

constexpr bool read_v4(unread text, std::uint8_t* bytes) noexcept {
    for (int i = 0; i < 4; ++i) {
        std::uint32_t part = 0;
        if (i != 0 && !take(text, '.')) return false;
        if (!take_decimal(text, 255, part)) return false;
        bytes[i] = static_cast<std::uint8_t>(part);
    }
    return text.empty();
}

/// The value of a hexadecimal digit, or -1.
constexpr int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// Takes one to four hexadecimal digits from the front of the text as two bytes. A fifth digit is left for the caller,
/// who expects a colon or the end there.
constexpr bool take_group(unread& text, std::uint8_t* bytes) noexcept {
    const char* const begin = text.at;
    int group = 0;
    while (!text.empty() && text.at - begin < 4 && hex_value(*text.at) >= 0) group = group * 16 + hex_value(*text.at++);
    bytes[0] = static_cast<std::uint8_t>(group >> 8);
    bytes[1] = static_cast<std::uint8_t>(group & 0xff);
    return text.at != begin;
}

/// Moves the bytes in [gap, size) to the end of the sixteen and puts zeros in their place; false when there is no room
/// for one group of zeros.
constexpr bool widen_gap(std::uint8_t* bytes, int gap, int size) noexcept {
    if (size > 14) return false;
    for (int to = 15, from = size - 1; to >= gap; --to, --from) bytes[to] = from >= gap ? bytes[from] : std::uint8_t{0};
    return true;
}

constexpr bool read_v6(unread text, std::uint8_t* bytes) noexcept {
    constexpr int no_gap = -1;
    int size = 0;      // how many bytes were read
    int gap = no_gap;  // how many had been read where `::` stands
    if (text.end - text.at >= 2 && text.at[0] == ':' && text.at[1] == ':') {
        text.at += 2;
        gap = 0;
    }
    bool group_follows = gap == no_gap;  // nothing may follow `::`, but something must follow `:`
    while (group_follows || !text.empty()) {
        if (size == 16) return false;
        if (size <= 12 && text.find('.') < text.find(':')) {  // no colon any more
            if (!read_v4(text, bytes + size)) return false;
            size += 4;
            break;
        }
        if (!take_group(text, bytes + size)) return false;
        size += 2;
        if (text.empty()) break;
        if (!take(text, ':')) return false;
        group_follows = !take(text, ':');
        if (group_follows) continue;
        if (gap != no_gap) return false;
        gap = size;
    }
    return gap == no_gap ? size == 16 : widen_gap(bytes, gap, size);
}

constexpr char* write(char* out, const char* text) noexcept {
    while (*text != '\0') *out++ = *text++;
    return out;
}

constexpr char* write_decimal(char* out, std::uint32_t number) noexcept {
    if (number >= 10) out = write_decimal(out, number / 10);
    *out++ = static_cast<char>('0' + number % 10);
    return out;
}

constexpr char* write_hex(char* out, unsigned number) noexcept {
    if (number >= 16) out = write_hex(out, number / 16);
    *out++ = "0123456789abcdef"[number % 16];
    return out;
}

constexpr char* write_v4(char* out, const std::uint8_t* bytes) noexcept {
    for (int i = 0; i < 4; ++i) {
        if (i != 0) *out++ = '.';
        out = write_decimal(out, bytes[i]);
    }
    return out;
}

/// Groups [begin, end) of an IPv6 address are zero.
struct zero_run {
    int begin, end;
};

/// The longest run of at least two zero groups, the first of equals (RFC 5952, 4.2); {8, 8} when there is none.
constexpr zero_run longest_zero_run(const std::uint8_t* bytes) noexcept {
    zero_run longest{8, 8};
    int longest_size = 1;
    for (int begin = 0, i = 0; i < 8; ++i) {
        if (bytes[2 * i] != 0 || bytes[2 * i + 1] != 0) {
            begin = i + 1;
        } else if (i + 1 - begin > longest_size) {
            longest_size = i + 1 - begin;
            longest = {begin, i + 1};
        }
    }
    return longest;
}

constexpr char* write_v6(char* out, const std::uint8_t* bytes) noexcept {
    if (is_v4_mapped(bytes)) return write_v4(write(out, "::ffff:"), bytes + 12);
    const zero_run zeros = longest_zero_run(bytes);
    for (int i = 0; i < 8;) {
        if (i == zeros.begin) {
            out = write(out, "::");
            i = zeros.end;
            continue;
        }
        if (i != 0 && i != zeros.end) *out++ = ':';
        out = write_hex(out, bytes[2 * i] * 256u + bytes[2 * i + 1]);
        ++i;
    }
    return out;
}

constexpr bool is_v4_mapped(const std::uint8_t* bytes) noexcept {
    for (int i = 0; i < 10; ++i)
        if (bytes[i] != 0) return false;
    return bytes[10] == 0xff && bytes[11] == 0xff;
}

}  // namespace rill::address_text
