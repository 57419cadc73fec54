// SPDX-License-Identifier: MIT
#pragma once

// `name_question`: a host and a service, as they are looked up: checked, and in memory of their own, for a lookup that is
// left alone outlives who asked. Some questions answer themselves: an address with a port needs no lookup.
//
// A host is a name or an address, of at most 255 bytes, a service a port or a name, which has a letter: resolvers take the
// text 65616 for the port 80, so it is refused here. What is neither a name nor an address by ip_address::parse but ends
// in a number (`127.1`, `0x7f.0.0.1`) is not found: the system might take it for an address that nobody reads in it. For
// users: resolve.hpp.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "../core/error.hpp"
#include "endpoint.hpp"

namespace rill::inline RILL_ABI {

/// A port, or the name of a service.
template <class Service>
concept service_name = std::integral<Service> || std::is_convertible_v<const Service&, std::string_view>;

class name_question {
  public:
    name_question(std::string_view host, std::string_view service) noexcept;
    template <std::integral Port>
    name_question(std::string_view host, Port port);

    /// Why it is not asked at all; zero if it may be.
    [[nodiscard]] backend::error refused() const noexcept { return refused_; }
    /// The answer, if it needs no lookup.
    [[nodiscard]] std::optional<endpoint> own_answer() const noexcept;

    // Each ends with a zero.
    [[nodiscard]] const char* host() const noexcept { return host_; }
    [[nodiscard]] const char* service() const noexcept { return service_; }

    /// `verb "host" "service"`, for an error.
    [[nodiscard]] error_text describe(const char* verb) const noexcept {
        return error_text(verb).append(" ").append_quoted(host_).append(" ").append_quoted(service_);
    }

    static constexpr std::size_t host_size_max = 255;     // RFC 1035, 2.3.4
    static constexpr std::size_t service_size_max = 255;  // no rule, but a name

  private:
    template <std::size_t Size>
    static bool keep(char (&to)[Size], std::string_view from) noexcept;
    [[nodiscard]] bool ends_in_number() const noexcept;
    [[nodiscard]] bool service_is_port(std::uint32_t& port) const noexcept;
    [[nodiscard]] bool service_has_letter() const noexcept;
    void check(bool kept) noexcept;

    backend::error refused_;
    char host_[host_size_max + 1];
    char service_[service_size_max + 1];
};

// ---- mechanism ----

/// Keeps what fits. False: that is not all, or not what it looks like.
template <std::size_t Size>
bool name_question::keep(char (&to)[Size], std::string_view from) noexcept {
    const std::size_t size = from.copy(to, Size - 1);
    to[size] = '\0';
    return size == from.size() && size != 0 && from.find('\0') == from.npos;
}

inline void name_question::check(bool kept) noexcept {
    if (!kept) {
        refused_ = to_backend_error(std::errc::invalid_argument);
    } else if (!ip_address::parse(host_) && ends_in_number()) {
        refused_ = to_backend_error(errc::host_not_found);
    }
}

inline name_question::name_question(std::string_view host, std::string_view service) noexcept {
    const bool host_kept = keep(host_, host), service_kept = keep(service_, service);
    std::uint32_t port = 0;
    check(host_kept && service_kept && (service_has_letter() || service_is_port(port)));
}

template <std::integral Port>
name_question::name_question(std::string_view host, Port port) {
    const bool kept = keep(host_, host);
    char* const end = address_text::write_decimal(service_, checked_port(static_cast<long long>(port)));
    *end = '\0';
    check(kept);
}

inline std::optional<endpoint> name_question::own_answer() const noexcept {
    const std::optional<ip_address> address = ip_address::parse(host_);
    std::uint32_t port = 0;
    if (!address || !service_is_port(port)) return std::nullopt;
    return endpoint(*address, port);
}

inline bool name_question::service_is_port(std::uint32_t& port) const noexcept {
    address_text::unread digits{std::string_view(service_)};
    return address_text::take_decimal(digits, 65'535, port) && digits.empty();
}

/// As the name of a service has. RFC 6335, 5.1.
inline bool name_question::service_has_letter() const noexcept {
    for (const char each : std::string_view(service_))
        if ((each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z')) return true;
    return false;
}

/// Whether the last label of the host is a decimal or hexadecimal number, which no domain is called. URL Standard, 3.5.
inline bool name_question::ends_in_number() const noexcept {
    std::string_view last = host_;
    if (last.ends_with('.')) last.remove_suffix(1);
    last.remove_prefix(last.rfind('.') + 1);  // without a dot: nothing
    const bool hexadecimal = last.starts_with("0x") || last.starts_with("0X");
    if (hexadecimal) last.remove_prefix(2);
    const char* const digits = hexadecimal ? "0123456789abcdefABCDEF" : "0123456789";
    return (hexadecimal || !last.empty()) && last.find_first_not_of(digits) == last.npos;
}

}  // namespace rill::inline RILL_ABI
