// SPDX-License-Identifier: MIT
#pragma once

// `tcp_listener`: a bound address that clients connect to. Bind it, accept from it, or hand it to `serve`.
//
//     auto listener = rill::tcp_listener::bind({"127.0.0.1", 13333});
//     rill::tcp_stream client = co_await listener.accept();

#include "accept_operation.hpp"
#include "open_listener.hpp"
#include "tcp_stream.hpp"

namespace rill::inline RILL_ABI {

class tcp_listener : public socket {
  public:
    /// Closed, as after a move.
    tcp_listener() noexcept = default;
    /// Of what a backend has opened, which it owns.
    explicit tcp_listener(backend::socket_state* open) noexcept : socket(open) {}

    /// Binds and listens; port 0 lets the system choose one (`local_endpoint` tells). Options: `reuse_address` (on where
    /// that is safe), `reuse_port`, `v6_only` (on), `backlog`, and those of the connections that inherit them.
    ///
    /// Errors   std::system_error: address_in_use, permission_denied, address_not_available.
    /// Source   bind(2), listen(2).
    template <class... Options>
    [[nodiscard]] static tcp_listener bind(const endpoint& where, Options... options);

    /// Takes over a listening socket of the system. Throws std::system_error, and then it stays the caller's.
    [[nodiscard]] static tcp_listener adopt(std::intptr_t native) {
        return tcp_listener(adopt_handle(native, backend::transport::stream, false));
    }

    /// Waits for the next connection, and gives it as a tcp_stream that knows its remote_endpoint().
    ///
    /// Stopped  no connection was taken. One that was taken before the stop is delivered instead.
    /// Errors   bad_file_descriptor: closed before; operation_canceled: closed meanwhile; operation_in_progress: another
    ///          accept waits. Never what a peer did (connections that were given up are skipped), nor a full table of
    ///          descriptors or memory: it waits until there is room, and the clients wait in the backlog.
    /// Thread   that of its io_context. The stream joins the context that first uses it: `on(context, session(std::move(client)))`
    ///          hands it to another thread. One that has been in use moves by `release` here and `adopt` there.
    /// Source   accept(2).
    [[nodiscard]] accept_operation<tcp_stream> accept() noexcept { return accept_operation<tcp_stream>(*this); }
};

// ---- mechanism ----

template <class... Options>
tcp_listener tcp_listener::bind(const endpoint& where, Options... options) {
    const backend::socket_address address = where.to_socket_address();
    return open_listener<tcp_listener>(
        calls_here(), address.family, error_origin("bind", &append_address, address),
        [&address](backend::system& calls, backend::socket_state& made) {
            if (const backend::error failed = calls.bind(made, address)) return failed;
            return calls.local_address(made, made.remote);  // a listener's errors name its own address
        },
        options...);
}

}  // namespace rill::inline RILL_ABI
