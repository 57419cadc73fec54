// SPDX-License-Identifier: MIT
#pragma once

// Which backends this system has, and which one an io_context gets. The only file that chooses a backend.
//
// The list of a system stands in a file of its own, included below: `available_kinds`, the default first.

#include <cstddef>
#include <cstdio>
#include <cstring>

#include "../core/error.hpp"
#include "contract.hpp"

namespace rill::backend::inline RILL_ABI {

/// The plain calls of this machine. Provided by the header of its system.
inline system& machine() noexcept;
inline uncommon_calls& uncommon_calls_of_machine() noexcept;

/// Copies a variable of the environment, or its beginning; empty: there is none. Provided by the header of its system.
inline void read_environment(const char* name, char* to, std::size_t room) noexcept;

/// The uncommon calls that go with a `system`.
[[nodiscard]] inline uncommon_calls& uncommon(system& whose) noexcept {
    uncommon_calls* const own = whose.own_uncommon_calls();
    return own != nullptr ? *own : uncommon_calls_of_machine();
}
[[nodiscard]] inline uncommon_calls& uncommon(const socket_state& of) noexcept { return uncommon(*of.calls); }

[[nodiscard]] inline kind default_kind() noexcept;

/// What the environment's RILL_BACKEND names, else `wanted`. Throws std::system_error for a name that is not here.
[[nodiscard]] inline kind chosen_kind(kind wanted);

/// Makes a reactor, which is the caller's. Throws std::system_error where the system refuses.
[[nodiscard]] inline reactor* make_reactor(kind wanted);

}  // namespace rill::backend::inline RILL_ABI

#if defined(__linux__) && RILL_FOREIGN_KQUEUE
#include "backends_of_linux_with_kqueue.hpp"
#elif defined(__linux__)
#include "backends_of_linux.hpp"
#elif defined(_WIN32)
#include "backends_of_windows.hpp"
#else
#include "backends_of_bsd.hpp"
#endif

// ---- mechanism ----

namespace rill::backend::inline RILL_ABI {

/// The backends that can be chosen here, the default first.
[[nodiscard]] inline auto& available() noexcept { return available_kinds; }

inline kind chosen_kind(kind wanted) {
    char named[64];
    read_environment("RILL_BACKEND", named, sizeof named);
    if (*named == '\0') return wanted;
    char text[200];
    int size = std::snprintf(text, sizeof text, "RILL_BACKEND is '%.40s', and this system has:", named);
    for (const named_kind& each : available_kinds) {
        if (std::strcmp(each.name, named) == 0) return each.which;
        size += std::snprintf(text + size, sizeof text - static_cast<std::size_t>(size), " %s", each.name);
    }
    throw described_error(std::errc::not_supported, text);
}

inline kind default_kind() noexcept { return available_kinds[0].which; }

inline reactor* make_reactor(kind wanted) {
    const kind chosen = chosen_kind(wanted);
    for (const named_kind& each : available_kinds) {
        if (each.which != chosen) continue;
        error why;
        reactor* const made = each.make(machine(), why);
        if (why) throw_error(to_error_code(why), error_origin(each.name));
        return made;
    }
    throw described_error(std::errc::not_supported, "this backend on this system");
}

}  // namespace rill::backend::inline RILL_ABI
