// SPDX-License-Identifier: MIT
#pragma once

// `timeout(duration, awaitable)` and `deadline(time_point, awaitable)`: a limit of time for anything.
//
// When the time is over, what is below is stopped and unwound, and then the error is `errc::deadline_exceeded`, which
// compares equal to std::errc::timed_out. A value that arrived late still wins, so nothing is lost. They nest; the
// tightest wins. A stop from outside is no time-out: it unwinds this coroutine too.
//
//     std::size_t n = co_await rill::timeout(5s, client.recv(buffer));

#include <utility>

#include "../backend/durations.hpp"
#include "awaitable.hpp"
#include "foreign.hpp"
#include "io_context.hpp"
#include "refusal.hpp"
#include "sleep.hpp"

namespace rill::inline RILL_ABI {

/// Waits for one child, which a timer ends. Made by `timeout` and `deadline`.
template <awaitable Awaitable>
class [[nodiscard]] timeout_operation final : public scope, private timer {
    using value_type = await_result<Awaitable>;

  public:
    /// Until `at`, or `delay_ns` from its start unless that is negative.
    timeout_operation(std::int64_t delay_ns, instant at, Awaitable&& each)
        : delay_ns_(delay_ns), at_(at), child_(std::move(each)) {}
    timeout_operation(timeout_operation&& other) noexcept
        : scope(), timer(), delay_ns_(other.delay_ns_), at_(other.at_), child_(std::move(other.child_)) {}

    bool start(branch& on) noexcept;
    [[nodiscard]] bool failed() const noexcept { return child_.now != branch::phase::done || child_.failed(); }
    value_type result() {
        if (child_.now == branch::phase::done) return child_.what.result();
        if (out_of_memory_) throw std::bad_alloc();
        throw_error(make_error_code(errc::deadline_exceeded), error_origin("timeout", delay_ns_));
    }
    [[nodiscard]] error_report report() {
        if (child_.now == branch::phase::done) return report_of(child_.what);
        if (out_of_memory_) throw std::bad_alloc();
        return {make_error_code(errc::deadline_exceeded), error_origin("timeout", delay_ns_)};
    }

  private:
    void expired() noexcept override { stop_children(); }
#if RILL_TASK_DUMP
    void describe(error_text& to, instant present) const noexcept override {
        to.append("what is below, for at most ").append_duration(at_ - present);
    }
#endif
    void child_ended(branch& each) noexcept override { each.context->timers().cancel(*this); }
    bool delivers() noexcept override { return child_.now == branch::phase::done || !owner_stopped(); }

    std::int64_t delay_ns_;  // from the start; negative: `at_` is given
    instant at_;
    child<Awaitable> child_;
    bool out_of_memory_ = false;
};

/// Stops `each` when it has not ended after `duration`. Negative durations and zero have expired: then it is not
/// started. duration::max() never expires.
///
/// Stopped  `each` is unwound first, then the caller.
/// Errors   errc::deadline_exceeded, only if `each` really was stopped; those of `each`; std::bad_alloc if the table of
///          timers can't grow.
/// Cost     no allocation, but for the loop's table of timers; one look at the clock, none if `each` ends at once.
template <class Rep, class Period, any_awaitable Awaitable>
[[nodiscard]] auto timeout(std::chrono::duration<Rep, Period> duration, Awaitable&& each) {
    return timeout_operation<kept_awaitable<Awaitable>>(in_nanoseconds(duration), 0,
                                                        as_awaitable(std::forward<Awaitable>(each)));
}

/// As `timeout`, with the time on the clock of the context (`rill::now()`) at which it is over.
template <any_awaitable Awaitable>
[[nodiscard]] auto deadline(time_point when, Awaitable&& each) {
    return timeout_operation<kept_awaitable<Awaitable>>(-1, to_instant(when),
                                                        as_awaitable(std::forward<Awaitable>(each)));
}

template <class Number, any_awaitable Awaitable>
    requires std::is_arithmetic_v<Number>
number_refusal<Number> timeout(Number duration, Awaitable&& each);
template <class Limit, not_awaitable Given>
refusal<Given> timeout(Limit duration, Given&& each);
template <class Limit, not_awaitable Given>
refusal<Given> deadline(Limit when, Given&& each);

// ---- mechanism ----

template <awaitable Awaitable>
bool timeout_operation<Awaitable>::start(branch& on) noexcept {
    if (!on.open()) return on.refuse();
    io_context& context = *on.context;
    const bool relative = delay_ns_ >= 0;
    if (relative ? delay_ns_ == 0 : at_ <= context.now()) return true;
    begin(on);
    start_child(child_, context);
    if (!child_.ended()) {
        if (relative) at_ = later_by(context.now(), delay_ns_);
        if (!context.timers().add(*this, at_)) {
            out_of_memory_ = true;
            stop_children();
        }
    }
    return finish_start();
}

}  // namespace rill::inline RILL_ABI
