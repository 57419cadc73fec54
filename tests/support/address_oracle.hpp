// SPDX-License-Identifier: MIT
#pragma once

// What the system's own inet_pton(3) and inet_ntop(3) say of a text, to compare rill's answers with. POSIX only.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include <rill/net/endpoint.hpp>
#include <rill/net/ip_address.hpp>

namespace address_oracle {

/// A decimal number up to `max` without sign and leading zeros; written another way than the library's.
inline std::optional<unsigned long long> number(const std::string& text, unsigned long long max) {
    const unsigned long long value = std::strtoull(text.c_str(), nullptr, 10);
    if (value > max || std::to_string(value) != text) return std::nullopt;
    return value;
}

inline std::optional<rill::ip_address> parse(const std::string& text) {
    if (text.find('\0') != text.npos) return std::nullopt;
    rill::ip_address::v4_bytes v4{};
    if (inet_pton(AF_INET, text.c_str(), v4.data()) == 1) return rill::ip_address(v4);
    const std::size_t percent = text.find('%');
    rill::ip_address::v6_bytes v6{};
    if (inet_pton(AF_INET6, text.substr(0, percent).c_str(), v6.data()) != 1) return std::nullopt;
    if (percent == text.npos) return rill::ip_address(v6);
    const auto scope = number(text.substr(percent + 1), 0xffff'ffff);
    if (!scope) return std::nullopt;
    return rill::ip_address(v6, static_cast<std::uint32_t>(*scope));
}

inline std::optional<rill::endpoint> parse_endpoint(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    if (colon == text.npos) return std::nullopt;
    std::string host = text.substr(0, colon);
    const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    const auto address = parse(host);
    const auto port = number(text.substr(colon + 1), 65'535);
    if (!address || !port || address->is_v6() != bracketed) return std::nullopt;
    return rill::endpoint(*address, static_cast<int>(*port));
}

/// Whether the system shortens the first of two equally long runs of zeros, as RFC 5952 wants it, also at the beginning of
/// an address. musl shortens the second there.
inline bool system_shortens_the_first() {
    const rill::ip_address::v6_bytes two_runs{0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1};
    char text[INET6_ADDRSTRLEN] = "";
    return std::string_view(inet_ntop(AF_INET6, two_runs.data(), text, sizeof text)) == "::1:0:0:1:1:1";
}

/// The text of an address, or nothing where systems differ from RFC 5952: `::1.2.3.4`, which only old systems used, and
/// zeros at the beginning.
inline std::optional<std::string> text_of(const rill::ip_address& address) {
    static const bool shortens_the_first = system_shortens_the_first();
    char text[INET6_ADDRSTRLEN] = "";
    if (address.is_v4()) {
        const auto bytes = address.bytes_v4();
        return inet_ntop(AF_INET, bytes.data(), text, sizeof text);
    }
    const auto bytes = address.bytes_v6();
    const bool v4_compatible =
        address.network(96) == rill::ip_address(rill::ip_address::v6_bytes{}, address.scope_id());
    if (v4_compatible || (bytes[0] == 0 && bytes[1] == 0 && !shortens_the_first)) return std::nullopt;
    std::string written = inet_ntop(AF_INET6, bytes.data(), text, sizeof text);
    if (address.scope_id() != 0) written.append("%").append(std::to_string(address.scope_id()));
    return written;
}

/// What rill and the system disagree about in writing this address; empty when they agree.
inline std::string disagreement(const rill::ip_address& address) {
    const std::string ours = to_string(address);
    if (ours.size() > rill::ip_address::text_size_max) return "too long: " + ours;
    if (rill::ip_address::parse(ours) != address) return "is not read back: " + ours;
    if (const auto theirs = text_of(address); theirs && *theirs != ours)
        return "written as " + ours + ", not " + *theirs;
    return {};
}

/// Whether the constructor throws, exactly when `parse` finds nothing, a message that is short and printable.
inline bool constructor_agrees(const std::string& text, const std::optional<rill::ip_address>& parsed) {
    try {
        return parsed == rill::ip_address(text);
    } catch (const std::system_error& error) {
        const std::string_view message = error.what();
        for (const char c : message)
            if (c < ' ' || c > '~') return false;
        return !parsed && error.code() == std::errc::invalid_argument && message.size() < 500;
    }
}

/// What rill and the system disagree about in reading this text; empty when they agree.
inline std::string disagreement(const std::string& text) {
    const auto ours = rill::ip_address::parse(text);
    if (ours != parse(text)) return "read as " + (ours ? to_string(*ours) : "nothing");
    if (!constructor_agrees(text, ours)) return "its constructor and parse disagree";
    if (ours) return disagreement(*ours);
    const auto place = rill::endpoint::parse(text);
    if (place != parse_endpoint(text)) return "read as " + (place ? to_string(*place) : "no endpoint");
    if (place && rill::endpoint::parse(to_string(*place)) != place) return "is not read back: " + to_string(*place);
    return {};
}

}  // namespace address_oracle
