// SPDX-License-Identifier: MIT
#pragma once

// How each verb is called by iocp.hpp, and how its outcome, at once or in a packet, is taken in: those of streams, and the
// tables of all. Included by it.
//
// A call says that a packet will come, or what happened at once. Taking in says true when the operation has finished,
// with its result or its error inside, and false when there is more to do: then the next call is made, or the
// operation leaves if it was asked to. What moved bytes or took a connection has its result, whatever else was said.

#include "iocp.hpp"

namespace rill::backend::inline RILL_ABI {

// ---- the kernel's place in an operation ----

static_assert(sizeof(kernel_room::overlapped) == sizeof(OVERLAPPED));
static_assert(alignof(kernel_room::overlapped) == alignof(OVERLAPPED));
static_assert(std::is_standard_layout_v<operation>);

inline OVERLAPPED* iocp_reactor::overlapped_of(operation& each) noexcept {
    return reinterpret_cast<OVERLAPPED*>(&each.room.place);
}
inline operation& iocp_reactor::operation_of(OVERLAPPED* place) noexcept {
    return *reinterpret_cast<operation*>(reinterpret_cast<std::byte*>(place) - offsetof(operation, room) -
                                         offsetof(kernel_room, place));
}

/// Of a call that has just been made.
inline iocp_reactor::outcome iocp_reactor::outcome_of(const operation& each, int answer, DWORD bytes) noexcept {
    if (answer == 0) return {(each.socket->readiness & tells_at_once) == 0, bytes};
    const error why = last_socket_error();
    // Of a datagram that is cut short the system only warns, and sends the packet; one too long to be sent is an error.
    if (why.code == WSAEMSGSIZE) return {!is_output(each.what), 0, why};
    return {why.code == WSA_IO_PENDING, 0, why};
}

// ---- results ----

inline bool iocp_reactor::succeed(operation& each) noexcept {
    each.state = operation_state::done;
    return true;
}

inline bool iocp_reactor::fail(operation& each, error why) noexcept {
    let_room_go(each);
    each.failure = why;
    each.peer = each.socket->remote;
    each.state = operation_state::done;
    return true;
}

/// Nothing more will come: the end of the stream, unless the connection was broken and the other direction was told.
inline bool iocp_reactor::end(operation& each) noexcept {
    if (each.socket->broken) return fail(each, each.socket->broken);
    each.transfer.done = 0;
    return succeed(each);
}

/// It was asked to leave, and got nothing.
inline bool iocp_reactor::leave(operation& each) noexcept {
    fail(each, {ERROR_OPERATION_ABORTED, error::domain::system});
    if (each.room.stopping) each.state = operation_state::stopped;
    return true;
}

inline bool iocp_reactor::after_failure(operation& each, error why) noexcept {
    const bool left = each.state == operation_state::leaving;
    if (left && (why.code == WSA_OPERATION_ABORTED || !each.room.stopping)) return leave(each);
    socket_state& of = *each.socket;
    if (breaks_connection(why) && of.carries == transport::stream) {
        // A reset is told once, to the direction that asks first: then there is nobody to send to, as elsewhere.
        if (of.broken && is_output(each.what)) return fail(each, {ERROR_BROKEN_PIPE, error::domain::system});
        if (!of.broken) of.broken = why;
    }
    return fail(each, why);
}

// ---- transfers ----

inline iocp_reactor::outcome iocp_reactor::receive(operation& each, WSABUF* pieces, DWORD count, DWORD flags) noexcept {
    DWORD bytes = 0;
    OVERLAPPED* const place = ::new (overlapped_of(each)) OVERLAPPED{};
    const int answer = ::WSARecv(native_socket_of(*each.socket), pieces, count, &bytes, &flags, place, nullptr);
    return outcome_of(each, answer, bytes);
}

inline iocp_reactor::outcome iocp_reactor::call_recv(operation& each) noexcept {
    pieces_left left(each);
    return receive(each, left.pieces, left.count);
}

inline bool iocp_reactor::take_recv(operation& each, const outcome& got) noexcept {
    if (got.bytes == 0) return got.why ? after_failure(each, got.why) : end(each);
    each.transfer.done = got.bytes;
    return succeed(each);
}

inline bool iocp_reactor::take_recv_all(operation& each, const outcome& got) noexcept {
    if (got.bytes != 0) return advance(each, got.bytes) && succeed(each);
    if (got.why) return after_failure(each, got.why);
    return each.transfer.done != 0 && !each.socket->broken ? fail(each, end_in_the_middle) : end(each);
}

/// An operation without a buffer: the kernel says when there is something to receive, or the end.
inline iocp_reactor::outcome iocp_reactor::call_readable(operation& each) noexcept {
    const DWORD flags = each.socket->carries == transport::stream ? 0 : MSG_PEEK;
    for (;;) {
        WSABUF nothing{0, nullptr};
        const outcome now = receive(each, &nothing, 1, flags);
        if (now.pending || !is_bound_now(*each.socket, now.why)) return now;
    }
}

inline bool iocp_reactor::take_readable(operation& each, const outcome& got) noexcept {
    if (!got.why || got.why.code == WSAEMSGSIZE) return succeed(each);  // a datagram, for which there was no room
    if (!breaks_connection(got.why) || each.socket->carries == transport::datagram) return after_failure(each, got.why);
    if (!each.socket->broken) each.socket->broken = got.why;  // for the recv that comes next: this takes nothing
    return succeed(each);
}

/// First without a buffer, so that an idle connection holds none; then with one that is lent.
inline iocp_reactor::outcome iocp_reactor::call_recv_lent(operation& each) noexcept {
    if (each.lent.memory == nullptr) return call_readable(each);
    WSABUF whole{lendable_memory::block_bytes, reinterpret_cast<CHAR*>(each.lent.memory)};
    return receive(each, &whole, 1);
}

inline bool iocp_reactor::take_recv_lent(operation& each, const outcome& got) noexcept {
    if (got.bytes == 0 && got.why) return after_failure(each, got.why);
    if (each.lent.memory == nullptr) {
        if (each.state == operation_state::leaving) return false;
        std::byte* const memory = of(each).lendable_.take();
        if (memory == nullptr) return fail(each, {ENOMEM, error::domain::generic});
        each.lent = {memory, 0};
        return false;
    }
    each.lent.size = got.bytes;
    if (got.bytes != 0) return succeed(each);
    let_room_go(each);
    return each.socket->broken ? fail(each, each.socket->broken) : succeed(each);
}

/// The kernel finishes when it has taken everything; `send` shall not wait for all of a large buffer.
inline iocp_reactor::outcome iocp_reactor::call_send(operation& each) noexcept {
    constexpr std::size_t once = 256UL * 1024;
    pieces_left left(each, each.what == verb::send ? once : pieces_left::size_max);
    DWORD bytes = 0;
    OVERLAPPED* const place = ::new (overlapped_of(each)) OVERLAPPED{};
    const int answer = ::WSASend(native_socket_of(*each.socket), left.pieces, left.count, &bytes, 0, place, nullptr);
    return outcome_of(each, answer, bytes);
}

inline bool iocp_reactor::take_send(operation& each, const outcome& got) noexcept {
    if (got.bytes == 0 && got.why) return after_failure(each, got.why);
    each.transfer.done = got.bytes;
    return succeed(each);
}

inline bool iocp_reactor::take_send_all(operation& each, const outcome& got) noexcept {
    if (advance(each, got.bytes)) return succeed(each);
    return got.why ? after_failure(each, got.why) : false;
}

// ---- which verb does what ----

inline bool iocp_reactor::is_output(verb what) noexcept {
    switch (what) {
        case verb::connect:
        case verb::send:
        case verb::send_all:
        case verb::send_message:
        case verb::send_messages:
        case verb::connect_unix:
        case verb::send_file:
        case verb::closing:  // beside an accept
            return true;
        default:
            return false;
    }
}

inline const reactor::starter iocp_reactor::starters[verb_count] = {
    &start_input,  // accept
    &start_output, &start_input,  &start_input,  &start_input,
    &start_output, &start_output, &start_input,   // ... readable
    &start_input,  &start_output,                 // a message
    &start_input,  &start_output,                 // messages
    &start_output, &start_output, &start_output,  // connect_unix, send_file, closing
};
inline const iocp_reactor::caller iocp_reactor::callers[verb_count] = {
    &call_accept,        &call_connect,       &call_recv,         &call_recv,         &call_recv_lent,
    &call_send,          &call_send,          &call_readable,     &call_recv_message, &call_send_message,
    &call_recv_messages, &call_send_messages, &call_connect_unix, &call_send_file,    &call_closing,
};
inline const iocp_reactor::taker iocp_reactor::takers[verb_count] = {
    &take_accept,        &take_connect,       &take_recv,     &take_recv_all,     &take_recv_lent,
    &take_send,          &take_send_all,      &take_readable, &take_recv_message, &take_send_message,
    &take_recv_messages, &take_send_messages, &take_connect,  &take_send_file,    &take_failure,
};

}  // namespace rill::backend::inline RILL_ABI
