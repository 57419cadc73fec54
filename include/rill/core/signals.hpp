// SPDX-License-Identifier: MIT
#pragma once

// `signals(SIGHUP, SIGUSR1)`: signals as values that a coroutine waits for.
//
// From its making to its end, the signals do nothing but arrive here, and at every other watcher of theirs; after the last
// watcher they do what they did before. Signal masks are left alone, and raise works. What arrives between two `next` is
// kept. To stop a whole program by a signal take `stop_on` (run.hpp).
//
//     rill::signals hang_up(SIGHUP);
//     for (;;) { co_await hang_up.next(); reload(); }

#include <concepts>
#include <cstddef>

#include "awaitable.hpp"
#include "io_context.hpp"
#include "wait_list.hpp"

namespace rill::inline RILL_ABI {

class signals {
  public:
    class next_operation;

    /// How many one of these can watch.
    static constexpr std::size_t signals_max = 8;

    /// Watches these signals for the running context. Throws std::system_error: invalid_argument for a number that is no
    /// signal, or one that can't be caught; operation_not_permitted outside of a context; and if there are too many
    /// watchers in the process.
    template <std::same_as<int>... Numbers>
        requires(sizeof...(Numbers) > 0 && sizeof...(Numbers) <= signals_max)
    explicit signals(Numbers... numbers) : signals(this_context()) {
        (watch(numbers), ...);
    }
    /// Stops watching; what has arrived and was not asked for is forgotten.
    ~signals();
    signals(const signals&) = delete;
    signals& operator=(const signals&) = delete;

    /// Waits for a signal, or takes one that has arrived.
    ///
    /// Result   its number. Each delivery counts: three SIGHUP that were delivered are three results. The system itself may
    ///          make one of several that it has not yet delivered. Of different signals that have arrived, the one that
    ///          stands first among the arguments comes first.
    /// Stopped  no signal is taken.
    /// Errors   operation_not_permitted: on another io_context.
    /// Thread   that of its context. Several may wait, and each signal goes to one of them, in the order of their coming.
    /// Cost     no allocation.
    /// Source   sigaction(2), signal-safety(7). Beside a `stop_on` of the same signal only the first one arrives: the second
    ///          has its default action.
    [[nodiscard]] next_operation next() noexcept;

  private:
    struct listener final : signal_listener {
        void signalled(unsigned count) noexcept override {
            pending += count;
            owner->waiting_.nudge_first();
        }
        signals* owner = nullptr;
        unsigned pending = 0;  // have arrived, and were not asked for
    };

    explicit signals(io_context& home) noexcept : home_(home) {}
    void watch(int number);
    [[nodiscard]] int take() noexcept;

    io_context& home_;
    listener listeners_[signals_max];
    std::size_t count_ = 0;  // of those that are in use
    wait_list waiting_;
};

// ---- mechanism ----

class [[nodiscard]] signals::next_operation final : private waiter {
  public:
    explicit next_operation(signals& of) noexcept : of_(of) {}

    bool start(branch& on) noexcept {
        if (!on.open()) return on.refuse();
        if (on.context != &of_.home_) return true;
        if (of_.waiting_.empty()) number_ = of_.take();
        if (number_ != 0) return true;
        of_.waiting_.add(*this, on);
        return false;
    }
    [[nodiscard]] bool failed() const noexcept { return number_ == 0; }
    int result() const {
        if (failed()) throw described_error(std::errc::operation_not_permitted, "signals of another io_context");
        return number_;
    }

  private:
#if RILL_TASK_DUMP
    void describe(error_text& to, instant) const noexcept override { to.append("a signal"); }
#endif
    bool cancel() noexcept override {
        of_.waiting_.remove(*this);
        of_.waiting_.nudge_first();  // what this one was nudged for may be there for another
        return true;
    }
    bool retry() noexcept override {
        number_ = of_.take();
        if (number_ == 0) return false;
        of_.waiting_.remove(*this);
        of_.waiting_.nudge_first();
        return true;
    }

    signals& of_;
    int number_ = 0;  // none yet
};

inline signals::next_operation signals::next() noexcept { return next_operation(*this); }

inline void signals::watch(int number) {
    listener& each = listeners_[count_];
    each.owner = this;
    each.watch.number = number;
    home_.add_listener(each);
    ++count_;
}

inline signals::~signals() {
    while (count_ > 0) home_.remove_listener(listeners_[--count_]);
}

inline int signals::take() noexcept {
    for (std::size_t index = 0; index < count_; ++index) {
        if (listeners_[index].pending == 0) continue;
        --listeners_[index].pending;
        return listeners_[index].watch.number;
    }
    return 0;
}

}  // namespace rill::inline RILL_ABI
