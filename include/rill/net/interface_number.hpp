// SPDX-License-Identifier: MIT
#pragma once

// `interface_number("eth0")`: the number of a network interface, which multicasts and scopes of IPv6 go by.
//
// A number is this machine's, and another one after the interface has gone and come back: ask when it is needed.
//
//     socket.join_group("239.1.2.3", rill::interface_number("eth0"));
//     socket.set(rill::option::multicast_interface{rill::interface_number("eth0")});

#include <cstdint>
#include <string_view>

#include "../backend/interface_names.hpp"
#include "../core/error.hpp"

namespace rill::inline RILL_ABI {

/// The number of the interface with that name; never 0. Throws std::system_error: no_such_device if there is none of that
/// name, and what the system says if it can't be asked. Any thread.
///
/// Source   if_nametoindex(3); RFC 3493, 4.1.
[[nodiscard]] inline std::uint32_t interface_number(std::string_view name);

// ---- mechanism ----

inline std::uint32_t interface_number(std::string_view name) {
    char text[256] = {};  // longer than names are on any system
    std::uint32_t number = 0;
    backend::error failed = to_backend_error(std::errc::no_such_device);
    const bool possible = name.size() < sizeof text && name.find('\0') == name.npos;
    if (possible) name.copy(text, name.size());
    if (possible) failed = backend::find_interface(text, number);
    if (failed) throw described_error(to_error_code(failed), error_text("interface_number ").append_quoted(name));
    return number;
}

}  // namespace rill::inline RILL_ABI
