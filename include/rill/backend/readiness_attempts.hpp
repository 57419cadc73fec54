// SPDX-License-Identifier: MIT
#pragma once

// How each verb is tried by a backend of readiness.hpp, and what the answer tells of the socket. Included by it.
//
// An attempt says true when the operation has finished, with its result or its error inside, and false when it would
// block; then it has taken `may_read` or `may_write` away, and waits for an event to bring it back.

#include "readiness.hpp"

namespace rill::backend::inline RILL_ABI {

inline bool readiness_reactor::succeed(operation& each) noexcept {
    each.state = operation_state::done;
    return true;
}

inline bool readiness_reactor::fail(operation& each, error why) noexcept {
    each.failure = why;
    each.peer = each.socket->remote;
    each.state = operation_state::done;
    return true;
}

/// A call failed. False where it would block, and then an edge is waited for; interrupted, it is tried again; else the
/// operation fails.
inline bool readiness_reactor::after_failure(operation& each, unsigned direction) noexcept {
    if (errno == EINTR) return attempts[static_cast<std::size_t>(each.what)](each);
    if (errno == send_says_for_reset && each.socket->carries == transport::stream) errno = ECONNRESET;
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
        // The system tells a reset once, to the direction that asks first. EPIPE is what it tells the others. What is
        // told of one datagram says nothing of the next.
        if (breaks_connection(errno) && !each.socket->broken && each.socket->carries == transport::stream)
            each.socket->broken = last_error();
        return fail(each, last_error());
    }
    readiness_reactor& self = of(each);
    forget(*each.socket, direction);
    if (direction == may_write && each.socket->carries == transport::datagram)
        self.ask_for_room(*each.socket, self.slots_.ticket_of(*each.socket));
    return false;
}

/// Nothing more will come: the end of the stream, unless the connection was broken and the other direction was told.
inline bool readiness_reactor::end(operation& each) noexcept {
    if (each.socket->broken) return fail(each, each.socket->broken);
    each.transfer.done = 0;
    return succeed(each);
}

/// Whether there is more behind a short read all the same.
inline bool readiness_reactor::holds_more(const socket_state& from, std::size_t got) noexcept {
    return (from.readiness & sticky) != 0 || got < from.announced;
}

/// Remembers what a read that did not fail has told of the socket: a short one, that it is empty now.
inline void readiness_reactor::note_read(socket_state& from, std::size_t got, bool was_short) noexcept {
    if (!was_short) return;
    const bool is_plain = (from.readiness & (sticky | counted)) == 0;
    if (is_plain || !holds_more(from, got)) forget(from, may_read);
}

inline bool readiness_reactor::try_recv(operation& each) noexcept {
    const ssize_t got = read_once(each);
    if (got <= 0) [[unlikely]]
        return got < 0 ? after_failure(each, may_read) : end(each);
    each.transfer.done = static_cast<std::size_t>(got);
    note_read(*each.socket, each.transfer.done,
              each.transfer.done < each.transfer.now.size);  // of several, the first is enough to tell
    return succeed(each);
}

inline bool readiness_reactor::try_recv_all(operation& each) noexcept {
    socket_state& from = *each.socket;
    for (;;) {
        const ssize_t got = read_once(each);
        if (got < 0) return after_failure(each, may_read);
        if (got == 0) return each.transfer.done != 0 && !from.broken ? fail(each, end_in_the_middle) : end(each);
        const bool full = advance(each, static_cast<std::size_t>(got));
        note_read(from, static_cast<std::size_t>(got), !full);
        if (full) return succeed(each);
        if ((from.readiness & may_read) == 0) return false;
    }
}

inline bool readiness_reactor::try_recv_lent(operation& each) noexcept {
    lendable_memory& lendable = of(each).lendable_;
    std::byte* const memory = lendable.take();
    if (memory == nullptr) return fail(each, {ENOMEM, error::domain::system});
    each.transfer.now = {memory, lendable_memory::block_bytes};
    const ssize_t got = read_once(each);
    if (got < 0) {
        const int code = errno;
        lendable.give(memory);
        each.lent = {nullptr, 0};
        errno = code;
        return after_failure(each, may_read);
    }
    if (got == 0) {
        lendable.give(memory);
        each.lent = {nullptr, 0};
        return each.socket->broken ? fail(each, each.socket->broken) : succeed(each);
    }
    each.lent = {memory, static_cast<std::size_t>(got)};
    note_read(*each.socket, each.lent.size, each.lent.size < lendable_memory::block_bytes);
    return succeed(each);
}

inline bool readiness_reactor::try_send(operation& each) noexcept {
    const ssize_t put = write_once(each);
    if (put < 0) return after_failure(each, may_write);
    if (!advance(each, static_cast<std::size_t>(put))) forget(*each.socket, may_write);  // the kernel will tell of room
    return succeed(each);
}

inline bool readiness_reactor::try_send_all(operation& each) noexcept {
    const bool is_last = each.more_count == 0;
    const ssize_t put = write_once(each);
    if (is_last && static_cast<std::size_t>(put) == each.transfer.now.size) [[likely]]
        return succeed(each);
    return after_part_of_all(each, put);
}

/// All was not sent: a part was, or the call failed.
inline bool readiness_reactor::after_part_of_all(operation& each, ssize_t put) noexcept {
    if (put < 0) return after_failure(each, may_write);
    if (advance(each, static_cast<std::size_t>(put))) return succeed(each);
    forget(*each.socket, may_write);
    return false;
}

inline bool readiness_reactor::try_readable(operation& each) noexcept { return succeed(each); }  // an event said so

inline bool readiness_reactor::try_connect(operation& each) noexcept {
    error why;
    if (!connect_ended(*each.socket, why)) return false;
    return why ? fail(each, why) : succeed(each);
}

inline bool readiness_reactor::try_accept(operation& each) noexcept {
    readiness_reactor& self = of(each);
    socket_state& from = *each.socket;
    error why;
    switch (accept_once(from, each, why)) {
        case accept_answer::taken:
            self.leave_back_off(each);
            return succeed(each);
        case accept_answer::failed:
            self.leave_back_off(each);
            return fail(each, why);
        case accept_answer::nobody_there:
            forget(from, may_read);
            return false;
        case accept_answer::no_room:
            break;  // somebody is there, and no further event will say so: `may_read` stays
    }
    return self.wait_for_room(each);
}

}  // namespace rill::backend::inline RILL_ABI
