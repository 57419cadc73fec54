// SPDX-License-Identifier: MIT
#pragma once

// How a stream is connected: a socket is opened when the operation starts, and owned by it until it is connected.

#include <tuple>
#include <utility>

#include "socket_operation.hpp"

namespace rill::inline RILL_ABI {

/// What a message shows of where something goes.
[[nodiscard]] inline const backend::socket_address& shown_of(const endpoint& whereto) noexcept {
    return whereto.to_socket_address();
}
/// Tells an operation that connects where to.
inline void aim(backend::operation& each, const endpoint& whereto) noexcept { each.peer = whereto.to_socket_address(); }

/// Gives a `Stream`. `shown_of` and `aim` are found for each kind of endpoint.
template <class Stream, class Endpoint, class... Options>
class [[nodiscard]] connect_operation final : public socket_operation {
    static constexpr backend::verb verb = Stream::connect_verb;

  public:
    connect_operation(const Endpoint& whereto, Options... options) noexcept
        : socket_operation(socket_, verb), whereto_(whereto), options_(options...) {}
    connect_operation(connect_operation&& other) noexcept
        : socket_operation(socket_, verb), whereto_(other.whereto_), options_(std::move(other.options_)) {}

    bool start(branch& on) noexcept {
        if (!on.open()) return on.refuse();
        if (const backend::error failed = open(*on.context)) {
            operation_.failure = failed;
            operation_.peer = shown_of(whereto_);
            return true;
        }
        aim(operation_, whereto_);
        return begin<verb>(on);
    }
    Stream result() {
        throw_if_failed();
        return std::move(socket_);
    }

  private:
    backend::error open(io_context& context) noexcept {
        backend::error failed;
        const backend::socket_address& shown = shown_of(whereto_);
        backend::socket_state* const made =
            context.reactor().calls().open(shown.family, backend::transport::stream, failed);
        if (made == nullptr) return failed;
        socket_ = Stream(made);
        made->remote = shown;  // so that every error names it
        std::apply([&](const Options&... each) { ((failed = failed ? failed : option::set_on(*made, each)), ...); },
                   options_);
        return failed;
    }

    Stream socket_;
    Endpoint whereto_;
    std::tuple<Options...> options_;
};

}  // namespace rill::inline RILL_ABI
