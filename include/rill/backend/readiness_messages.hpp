// SPDX-License-Identifier: MIT
#pragma once

// How the verbs beyond plain bytes are tried by a backend of readiness.hpp: messages, batches, Unix connections, files.
// Included by it; readiness_attempts.hpp says what an attempt is.
//
// After a datagram there may be another, so `may_read` stays until an attempt would block, or a batch says that it ended
// for want of more.

#include "native_batches.hpp"
#include "posix_messages.hpp"
#include "readiness.hpp"

namespace rill::backend::inline RILL_ABI {

inline bool readiness_reactor::try_closing(operation&) noexcept { return false; }  // nothing but `detach` ends it

/// An error that a batch found behind others was kept for the next that asks.
inline bool readiness_reactor::fails_with_kept_error(operation& each) noexcept {
    socket_state& of = *each.socket;
    if (of.carries != transport::datagram || !of.broken) return false;
    const error kept = of.broken;
    of.broken = {};
    return fail(each, kept);
}

inline bool readiness_reactor::try_recv_message(operation& each) noexcept {
    if (fails_with_kept_error(each)) return true;
    if (receive_message(each) < 0) return after_failure(each, may_read);
    return succeed(each);
}

/// Whether a message to a Unix socket has failed for want of room, said otherwise than by EAGAIN: a datagram whose receiver
/// is full (ENOBUFS: the BSDs, macOS), handles beside bytes of a stream that is full (EMSGSIZE: NetBSD, macOS).
inline bool readiness_reactor::is_full_after_all(const operation& each) noexcept {
    const socket_state& by = *each.socket;
    if (by.addresses != family::local) return false;
    if (by.carries == transport::datagram) return errno == ENOBUFS;
    return errno == EMSGSIZE && each.transfer.about->handle_count != 0;
}

inline bool readiness_reactor::try_send_message(operation& each) noexcept {
    readiness_reactor& self = of(each);
    if (transmit_message(each) >= 0) {
        self.leave_back_off(each);
        return succeed(each);
    }
    if (is_full_after_all(each)) errno = EAGAIN;
    // A Unix datagram socket is always writable, and says nothing when the receiver has room again.
    const bool is_untold = each.socket->addresses == family::local && each.socket->carries == transport::datagram;
    if (is_untold && (errno == EAGAIN || errno == EWOULDBLOCK)) return self.wait_for_room(each);
    self.leave_back_off(each);
    return after_failure(each, may_write);
}

inline bool readiness_reactor::try_recv_messages(operation& each) noexcept {
    if (fails_with_kept_error(each)) return true;
    const int got = receive_batch(*each.socket, each.batch.entries, each.batch.count);
    if (got < 0) return after_failure(each, may_read);
    each.batch.done = static_cast<std::size_t>(got);
    note_read(*each.socket, each.batch.done, batch_empties(each.batch.done, each.batch.count));
    return succeed(each);
}

inline bool readiness_reactor::try_send_messages(operation& each) noexcept {
    const int put = transmit_batch(*each.socket, each.batch.entries, each.batch.count);
    if (put < 0) return after_failure(each, may_write);
    each.batch.done = static_cast<std::size_t>(put);
    return succeed(each);
}

inline bool readiness_reactor::try_connect_unix(operation& each) noexcept {
    readiness_reactor& self = of(each);
    native_address whereto(*each.name);
    each.socket->remote = shown_of(*each.name);
    const bool connected = ::connect(descriptor_of(*each.socket), whereto.data(), whereto.size) == 0;
    if (!connected && errno == EAGAIN) return self.wait_for_room(each);  // the backlog is full, and no event will tell
    self.leave_back_off(each);
    if (connected || errno == EISCONN) return succeed(each);
    if (errno == EINTR) return try_connect_unix(each);
    if (errno == EINPROGRESS || errno == EALREADY) return false;
    return fail(each, last_error());
}

inline bool readiness_reactor::try_send_file(operation& each) noexcept {
    constexpr std::size_t piece_max = 256UL * 1024;  // what may block this thread, since a file always does
    const std::size_t size = each.part.size < piece_max ? each.part.size : piece_max;
    const ssize_t put =
        send_file_piece(descriptor_of(*each.socket), static_cast<int>(each.part.file), each.part.offset, size);
    if (put >= 0) {
        each.part.done = static_cast<std::size_t>(put);
        return succeed(each);
    }
    if (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) return fail(each, {ENOTSUP, error::domain::system});
    return after_failure(each, may_write);
}

}  // namespace rill::backend::inline RILL_ABI
