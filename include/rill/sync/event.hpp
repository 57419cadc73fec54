// SPDX-License-Identifier: MIT
#pragma once

// `event`: something has happened, and stays so until it is reset. Set on any thread, awaited in coroutines of any.
//
// `set` lets all go on who wait, and those who come later, until `reset`. Who waited when it was set goes on even if it
// is reset before its turn. Several things that must all have happened: latch.hpp; something to pass on: channel.hpp.
//
//     rill::event ready;
//     co_await ready.wait();  // until somebody calls ready.set()

#include <utility>

#include "wait_queue.hpp"

namespace rill::inline RILL_ABI {

class event {
    class wait_operation;

  public:
    /// Not set, unless it is made so.
    explicit event(bool set_already = false) noexcept : queue_(set_already ? is_so : is_not) {}
    event(const event&) = delete;
    event& operator=(const event&) = delete;

    /// Whether it is set just now. What was done before `set` is seen by who learns so. Any thread.
    [[nodiscard]] bool is_set() const noexcept { return (queue_.state() & is_so) != 0; }
    /// Sets it. Those who wait go on in their turn, in the order of arrival, never inside this call. Any thread.
    inline void set() noexcept;
    /// From now on `wait` waits again. Any thread.
    inline void reset() noexcept;

    /// Waits until it is set.
    ///
    /// Stopped  at once; who was let go on before the stop goes on.
    /// Errors   operation_canceled: the event ended while this waited.
    /// Thread   any. Who goes on may end the event at once, though `set` may not have returned on another thread.
    /// Cost     no allocation; a look at an atomic if it is set.
    [[nodiscard]] inline wait_operation wait() noexcept;

  private:
    static constexpr wait_queue::state_word is_not = 0;
    static constexpr wait_queue::state_word is_so = wait_queue::unit;
    wait_queue queue_;
};

// ---- mechanism ----

class [[nodiscard]] event::wait_operation final : public queued_waiter {
  public:
    explicit wait_operation(event& awaited) noexcept : queued_waiter("event"), awaited_(awaited) {}
    wait_operation(wait_operation&& other) noexcept : queued_waiter(other), awaited_(other.awaited_) {}

    bool start(branch& on) noexcept { return may_start(on) && retry() && keeps_turn(); }
    void result() const { throw_if_failed(); }

  private:
    bool retry() noexcept override {
        if (awaited_.is_set()) return true;
        wait_queue_section section(awaited_.queue_);
        if (section.state() == is_so) return true;
        section.add(*this);
        return false;
    }

    event& awaited_;
};

inline event::wait_operation event::wait() noexcept { return wait_operation(*this); }

inline void event::set() noexcept {
    // Also when it is set: what this thread did before must be seen by those who learn so from now on.
    if (queue_.replace(is_not, is_so) || queue_.replace(is_so, is_so)) return;
    wait_queue_section section(queue_);
    section.set_state(is_so);
    section.grant_all();
}

inline void event::reset() noexcept {
    if (queue_.replace(is_so, is_not)) return;
    wait_queue_section section(queue_);
    section.set_state(is_not);
}

}  // namespace rill::inline RILL_ABI
