// SPDX-License-Identifier: MIT
#pragma once

// `datagram_socket`: the verbs of a socket that carries datagrams, which udp_socket and unix_datagram_socket have in
// common. `Endpoint` is what it calls its peers: an endpoint, or a unix_endpoint.
//
// A datagram is sent and received whole, and may be empty. One reader and one writer may be under way at once.
//
// What all operations do: stopped, nothing was taken or sent, and the next one gets the same datagram. Errors, besides
// those that are listed: bad_file_descriptor on a closed socket, operation_canceled when it is closed meanwhile,
// operation_not_permitted on a socket of another io_context, operation_in_progress beside another operation of the same
// direction. What the network told of an earlier datagram (nobody is there: connection_refused on a connected socket) is
// the error of one operation; the socket goes on. Buffers: must live until the `co_await` ends. Thread: that of the
// io_context. Cost: no allocation; one system call where it may succeed at once, and one more if it had to wait.

#include <cstddef>

#include "buffer.hpp"
#include "datagram_operations.hpp"
#include "socket.hpp"

namespace rill::inline RILL_ABI {

template <class Endpoint>
class datagram_socket : public socket {
  public:
    /// Closed, as after a move.
    datagram_socket() noexcept = default;
    explicit datagram_socket(backend::socket_state* open) noexcept : socket(open) {}

    /// Receives a datagram from anyone, or, on a connected socket, from its peer; waits for one.
    ///
    /// Result   `{size, from, truncated}`. What does not fit into the buffers, which are filled in turn, is lost, and
    ///          `truncated` says so. The sender's address may be forged.
    /// Source   recvfrom(2).
    template <writable_buffer... Buffers>
    [[nodiscard]] auto recvfrom(Buffers&&... buffers) noexcept {
        return recvfrom_operation<Endpoint, sizeof...(Buffers)>(*this, {slice_to_fill(buffers)...});
    }
    /// Sends a datagram; waits while there is no room. A socket that is not bound is bound by this.
    ///
    /// Result   how many bytes: all of them.
    /// Errors   message_size: it is longer than can be sent; permission_denied: to a broadcast address, without
    ///          option::broadcast; network_unreachable, host_unreachable. Of Unix sockets: no_such_file_or_directory;
    ///          connection_refused: nobody has that name any more.
    /// Source   sendto(2).
    template <readable_buffer Buffer>
    [[nodiscard]] sendto_operation<Endpoint> sendto(Buffer&& buffer, const Endpoint& to) noexcept {
        return {*this, {slice_to_send(buffer)}, to};
    }
    /// Receives a datagram from the peer of a connected socket.
    ///
    /// Result   how many bytes; 0 is an empty datagram.
    /// Errors   message_size: it did not fit, and what did not is lost; `recvfrom` gives the part that did.
    ///          connection_refused: nobody was there for an earlier one.
    /// Source   recv(2).
    template <writable_buffer... Buffers>
    [[nodiscard]] auto recv(Buffers&&... buffers) noexcept {
        return recv_datagram_operation<sizeof...(Buffers)>(*this, {slice_to_fill(buffers)...});
    }
    /// Sends a datagram of the buffers, which go out in turn, to the peer of a connected socket.
    ///
    /// Result   how many bytes: all of them.
    /// Errors   message_size; destination_address_required (not_connected on some systems) on one that is not connected;
    ///          connection_refused: nobody was there for an earlier one, and this one was not sent.
    /// Source   send(2).
    template <readable_buffer... Buffers>
    [[nodiscard]] auto send(Buffers&&... buffers) noexcept {
        return send_datagram_operation<sizeof...(Buffers)>(*this, {slice_to_send(buffers)...});
    }
    /// Waits until there is a datagram to receive, or an error to be told; takes nothing, needs no buffer.
    [[nodiscard]] readable_operation readable() noexcept { return readable_operation(*this); }
};

}  // namespace rill::inline RILL_ABI
