// SPDX-License-Identifier: MIT
#pragma once

// `tcp_stream`: a TCP connection. Connect it, or accept it (tcp_listener.hpp); then recv, send, shutdown_send, close.
//
// The verbs, and what they promise, are those of every stream: stream_socket.hpp.
//
//     auto stream = co_await rill::tcp_stream::connect({"127.0.0.1", 13333});
//     co_await stream.send_all("hello");

#include "connect_operation.hpp"
#include "stream_socket.hpp"

namespace rill::inline RILL_ABI {

class tcp_stream : public stream_socket {
  public:
    /// Closed, as after a move.
    tcp_stream() noexcept = default;
    /// Of what a backend has opened, which it owns.
    explicit tcp_stream(backend::socket_state* open) noexcept : stream_socket(open) {}

    /// Connects to an endpoint, with options that are set before; gives the stream.
    ///
    /// Stopped  the attempt is given up, its socket closed.
    /// Errors   connection_refused, timed_out (of the system), network_unreachable, host_unreachable, too_many_files_open.
    /// Source   connect(2); RFC 9293, 3.9.1.1.
    template <socket_option... Options>
    [[nodiscard]] static connect_operation<tcp_stream, endpoint, Options...> connect(const endpoint& whereto,
                                                                                     Options... options) noexcept;

    /// Takes over a connected socket of the system, and closes it from now on. Throws std::system_error, and then it stays
    /// the caller's: wrong_protocol_type for one of datagrams, address_family_not_supported for a Unix socket.
    [[nodiscard]] static tcp_stream adopt(std::intptr_t native) {
        return tcp_stream(adopt_handle(native, backend::transport::stream, false));
    }

    /// For connect_operation.
    static constexpr backend::verb connect_verb = backend::verb::connect;

    /// The peer, as it was when the connection was made.
    [[nodiscard]] endpoint remote_endpoint() const { return endpoint(open_state("remote_endpoint").remote); }
};

// ---- mechanism ----

template <socket_option... Options>
connect_operation<tcp_stream, endpoint, Options...> tcp_stream::connect(const endpoint& whereto,
                                                                        Options... options) noexcept {
    return {whereto, options...};
}

}  // namespace rill::inline RILL_ABI
