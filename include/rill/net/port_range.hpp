// SPDX-License-Identifier: MIT
#pragma once

// What a port number says about who may use it, as the IANA divides them (RFC 6335, section 6). It says nothing of what
// the system does: Linux hands out ephemeral ports from 32768 on, and may let anyone have those under 1024.
//
//     static_assert(rill::port_range_of(443) == rill::port_range::well_known);

#include <cstdint>

#include "../core/described_error.hpp"

namespace rill {

/// The three ranges.
enum class port_range : std::uint8_t {
    well_known,  ///< 0 to 1023: services that everybody knows; on many systems only for privileged programs
    registered,  ///< 1024 to 49151: assigned on request
    dynamic,     ///< 49152 to 65535: never assigned, for whoever needs one for a while
};

/// Returns the number as a port, and never another number.
///
/// Errors   invalid_argument  it is not in 0..65535; the message names it
constexpr std::uint16_t checked_port(long long number) {
    if (number < 0 || number > 65'535)
        throw described_error(std::errc::invalid_argument,
                              error_text("port ").append_number(number).append(" is not in 0..65535"));
    return static_cast<std::uint16_t>(number);
}

/// Returns the range that the port belongs to.
///
/// Errors   invalid_argument  it is not in 0..65535
[[nodiscard]] constexpr port_range port_range_of(long long port) {
    const std::uint16_t number = checked_port(port);
    if (number < 1024) return port_range::well_known;
    return number < 49'152 ? port_range::registered : port_range::dynamic;
}

}  // namespace rill
