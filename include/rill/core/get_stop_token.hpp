// SPDX-License-Identifier: MIT
#pragma once

// `co_await get_stop_token()`: a token that tells whether the running coroutine was stopped, by whatever scope around it.
//
// For code that does not await: a long computation that looks now and then, a thread that is to be told (`stop_callback`).
// It tells of the branch: the child of the nearest scope in which this coroutine runs. So under `shield` it tells only of
// stops that come from inside. It may be used on any thread and outlives its coroutine: what has ended by itself is
// never stopped any more. A coroutine that awaits needs no token, since a stop unwinds it.
//
//     const rill::stop_token stopped = co_await rill::get_stop_token();
//     while (!stopped.stop_requested()) compute();

#include <new>
#include <utility>

#include "awaitable.hpp"
#include "frame_memory.hpp"
#include "stop_token.hpp"

namespace rill::inline RILL_ABI {

/// Takes the token of the branch on which it is awaited. Made by `get_stop_token`.
class [[nodiscard]] get_stop_token_operation {
  public:
    get_stop_token_operation() noexcept = default;

    bool start(branch& on) noexcept;
    [[nodiscard]] bool failed() const noexcept { return out_of_memory_; }
    stop_token result() {
        if (out_of_memory_) throw std::bad_alloc();
        return std::move(token_);
    }

  private:
    stop_token token_;
    bool out_of_memory_ = false;
};

/// Gives the token of the coroutine that awaits it, at once. The same one for all on the same branch.
///
/// Stopped  not here: it never waits, and gives a token that says so.
/// Errors   std::bad_alloc.
/// Thread   the token may be used on any; its callbacks are called on that of the coroutine's context, as soon as the
///          stop is taken in there, before anything is unwound.
/// Cost     two allocations for the first on a branch, one of them recycled; nothing for those who do not ask.
[[nodiscard]] inline get_stop_token_operation get_stop_token() noexcept { return {}; }

// ---- mechanism ----

/// The source that a branch stops.
class branch_stop_source final : public stop_observer {
  public:
    [[nodiscard]] stop_token get_token() const noexcept { return source_.get_token(); }

    void stopped() noexcept override { source_.request_stop(); }
    void let_go() noexcept override { delete this; }

    static void* operator new(std::size_t size) { return take_frame_memory(size); }
    static void operator delete(void* block, std::size_t size) noexcept { give_frame_memory(block, size); }

  private:
    stop_source source_;
};

inline bool get_stop_token_operation::start(branch& on) noexcept {
    const bool stopped = !on.open();
    try {
        if (on.observer == nullptr) {
            auto* const source = new branch_stop_source;
            if (stopped) source->stopped();
            on.observer = source;
        }
        token_ = static_cast<branch_stop_source*>(on.observer)->get_token();
    } catch (...) {
        out_of_memory_ = true;
    }
    return true;
}

}  // namespace rill::inline RILL_ABI
