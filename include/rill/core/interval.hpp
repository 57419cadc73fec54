// SPDX-License-Identifier: MIT
#pragma once

// `interval`: ticks at a steady pace.
//
// The ticks stand on a grid that begins when the interval is made, so they do not drift, whatever is done between them.
// Who comes too late is told how many ticks there were, and goes on with the next one of the grid: missed ticks are
// counted, not made up for. For a single delay see sleep.hpp.
//
//     rill::interval tick(2ms);
//     for (;;) report(co_await tick.next());  // 1, or more if some were missed

#include <cstdint>
#include <system_error>

#include "../backend/durations.hpp"
#include "clock.hpp"
#include "error.hpp"
#include "sleep.hpp"

namespace rill::inline RILL_ABI {

class interval {
  public:
    class next_operation;

    /// The first tick is one period from now, on the clock of the running context. Throws std::system_error
    /// (invalid_argument) if the period is zero or negative. One of duration::max() never ticks.
    template <class Rep, class Period>
    explicit interval(std::chrono::duration<Rep, Period> period) : interval(in_nanoseconds(period)) {}

    /// Waits for the next tick, or not at all if ticks were missed.
    ///
    /// Result   how many ticks there were since the last call that was told of one: at least 1.
    /// Stopped  no tick is taken: the next call tells of them.
    /// Errors   std::bad_alloc, if the table of timers can't grow.
    /// Thread   that of its context. Who waits at the same time is told of the same ticks.
    /// Cost     no allocation, but for the loop's table of timers; a turn of the loop, also for missed ticks.
    [[nodiscard]] next_operation next() noexcept;

  private:
    explicit interval(std::int64_t period_ns) : period_ns_(period_ns), next_(later_by(to_instant(now()), period_ns)) {
        if (period_ns == 0) throw described_error(std::errc::invalid_argument, "an interval without a length");
    }

    std::int64_t period_ns_;
    instant next_;  // the first tick of the grid that nobody was told of
};

// ---- mechanism ----

class [[nodiscard]] interval::next_operation {
  public:
    explicit next_operation(interval& of) noexcept : of_(of), first_(of.next_), wait_(-1, of.next_) {}

    bool start(branch& on) noexcept {
        context_ = on.context;
        return wait_.start(on);
    }
    [[nodiscard]] bool failed() const noexcept { return wait_.failed(); }
    std::int64_t result() {
        wait_.result();
        const std::int64_t missed = (context_->now() - first_) / of_.period_ns_;
        of_.next_ = later_by(first_ + missed * of_.period_ns_, of_.period_ns_);
        return missed + 1;
    }

  private:
    interval& of_;
    instant first_;  // the tick that is waited for
    sleep_operation wait_;
    io_context* context_ = nullptr;
};

inline interval::next_operation interval::next() noexcept { return next_operation(*this); }

}  // namespace rill::inline RILL_ABI
