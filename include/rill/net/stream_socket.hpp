// SPDX-License-Identifier: MIT
#pragma once

// `stream_socket`: the verbs of a connection that carries bytes, which tcp_stream and unix_stream have in common.
//
// One reader and one writer may be under way at once; a second reader gets an error and does not disturb the first.
// The two directions end separately: `shutdown_send` says that no more comes from here, `recv` that gives 0 that no more
// comes from there. Lines and other framing: line_reader.hpp. It never buffers anything.
//
// What all operations do: stopped, they took nothing, unless said otherwise. Errors, besides those that are listed:
// bad_file_descriptor on a closed stream, operation_canceled when it is closed meanwhile, operation_not_permitted on a
// stream of another io_context, operation_in_progress beside another operation of the same direction, connection_reset
// when the peer gave up. Thread: that of the io_context. Cost: no allocation; one system call where it may succeed at
// once, and one more if it had to wait.

#include <cstddef>

#include "buffer.hpp"
#include "socket.hpp"
#include "stream_operations.hpp"

namespace rill::inline RILL_ABI {

class stream_socket : public socket {
  public:
    /// Closed, as after a move.
    stream_socket() noexcept = default;
    explicit stream_socket(backend::socket_state* open) noexcept : socket(open) {}

    /// Receives what has arrived, up to the size of the buffers, which are filled in turn; waits if nothing has.
    ///
    /// Result   how many bytes; 0 only when the peer has sent all it ever will. A short count is normal.
    /// Errors   invalid_argument for an empty buffer: 0 shall mean one thing.
    /// Source   recv(2); RFC 9293, 3.9.1.
    template <writable_buffer... Buffers>
    [[nodiscard]] auto recv(Buffers&&... buffers) noexcept {
        return recv_operation<sizeof...(Buffers)>(*this, {slice_to_fill(buffers)...});
    }
    /// Fills the buffers.
    ///
    /// Stopped  what had arrived by then is in the buffers, and how much that is is not known: the stream can't be used on.
    /// Errors   errc::end_of_stream if the peer closes before they are full.
    template <writable_buffer... Buffers>
    [[nodiscard]] auto recv_exactly(Buffers&&... buffers) noexcept {
        return filling_operation<sizeof...(Buffers), false>(*this, {slice_to_fill(buffers)...});
    }
    /// As recv_exactly, but the end of the stream before the first byte is no error: gives false then, else true.
    template <writable_buffer... Buffers>
    [[nodiscard]] auto recv_exactly_or_end(Buffers&&... buffers) noexcept {
        return filling_operation<sizeof...(Buffers), true>(*this, {slice_to_fill(buffers)...});
    }
    /// Receives into memory that is lent for it: an idle connection holds none. Gives it as a `lent_buffer`, empty at
    /// the end of the stream.
    ///
    /// Errors   not_enough_memory
    [[nodiscard]] recv_lent_operation recv_lent() noexcept { return recv_lent_operation(*this); }
    /// Waits until there is something to receive, or the end; takes nothing, needs no buffer.
    [[nodiscard]] readable_operation readable() noexcept { return readable_operation(*this); }

    /// Sends at least one byte of the buffers, which go out in turn as one write; waits while there is no room.
    ///
    /// Result   how many bytes the system took; 0 only for nothing.
    /// Errors   broken_pipe after shutdown_send, or when the peer has closed; never a signal.
    /// Source   send(2).
    template <readable_buffer... Buffers>
    [[nodiscard]] auto send(Buffers&&... buffers) noexcept {
        return send_operation<sizeof...(Buffers)>(*this, {slice_to_send(buffers)...});
    }
    /// Sends all of the buffers.
    ///
    /// Stopped  a part may be out, and how much is not known: the stream can't be used on. So it is after an error.
    template <readable_buffer... Buffers>
    [[nodiscard]] auto send_all(Buffers&&... buffers) noexcept {
        return send_all_operation<sizeof...(Buffers)>(*this, {slice_to_send(buffers)...});
    }

    /// Tells the peer that no more will come; what was sent before arrives first, and receiving goes on. Twice is once.
    /// Throws std::system_error: not_connected when the peer has reset the connection.
    void shutdown_send() {
        backend::socket_state& mine = open_state("shutdown_send");
        if (mine.end_sent) return;
        throw_if(backend::uncommon(mine).shutdown(mine, backend::shutdown_direction::send), "shutdown_send");
        mine.end_sent = true;
    }
};

}  // namespace rill::inline RILL_ABI
