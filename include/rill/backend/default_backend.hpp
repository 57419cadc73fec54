// SPDX-License-Identifier: MIT
#pragma once

// Which backends this system has, and which one an io_context gets. The only file that chooses a backend.

#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "epoll.hpp"

namespace rill::backend::inline RILL_ABI {

struct named_kind {
    std::string_view name;
    kind which;
};

/// The backends that can be chosen here, the default first.
[[nodiscard]] inline std::span<const named_kind> available() noexcept {
    static constexpr named_kind kinds[] = {{"epoll", epoll}};
    return kinds;
}

/// The plain calls of this machine.
[[nodiscard]] RILL_VISIBLE inline system& machine() noexcept {
    static posix_system calls;
    return calls;
}

/// What the environment's RILL_BACKEND names, else `wanted`. Throws std::system_error for a name that is not here.
[[nodiscard]] inline kind chosen_kind(kind wanted) {
    const char* const named = std::getenv("RILL_BACKEND");
    if (named == nullptr || *named == '\0') return wanted;
    std::string known;
    for (const named_kind& each : available()) {
        if (each.name == named) return each.which;
        known.append(" ").append(each.name);
    }
    throw std::system_error(std::make_error_code(std::errc::not_supported),
                            "RILL_BACKEND names '" + std::string(named) + "', and this system has:" + known);
}

[[nodiscard]] inline kind default_kind() { return available().front().which; }

/// Makes a reactor. Throws std::system_error where the system refuses.
[[nodiscard]] inline std::unique_ptr<reactor> make_reactor(kind wanted) {
    const kind which = chosen_kind(wanted);
    if (which != epoll) {
        throw std::system_error(std::make_error_code(std::errc::not_supported), "this backend is not on this system");
    }
    error why;
    std::unique_ptr<reactor> made = std::make_unique<epoll_reactor>(machine(), why);
    if (why) throw std::system_error(why.code, std::system_category(), "epoll");
    return made;
}

}  // namespace rill::backend::inline RILL_ABI
