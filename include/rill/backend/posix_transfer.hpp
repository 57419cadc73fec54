// SPDX-License-Identifier: MIT
#pragma once

// One attempt of each transfer, with the calls of POSIX: what it moved, or why not. Nothing here waits or remembers.
//
// recv(2), readv(2), send(2), sendmsg(2), accept(2), connect(2), poll(2).

#include <errno.h>
#include <poll.h>
#include <sys/uio.h>

#include <cstddef>

#include "posix_system.hpp"
#include "slices_left.hpp"

namespace rill::backend::inline RILL_ABI {

/// One call that reads into, or writes from, all that is left. -1: errno says why.
[[nodiscard]] inline ssize_t read_once(const operation& each) noexcept;
[[nodiscard]] inline ssize_t write_once(const operation& each) noexcept;

/// What became of an attempt to accept.
enum class accept_answer : std::uint8_t { taken, nobody_there, no_room, failed };
[[nodiscard]] inline accept_answer accept_once(const socket_state& from, operation& each, error& why) noexcept;

/// Whether a transfer failed because the connection is over, in both directions. EPIPE says less: only that sending is.
[[nodiscard]] inline bool breaks_connection(int code) noexcept {
    switch (code) {
        case ECONNRESET:
        case ECONNABORTED:
        case ETIMEDOUT:
        case EHOSTUNREACH:
        case ENETUNREACH:
        case ENETDOWN:
        case ENETRESET:
            return true;
        default:
            return false;
    }
}

/// Whether an attempt to connect has come to its end; `why` is zero if that is a good one.
[[nodiscard]] inline bool connect_ended(const socket_state& each, error& why) noexcept;

/// Whether there is something to read or to accept, or the end.
[[nodiscard]] inline bool has_input(const socket_state& each) noexcept {
    pollfd asked{descriptor_of(each), POLLIN, 0};
    return ::poll(&asked, 1, 0) > 0;
}

// ---- mechanism ----

/// What of several slices is left, as the system takes it.
struct pieces_left {
    iovec pieces[slices_max];
    int count = 1;

    explicit pieces_left(const operation& of) noexcept {
        pieces[0] = {of.transfer.now.data, of.transfer.now.size};
        for (std::uint32_t index = 0; index < of.more_count; ++index)
            pieces[count++] = {of.transfer.more[index].data, of.transfer.more[index].size};
    }
};

RILL_COLD inline ssize_t read_pieces(const operation& each) noexcept {
    const pieces_left left(each);
    return ::readv(descriptor_of(*each.socket), left.pieces, left.count);
}

RILL_COLD inline ssize_t write_pieces(const operation& each) noexcept {
    pieces_left left(each);
    msghdr message{};
    message.msg_iov = left.pieces;
    message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(left.count);
    return ::sendmsg(descriptor_of(*each.socket), &message, send_flags);
}

inline ssize_t read_once(const operation& each) noexcept {
    if (each.more_count != 0) [[unlikely]]
        return read_pieces(each);
    return ::recv(descriptor_of(*each.socket), each.transfer.now.data, each.transfer.now.size, 0);
}

inline ssize_t write_once(const operation& each) noexcept {
    if (each.more_count != 0) [[unlikely]]
        return write_pieces(each);
    return ::send(descriptor_of(*each.socket), each.transfer.now.data, each.transfer.now.size, send_flags);
}

/// accept(2) hands on what the network did to the connection before it was taken: that is the peer's affair, and the
/// next connection is as good as any. A full table or no memory is ours, and passes.
inline accept_answer accept_once(const socket_state& from, operation& each, error& why) noexcept {
    socket_state* const room =
        make_socket_state(from.addresses, transport::stream, *from.calls, why);  // first: no connection gets lost
    if (room == nullptr) return accept_answer::no_room;
    native_address peer;
    int skips =
        16;  // and then others have their turn: what skips for ever, such as a filter of calls, must not stop the loop
    do {
        peer.size = sizeof peer.storage;
        room->handle = next_connection(descriptor_of(from), peer.data(), &peer.size);
    } while (room->handle < 0 && accept_skips(errno) && --skips != 0);
    if (room->handle >= 0) {
        room->remote = peer.get();
        each.accepted = room;
        return accept_answer::taken;
    }
    why = last_error();
    end_socket_state(room);
    if (skips == 0) return accept_answer::no_room;
    switch (why.code) {
        case EAGAIN:
            return accept_answer::nobody_there;
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
            return accept_answer::no_room;
        default:
            return accept_answer::failed;
    }
}

inline bool connect_ended(const socket_state& each, error& why) noexcept {
    int code = 0;
    socklen_t size = sizeof code;
    if (::getsockopt(descriptor_of(each), SOL_SOCKET, SO_ERROR, &code, &size) < 0) code = errno;
    if (code != 0) {
        why = {code, error::domain::system};
        return true;
    }
    native_address peer;  // no error is no connection yet: an event may have been about something else
    return ::getpeername(descriptor_of(each), peer.data(), &peer.size) == 0;
}

}  // namespace rill::backend::inline RILL_ABI
