// SPDX-License-Identifier: MIT
#pragma once

// `unix_stream`: a connection on this machine, by path. Connect it, accept it (unix_listener.hpp), or make two ends at
// once with `socket_pair`; then the verbs of every stream (stream_socket.hpp).
//
//     auto stream = co_await rill::unix_stream::connect("/run/service.sock");
//     co_await stream.send_all("hello");
//
// Open files and sockets can be passed on with the bytes, where the system can do that: passed_handles.hpp.

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <type_traits>
#include <utility>

#include "connect_operation.hpp"
#include "passed_handles.hpp"
#include "stream_socket.hpp"
#include "unix_endpoint.hpp"

namespace rill::inline RILL_ABI {

class unix_stream : public stream_socket {
  public:
    /// Closed, as after a move.
    unix_stream() noexcept = default;
    /// Of what a backend has opened, which it owns.
    explicit unix_stream(backend::socket_state* open) noexcept : stream_socket(open) {}

    /// Connects to a listener; waits while its backlog is full, where the system lets one (Linux; on the BSDs and macOS it
    /// is connection_refused, as where nobody listens).
    ///
    /// Stopped  the attempt is given up, its socket closed.
    /// Errors   no_such_file_or_directory: nobody has bound that; connection_refused: nobody listens there any more;
    ///          wrong_protocol_type: a datagram socket is there; permission_denied; address_family_not_supported: a system
    ///          without Unix sockets.
    /// Source   connect(2), unix(7).
    template <socket_option... Options>
    [[nodiscard]] static connect_operation<unix_stream, unix_endpoint, Options...> connect(
        const unix_endpoint& whereto, Options... options) noexcept {
        return {whereto, options...};
    }
    /// For connect_operation.
    static constexpr backend::verb connect_verb = backend::verb::connect_unix;

    /// Takes over a connected Unix socket of the system, and closes it from now on. Throws std::system_error, and then it
    /// stays the caller's.
    [[nodiscard]] static unix_stream adopt(std::intptr_t native) {
        return unix_stream(adopt_handle(native, backend::transport::stream, true));
    }

    /// The name that it is bound to, and that of the peer: of clients usually none. Throws std::system_error.
    [[nodiscard]] unix_endpoint local_endpoint() const { return name_of(*this, backend::side::local); }
    [[nodiscard]] unix_endpoint remote_endpoint() const { return name_of(*this, backend::side::remote); }

    /// Sends at least one byte of the buffers, and handles with the first of them: 1 to 16 handles, any range of
    /// `std::intptr_t`. The peer gets copies; these here stay the caller's, and open, until this has completed.
    ///
    /// Result   how many bytes the system took.
    /// Errors   invalid_argument without a byte or a handle, or for more than 16; bad_file_descriptor for one that is no
    ///          open handle; not_supported where the system can't pass any.
    /// Source   unix(7), SCM_RIGHTS.
    template <class Handles, readable_buffer... Buffers>
    [[nodiscard]] auto send_with_handles(const Handles& handles, Buffers&&... buffers) noexcept {
        return send_handles_operation<sizeof...(Buffers)>(*this, std::data(handles), std::size(handles),
                                                          {slice_to_send(buffers)...});
    }
    /// Receives as `recv`, and what handles come with the bytes into `handles`, a range of owned_handle; at most 16.
    ///
    /// Result   `{size, handles, truncated}`: how many bytes, 0 only at the end of the stream; how many handles; whether
    ///          more came than there was room for, and those are closed. A plain `recv` closes all that come.
    /// Stopped  nothing was taken. Handles that were are delivered, or closed with this operation: none leaks.
    template <class Handles, writable_buffer... Buffers>
    [[nodiscard]] auto recv_with_handles(Handles&& handles, Buffers&&... buffers) noexcept {
        return recv_handles_operation<sizeof...(Buffers)>(*this, std::data(handles), std::size(handles),
                                                          {slice_to_fill(buffers)...});
    }
};

/// Two sockets of one kind that are connected to each other and have no name: `unix_stream`, or `unix_datagram_socket`.
/// Throws std::system_error; not_supported on Windows, which makes no pairs.
template <class Socket = unix_stream>
[[nodiscard]] std::pair<Socket, Socket> socket_pair() {
    backend::socket_state *one = nullptr, *other = nullptr;
    backend::system& calls = running_context != nullptr ? running_context->reactor().calls() : backend::machine();
    constexpr auto carries =
        std::is_base_of_v<stream_socket, Socket> ? backend::transport::stream : backend::transport::datagram;
    if (const backend::error failed = backend::uncommon(calls).open_pair(carries, one, other))
        throw_error(to_error_code(failed), error_origin("socket_pair"));
    return {Socket(one), Socket(other)};
}

/// Tells an operation that connects where to.
inline void aim(backend::operation& each, const unix_endpoint& whereto) noexcept {
    each.name = &whereto.to_unix_name();
}

}  // namespace rill::inline RILL_ABI
