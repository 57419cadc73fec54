// SPDX-License-Identifier: MIT
#pragma once

// One attempt of each transfer, with the calls of POSIX: what it moved, or why not. Nothing here waits or remembers.
//
// recv(2), readv(2), send(2), sendmsg(2), accept(2), connect(2), poll(2). EINTR is tried again everywhere.

#include <errno.h>
#include <poll.h>
#include <sys/uio.h>

#include <cstddef>

#include "posix_system.hpp"

namespace rill::backend::inline RILL_ABI {

/// What a read or a write came to: `moved` bytes of those that were `asked`, which is all that is left; -1 with errno set.
struct transfer {
    ssize_t moved;
    std::size_t asked;

    [[nodiscard]] bool failed() const noexcept { return moved < 0; }
    [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(moved); }
    [[nodiscard]] bool short_of() const noexcept { return size() < asked; }
};

[[nodiscard]] inline transfer read_once(const socket_state& from, const operation::buffers& to) noexcept;
[[nodiscard]] inline transfer write_once(const socket_state& to, const operation::buffers& from) noexcept;

/// What became of an attempt to accept.
enum class accept_answer : std::uint8_t { taken, nobody_there, no_room, failed };
[[nodiscard]] inline accept_answer accept_once(const socket_state& from, operation& each, error& why) noexcept;

/// Whether an attempt to connect has come to its end; `why` is zero if that is a good one.
[[nodiscard]] inline bool connect_ended(const socket_state& each, error& why) noexcept;

/// Whether there is something to read or to accept, or the end.
[[nodiscard]] inline bool has_input(const socket_state& each) noexcept {
    pollfd asked{descriptor_of(each), POLLIN, 0};
    return ::poll(&asked, 1, 0) > 0;
}

// ---- mechanism ----

/// Repeats a call that a signal has interrupted.
template <class Call>
ssize_t uninterrupted(Call call) noexcept {
    for (;;) {
        const ssize_t answer = call();
        if (answer >= 0 || errno != EINTR) [[likely]]
            return answer;
    }
}

/// What of several slices is left, as the system takes it.
struct pieces_left {
    iovec pieces[slices_max];
    int count = 0;
    std::size_t bytes = 0;

    explicit pieces_left(const operation::buffers& of) noexcept {
        std::size_t skip = of.done;
        for (std::uint32_t index = 0; index < of.count; ++index) {
            const slice& each = of.slices[index];
            if (skip >= each.size) {
                skip -= each.size;
                continue;
            }
            pieces[count++] = {each.data + skip, each.size - skip};
            bytes += each.size - skip;
            skip = 0;
        }
    }
};

RILL_COLD inline transfer read_pieces(int descriptor, const operation::buffers& to) noexcept {
    const pieces_left left(to);
    return {uninterrupted([&] { return ::readv(descriptor, left.pieces, left.count); }), left.bytes};
}

RILL_COLD inline transfer write_pieces(int descriptor, const operation::buffers& from) noexcept {
    pieces_left left(from);
    msghdr message{};
    message.msg_iov = left.pieces;
    message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(left.count);
    return {uninterrupted([&] { return ::sendmsg(descriptor, &message, send_flags); }), left.bytes};
}

inline transfer read_once(const socket_state& from, const operation::buffers& to) noexcept {
    const int descriptor = descriptor_of(from);
    if (to.count != 1) [[unlikely]]
        return read_pieces(descriptor, to);
    std::byte* const begin = to.slices->data + to.done;
    const std::size_t asked = to.slices->size - to.done;
    return {uninterrupted([=] { return ::recv(descriptor, begin, asked, 0); }), asked};
}

inline transfer write_once(const socket_state& to, const operation::buffers& from) noexcept {
    const int descriptor = descriptor_of(to);
    if (from.count != 1) [[unlikely]]
        return write_pieces(descriptor, from);
    const std::byte* const begin = from.slices->data + from.done;
    const std::size_t asked = from.slices->size - from.done;
    return {uninterrupted([=] { return ::send(descriptor, begin, asked, send_flags); }), asked};
}

/// accept(2) hands on what the network did to the connection before it was taken: that is the peer's affair, and the
/// next connection is as good as any. A full table or no memory is ours, and passes.
inline accept_answer accept_once(const socket_state& from, operation& each, error& why) noexcept {
    for (;;) {
        native_address peer;
        const int descriptor = next_connection(descriptor_of(from), peer.data(), &peer.size);
        if (descriptor >= 0) {
            each.accepted = make_socket_state(descriptor, from.addresses, *from.calls, why);
            if (each.accepted == nullptr) return accept_answer::no_room;
            each.accepted->remote = peer.get();
            return accept_answer::taken;
        }
        if (accept_skips(errno)) continue;
        switch (errno) {
            case EAGAIN:
                return accept_answer::nobody_there;
            case EMFILE:
            case ENFILE:
            case ENOBUFS:
            case ENOMEM:
                return accept_answer::no_room;
            default:
                why = last_error();
                return accept_answer::failed;
        }
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
