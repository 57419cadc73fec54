// SPDX-License-Identifier: MIT
#pragma once

// `latch`: waits until so many things have happened. Counted down on any thread, awaited in coroutines of any.
//
// It goes from its count to zero once, and is open from then on. For children of one's own take `when_all` or a task
// group, which also bring their errors; for something that comes and goes, event.hpp.
//
//     rill::latch done(2);
//     co_await done.wait();  // until done.count_down() was called twice

#include <utility>

#include "wait_queue.hpp"

namespace rill::inline RILL_ABI {

class latch {
    class wait_operation;

  public:
    /// The most that it can count.
    static constexpr std::uint32_t max = ~std::uint32_t{0} / wait_queue::unit;

    /// Throws std::system_error (invalid_argument) if that is more than `max`.
    explicit latch(std::uint32_t expected) : queue_(checked(expected) * wait_queue::unit) {}
    latch(const latch&) = delete;
    latch& operator=(const latch&) = delete;

    /// Whether all has happened. What was done before `count_down` is seen by who learns so. Any thread.
    [[nodiscard]] bool try_wait() const noexcept { return queue_.state() / wait_queue::unit == 0; }
    /// So many have happened. When none is left, those who wait go on in their turn, in the order of arrival, never inside
    /// this call. Any thread. Throws std::system_error (invalid_argument) if not so many are left.
    inline void count_down(std::uint32_t count = 1);

    /// Waits until the count is zero.
    ///
    /// Stopped  at once; who was let go on before the stop goes on.
    /// Errors   operation_canceled: the latch ended while this waited.
    /// Thread   any. Who goes on may end the latch at once, though `count_down` may not have returned on another thread.
    /// Cost     no allocation; a look at an atomic if it is zero.
    [[nodiscard]] inline wait_operation wait() noexcept;

  private:
    static std::uint32_t checked(std::uint32_t expected) {
        if (expected > max) throw described_error(std::errc::invalid_argument, "latch");
        return expected;
    }
    [[noreturn]] RILL_COLD static void refuse() {
        throw described_error(std::errc::invalid_argument, "count_down of a latch below zero");
    }

    wait_queue queue_;  // its state: the count, in units
};

// ---- mechanism ----

class [[nodiscard]] latch::wait_operation final : public queued_waiter {
  public:
    explicit wait_operation(latch& awaited) noexcept : queued_waiter("latch"), awaited_(awaited) {}
    wait_operation(wait_operation&& other) noexcept : queued_waiter(other), awaited_(other.awaited_) {}

    bool start(branch& on) noexcept { return may_start(on) && retry() && keeps_turn(); }
    void result() const { throw_if_failed(); }

  private:
    bool retry() noexcept override {
        if (awaited_.try_wait()) return true;
        wait_queue_section section(awaited_.queue_);
        if (section.state() == 0) return true;
        section.add(*this);
        return false;
    }

    latch& awaited_;
};

inline latch::wait_operation latch::wait() noexcept { return wait_operation(*this); }

inline void latch::count_down(std::uint32_t count) {
    if (count > max) refuse();
    const wait_queue::state_word less = count * wait_queue::unit;
    const wait_queue::state_word seen = queue_.state();
    if ((seen & wait_queue::waited_for) == 0 && seen >= less && queue_.replace(seen, seen - less)) return;
    wait_queue_section section(queue_);
    if (section.state() < less) refuse();
    section.set_state(section.state() - less);
    if (section.state() != 0) return;
    section.grant_all();
}

}  // namespace rill::inline RILL_ABI
