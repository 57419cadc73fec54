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

/// What a read or a write of `asked` bytes came to: `moved` of them, or -1 with errno set.
struct transfer {
    ssize_t moved;
    std::size_t asked;
};

[[nodiscard]] inline transfer read_once(const socket_state& from, const operation& each) noexcept;
[[nodiscard]] inline transfer write_once(const socket_state& to, const operation& each) noexcept;

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

inline constexpr std::size_t pieces_a_call = 16;

/// Repeats a call that a signal has interrupted.
template <class Call>
ssize_t uninterrupted(Call call) noexcept {
    for (;;) {
        const ssize_t answer = call();
        if (answer >= 0 || errno != EINTR) [[likely]]
            return answer;
    }
}

/// What of the slices is still wanted, as the system takes it; how many pieces, and how many bytes in all.
inline std::size_t wanted_pieces(const operation& each, iovec (&to)[pieces_a_call], std::size_t& asked) noexcept {
    std::size_t skip = each.done;
    std::size_t count = 0;
    asked = 0;
    for (const slice *from = each.slices, *end = from + each.slice_count; from != end && count < pieces_a_call;
         ++from) {
        if (skip >= from->size) {
            skip -= from->size;
            continue;
        }
        to[count++] = {from->data + skip, from->size - skip};
        asked += from->size - skip;
        skip = 0;
    }
    return count;
}

inline transfer read_once(const socket_state& from, const operation& each) noexcept {
    const int descriptor = descriptor_of(from);
    if (each.slice_count == 1) [[likely]] {
        const slice& only = *each.slices;
        const std::size_t asked = only.size - each.done;
        return {uninterrupted([&] { return ::recv(descriptor, only.data + each.done, asked, 0); }), asked};
    }
    iovec pieces[pieces_a_call];
    std::size_t asked = 0;
    const auto count = static_cast<int>(wanted_pieces(each, pieces, asked));
    return {uninterrupted([&] { return ::readv(descriptor, pieces, count); }), asked};
}

inline transfer write_once(const socket_state& to, const operation& each) noexcept {
    const int descriptor = descriptor_of(to);
    if (each.slice_count == 1) [[likely]] {
        const slice& only = *each.slices;
        const std::size_t asked = only.size - each.done;
        return {uninterrupted([&] { return ::send(descriptor, only.data + each.done, asked, send_flags); }), asked};
    }
    iovec pieces[pieces_a_call];
    std::size_t asked = 0;
    msghdr message{};
    message.msg_iov = pieces;
    message.msg_iovlen = wanted_pieces(each, pieces, asked);
    return {uninterrupted([&] { return ::sendmsg(descriptor, &message, send_flags); }), asked};
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
