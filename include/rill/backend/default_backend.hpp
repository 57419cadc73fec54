// SPDX-License-Identifier: MIT
#pragma once

// Which backends this system has, and which one an io_context gets. The only file that chooses a backend.

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "../core/error.hpp"
#include "contract.hpp"

namespace rill::backend::inline RILL_ABI {

struct named_kind {
    const char* name;
    kind which;
};

/// The backends that can be chosen here, the default first.
inline constexpr named_kind available_kinds[] = {{"epoll", epoll}};
[[nodiscard]] inline auto& available() noexcept { return available_kinds; }

/// The plain calls of this machine.
inline system& machine() noexcept;

/// Makes an epoll reactor; null, with `why` set, if the system refuses.
[[nodiscard]] inline reactor* make_epoll(system& calls, error& why);

/// What the environment's RILL_BACKEND names, else `wanted`. Throws std::system_error for a name that is not here.
[[nodiscard]] inline kind chosen_kind(kind wanted) {
    const char* const named = std::getenv("RILL_BACKEND");  // NOLINT(concurrency-mt-unsafe): nobody here writes to it
    if (named == nullptr || *named == '\0') return wanted;
    char text[200];
    int size = std::snprintf(text, sizeof text, "RILL_BACKEND is '%.40s', and this system has:", named);
    for (const named_kind& each : available_kinds) {
        if (std::strcmp(each.name, named) == 0) return each.which;
        size += std::snprintf(text + size, sizeof text - static_cast<std::size_t>(size), " %s", each.name);
    }
    throw described_error(std::errc::not_supported, text);
}

[[nodiscard]] inline kind default_kind() noexcept { return available_kinds[0].which; }

/// Makes a reactor, which is the caller's. Throws std::system_error where the system refuses.
[[nodiscard]] inline reactor* make_reactor(kind wanted) {
    if (chosen_kind(wanted) != epoll) throw described_error(std::errc::not_supported, "this backend on this system");
    error why;
    reactor* const made = make_epoll(machine(), why);
    if (why) throw_error(to_error_code(why), error_origin("epoll"));
    return made;
}

}  // namespace rill::backend::inline RILL_ABI

#include "epoll.hpp"
