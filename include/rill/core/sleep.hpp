// SPDX-License-Identifier: MIT
#pragma once

// `sleep_for`, `sleep_until`, `yield`, `now`: time as a coroutine sees it.
//
// A timer never fires early, and equal deadlines fire in order. A negative duration has expired, duration::max() never
// does. The clock is that of the running context: the steady clock, or a virtual one where a backend has that.
//
//     co_await rill::sleep_for(20ms);

#include "../backend/durations.hpp"
#include "awaitable.hpp"
#include "io_context.hpp"

namespace rill::inline RILL_ABI {

/// The time on the clock of the running context; without one, on the steady clock.
[[nodiscard]] inline time_point now() noexcept {
    return to_time_point(running_context != nullptr ? running_context->now() : backend::machine().now());
}

/// Lets others run. A stop that has come by then lands here. Made by `yield`.
class [[nodiscard]] yield_operation {
  public:
    yield_operation() noexcept = default;

    bool start(branch& on) noexcept {
        if (!on.open()) return on.refuse();
        on.parked = &let_go_at_once;
        on.go_on();
        return false;
    }
    [[nodiscard]] bool failed() const noexcept { return false; }
    void result() const noexcept {}
};

/// Waits for a time on the clock of the context. Made by `sleep_for` and `sleep_until`.
class [[nodiscard]] sleep_operation final : public suspension, private timer {
  public:
    /// Until `at`, or `delay_ns` from its start unless that is negative.
    sleep_operation(std::int64_t delay_ns, instant at) noexcept : delay_ns_(delay_ns), at_(at) {}
    sleep_operation(sleep_operation&& other) noexcept : delay_ns_(other.delay_ns_), at_(other.at_) {}

    bool start(branch& on) noexcept {
        if (!on.open()) return on.refuse();
        waiting_ = &on;
        if (delay_ns_ == 0) return yield_operation().start(on);
        if (delay_ns_ > 0) at_ = later_by(on.context->now(), delay_ns_);
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
    void expired() noexcept override { waiting_->unpark(); }
#if RILL_TASK_DUMP
    void describe(error_text& to, instant present) const noexcept override {
        to.append("a timer in ").append_duration(at_ - present);
    }
#endif

    std::int64_t delay_ns_;
    instant at_;
    branch* waiting_ = nullptr;
    bool out_of_memory_ = false;
};

/// Waits for a duration, at least. Zero and less let others run once.
///
/// Stopped  at once.
/// Errors   std::bad_alloc, if the table of timers can't grow.
/// Cost     no allocation, but for the loop's table of timers.
template <class Rep, class Period>
[[nodiscard]] sleep_operation sleep_for(std::chrono::duration<Rep, Period> duration) noexcept {
    return {in_nanoseconds(duration), 0};
}

template <class Number>
    requires std::is_arithmetic_v<Number>
number_refusal<Number> sleep_for(Number duration);

/// Waits until the clock shows at least this time. A time that has passed lets others run once. As `sleep_for` else.
[[nodiscard]] inline sleep_operation sleep_until(time_point when) noexcept { return {-1, to_instant(when)}; }

/// Goes to the end of the queue: all that is ready runs first. A stop lands here.
[[nodiscard]] inline yield_operation yield() noexcept { return {}; }

}  // namespace rill::inline RILL_ABI
