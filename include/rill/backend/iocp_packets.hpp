// SPDX-License-Identifier: MIT
#pragma once

// How iocp.hpp waits, and what its packets do. Included by it.
//
// A packet hands an operation back: its outcome is taken in, and it has its result, or goes on, or leaves as it was asked
// to. A wait takes many packets at once; what one of them resumes may wait itself, and then goes on with the rest.

#include "iocp.hpp"

namespace rill::backend::inline RILL_ABI {

inline iocp_reactor::outcome iocp_reactor::outcome_of_packet(operation& each) noexcept {
    OVERLAPPED* const place = overlapped_of(each);
    outcome got{false, static_cast<DWORD>(place->InternalHigh)};
    if (place->Internal == 0) return got;
    DWORD flags = 0;  // the packet has a number of the kernel; this translates it
    if (!::WSAGetOverlappedResult(native_socket_of(*each.socket), place, &got.bytes, FALSE, &flags)) {
        got.why = last_socket_error();
        got.bytes = static_cast<DWORD>(place->InternalHigh);
    }
    return got;
}

/// What was resumed may close the socket, or start the next operation on it: nothing of them is touched afterwards.
inline void iocp_reactor::deal_with(const OVERLAPPED_ENTRY& packet) noexcept {
    if (packet.lpOverlapped == nullptr) {
        woken_.exchange(false);  // pairs with the exchange in `wake`: what was handed in before is seen after the wait
        return;
    }
    if (!slots_.has(packet.lpCompletionKey)) return;  // of a handle that was released: none of ours
    operation& each = operation_of(packet.lpOverlapped);
    socket_state& on = *each.socket;
    const bool output = is_output(each.what);
    each.room.skips = 0;
    if (!takers[static_cast<std::size_t>(each.what)](each, outcome_of_packet(each))) {
        const bool finished = each.state == operation_state::leaving ? leave(each) : carry_on(each);
        if (!finished) return;
    }
    (output ? on.writer : on.reader) = nullptr;
    if ((on.readiness & closing) != 0 && on.reader == nullptr && on.writer == nullptr) {
        slots_.remove(on);
        on.calls->close(&on);
    }
    if (each.state == operation_state::stopped) {
        let_go(each);
    } else {
        completed(each, resume_when::at_once);
    }
}

inline void iocp_reactor::wait(std::int64_t limit_ns) noexcept {
    if (!backing_off_.empty()) {
        const std::int64_t left_ns = backing_off_.retry_at() - calls_.now();
        if (limit_ns < 0 || left_ns < limit_ns) limit_ns = left_ns < 0 ? 0 : left_ns;
    }
    if (next_ == count_) fetch(limit_ns);
    while (next_ != count_) deal_with(packets_[next_++]);
    if (!backing_off_.empty() && calls_.now() >= backing_off_.retry_at()) retry_accepts();
}

/// The system counts in milliseconds, and by its own clock: so what ends too early by ours waits again.
inline void iocp_reactor::fetch(std::int64_t limit_ns) noexcept {
    constexpr std::int64_t millisecond = 1'000'000;
    constexpr std::int64_t longest = INFINITE - 1;
    next_ = count_ = 0;
    const instant until = limit_ns > 0 ? calls_.now() + limit_ns : 0;
    for (;;) {
        const std::int64_t rounded = limit_ns / millisecond + (limit_ns % millisecond != 0 ? 1 : 0);
        const DWORD limit = limit_ns < 0 ? INFINITE : static_cast<DWORD>(rounded < longest ? rounded : longest);
        if (::GetQueuedCompletionStatusEx(port_, packets_, batch, &count_, limit, FALSE)) return;
        count_ = 0;
        if (limit_ns <= 0) return;
        limit_ns = until - calls_.now();
        if (limit_ns <= 0) return;
    }
}

inline void iocp_reactor::wake() noexcept {
    const DWORD before = ::GetLastError();  // a signal handler may be calling
    if (!woken_.exchange(true))
        while (!::PostQueuedCompletionStatus(port_, 0, wakes, nullptr))
            ::Sleep(1);  // no memory: a wake must not be lost
    ::SetLastError(before);
}

}  // namespace rill::backend::inline RILL_ABI
