// SPDX-License-Identifier: MIT
#pragma once

// How an operation of a backend of readiness.hpp begins and is let go of: which start and which attempt a verb has, one
// row a verb, and what a start does before the first attempt. Included by it.
//
// The verbs of every program have their rows in two tables; the others bring theirs along, by `prepare`.

#include "readiness.hpp"

namespace rill::backend::inline RILL_ABI {

inline progress readiness_reactor::park(operation*& place, operation& each) noexcept {
    place = &each;
    each.state = operation_state::parked;
    return progress::parked;
}

inline progress readiness_reactor::start_input(operation& each) noexcept {
    socket_state& from = *each.socket;
    if (from.reader == nullptr && (from.readiness & may_read) == 0) [[likely]]
        return park(from.reader, each);
    return try_input(each);
}

template <readiness_reactor::attempt Try>
progress readiness_reactor::start_output(operation& each) noexcept {
    socket_state& to = *each.socket;
    if (to.writer != nullptr) [[unlikely]] {
        fail(each, {EINPROGRESS, error::domain::system});
        return progress::finished;
    }
    if ((to.readiness & may_write) != 0 && Try(each)) [[likely]]
        return progress::finished;
    return park(each.socket->writer, each);  // looked up again, so that nothing is kept over the attempt
}

inline progress readiness_reactor::start_connect(operation& each) noexcept {
    socket_state& from = *each.socket;
    native_address whereto(each.peer);
    from.remote = each.peer;
    if (::connect(descriptor_of(from), whereto.data(), whereto.size) == 0) {
        succeed(each);
        return progress::finished;
    }
    if (errno == EINPROGRESS || errno == EINTR) return park(from.writer, each);  // interrupted, it goes on all the same
    fail(each, last_error());
    return progress::finished;
}

/// Asks, since what an event said may have been read by now.
inline progress readiness_reactor::start_readable(operation& each) noexcept {
    socket_state& from = *each.socket;
    if (from.reader == nullptr && (from.readiness & may_read) != 0 && !has_input(from)) forget(from, may_read);
    return start_input(each);
}

inline release_answer readiness_reactor::cancel(operation& each) noexcept {
    socket_state& of = *each.socket;
    leave_back_off(each);
    if (of.reader == &each) {
        of.reader = nullptr;
    } else {
        of.writer = nullptr;
    }
    each.state = operation_state::stopped;
    return release_answer::let_go;
}

inline const reactor::starter readiness_reactor::starters[verb_count] = {
    &start_input,
    &start_prepared,
    &start_input,
    &start_prepared,
    &start_prepared,
    &start_prepared,
    &start_output<&try_send_all>,
    &start_readable,
    &start_prepared,
    &start_prepared,
    &start_prepared,
    &start_prepared,
    &start_prepared,
    &start_prepared,
    &start_output<&try_closing>,
};
inline const readiness_reactor::attempt readiness_reactor::attempts[verb_count] = {
    &try_accept,   &try_prepared, &try_recv,     &try_prepared, &try_prepared,
    &try_prepared, &try_send_all, &try_readable, &try_prepared, &try_prepared,
    &try_prepared, &try_prepared, &try_prepared, &try_prepared, &try_closing,
};

template <verb Verb>
consteval verb_steps readiness_reactor::steps_of() noexcept {
    if constexpr (Verb == verb::connect) {
        return {&start_connect, &try_connect};
    } else if constexpr (Verb == verb::recv_all) {
        return {&start_input, &try_recv_all};
    } else if constexpr (Verb == verb::recv_lent) {
        return {&start_input, &try_recv_lent};
    } else if constexpr (Verb == verb::send) {
        return {&start_output<&try_send>, &try_send};
    } else if constexpr (Verb == verb::recv_message) {
        return {&start_input, &try_recv_message};
    } else if constexpr (Verb == verb::send_message) {
        return {&start_output<&try_send_message>, &try_send_message};
    } else if constexpr (Verb == verb::recv_messages) {
        return {&start_input, &try_recv_messages};
    } else if constexpr (Verb == verb::send_messages) {
        return {&start_output<&try_send_messages>, &try_send_messages};
    } else if constexpr (Verb == verb::connect_unix) {
        return {&start_output<&try_connect_unix>, &try_connect_unix};
    } else {
        static_assert(Verb == verb::send_file);
        return {&start_output<&try_send_file>, &try_send_file};
    }
}

template <verb Verb>
void prepare(operation& each) noexcept {
    static constexpr verb_steps steps = readiness_reactor::steps_of<Verb>();
    each.room.steps = &steps;
}

}  // namespace rill::backend::inline RILL_ABI
