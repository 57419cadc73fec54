// SPDX-License-Identifier: MIT
#pragma once

// `sleep_for`, `sleep_until`, `yield`, `now`: time as a coroutine sees it.
//
// A timer never fires early, and equal deadlines fire in order. A negative duration has expired, duration::max() never
// does. The clock is that of the running context: the steady clock, or a virtual one where a backend has that.

#include <chrono>

#include "awaitable.hpp"
#include "io_context.hpp"

namespace rill::inline RILL_ABI {

/// The time on the clock of the running context; without one, on the steady clock.
[[nodiscard]] inline time_point now() noexcept {
    return running_context != nullptr ? running_context->now() : backend::machine().now();
}

/// Any duration in nanoseconds, rounded up; what does not fit becomes max().
template <class Rep, class Period>
[[nodiscard]] constexpr std::chrono::nanoseconds in_nanoseconds(std::chrono::duration<Rep, Period> given) noexcept {
    using std::chrono::nanoseconds;
    using wide = std::chrono::duration<long double>;
    if (!(given > given.zero())) return nanoseconds::zero();  // also what is not a number
    if (wide(given) >= wide(nanoseconds::max())) return nanoseconds::max();
    return std::chrono::ceil<nanoseconds>(given);
}

/// The deadline that lies so far after now; time_point::max(), which is never, for what does not fit.
[[nodiscard]] inline time_point deadline_after(std::chrono::nanoseconds delay, time_point from) noexcept {
    return delay < time_point::max() - from ? from + std::chrono::ceil<time_point::duration>(delay) : time_point::max();
}

/// Waits for a time on the clock of the context. Made by `sleep_for` and `sleep_until`.
class [[nodiscard]] sleep_operation final : public suspension, private timer {
  public:
    /// `from_now` wins over `at`, if it is not negative.
    sleep_operation(std::chrono::nanoseconds from_now, time_point at) noexcept : from_now_(from_now), at_(at) {}
    sleep_operation(sleep_operation&& other) noexcept : from_now_(other.from_now_), at_(other.at_) {}

    bool start(branch& on) noexcept {
        if (!on.open()) return on.refuse();
        waiting_ = &on;
        if (from_now_ >= from_now_.zero()) at_ = deadline_after(from_now_, on.context->now());
        if (from_now_ == from_now_.zero()) return on.go_on(), false;  // others first
        on.parked = this;
        if (on.context->timers().add(*this, at_)) return false;
        on.parked = nullptr;
        out_of_memory_ = true;
        return true;
    }
    [[nodiscard]] bool failed() const noexcept { return out_of_memory_; }
    void result() const {
        if (out_of_memory_) throw std::bad_alloc();
    }

  private:
    bool cancel() noexcept override {
        waiting_->context->timers().cancel(*this);
        return true;
    }
    void expired() noexcept override {
        waiting_->parked = nullptr;
        if (!waiting_->queued) waiting_->go_on();
    }

    std::chrono::nanoseconds from_now_;
    time_point at_;
    branch* waiting_ = nullptr;
    bool out_of_memory_ = false;
};

/// Lets others run. A stop that has come by then lands here. Made by `yield`.
class [[nodiscard]] yield_operation {
  public:
    yield_operation() noexcept = default;

    bool start(branch& on) noexcept {
        if (!on.open()) return on.refuse();
        on.go_on();
        return false;
    }
    [[nodiscard]] bool failed() const noexcept { return false; }
    void result() const noexcept {}
};

/// Waits for a duration, at least. Zero and less let others run once.
///
/// Stopped  at once.
/// Errors   std::bad_alloc, if the table of timers can't grow.
/// Cost     no allocation, but for the loop's table of timers.
template <class Rep, class Period>
[[nodiscard]] sleep_operation sleep_for(std::chrono::duration<Rep, Period> duration) noexcept {
    return {in_nanoseconds(duration), time_point()};
}

/// Waits until the clock shows at least this time. A time that has passed lets others run once. As `sleep_for` else.
[[nodiscard]] inline sleep_operation sleep_until(time_point when) noexcept {
    return {std::chrono::nanoseconds(-1), when};
}

/// Goes to the end of the queue: all that is ready runs first. A stop lands here.
[[nodiscard]] inline yield_operation yield() noexcept { return {}; }

}  // namespace rill::inline RILL_ABI
