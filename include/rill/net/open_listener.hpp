// SPDX-License-Identifier: MIT
#pragma once

// How every listener is opened: the socket, its options, the name, the backlog, in that order. Whatever fails closes it.

#include <type_traits>

#include "option.hpp"
#include "socket.hpp"

namespace rill::inline RILL_ABI {

/// Opens a listener of this machine, or of what `calls` are. `bind_it(calls, state)` gives it its name, and answers with an error of the backend; it is what the
/// kinds of listeners differ in. Throws std::system_error, told with `origin`.
template <class Listener, class Bind, class... Options>
[[nodiscard]] Listener open_listener(backend::system& calls, family of, const error_origin& origin, Bind bind_it,
                                     const Options&... options) {
    const auto check = [&origin](backend::error failed) {
        if (failed) throw_error(to_error_code(failed), origin);
    };
    backend::error failed;
    backend::socket_state* const made = calls.open(of, backend::transport::stream, failed);
    check(failed);
    Listener listener(made);
    check(calls.prepare_listener(*made));
    int backlog = option::backlog::usual;
    [[maybe_unused]] const auto apply = [&](const auto& each) {
        if constexpr (std::is_same_v<decltype(each), const option::backlog&>) {
            backlog = each.value();
        } else {
            check(option::set_on(*made, each));
        }
    };
    (apply(options), ...);
    check(bind_it(calls, *made));
    check(calls.listen(*made, backlog));
    return listener;
}

}  // namespace rill::inline RILL_ABI
