// SPDX-License-Identifier: MIT
#pragma once

// `on(context, awaitable)`: runs it on another io_context, and brings back what came of it: the value, the error, the stop.
//
// The work is a child of the one who awaits it, though it runs on another thread: a stop crosses over, unwinds it there,
// and comes back. Whatever it has used is destroyed over there as well, so a socket may be given to it and never return.
// For a thread with a context see io_thread.hpp; for what blocks, blocking.hpp; on its own context it is the plain await.
//
//     rill::io_thread worker;
//     const int answer = co_await rill::on(worker.context(), compute());

#include <atomic>
#include <cstdint>
#include <utility>

#include "awaitable.hpp"
#include "call_outcome.hpp"
#include "foreign.hpp"
#include "io_context.hpp"
#include "refusal.hpp"

namespace rill::inline RILL_ABI {

/// Waits for one child that runs on another context. Made by `on`.
template <awaitable Awaitable>
class [[nodiscard]] on_operation;

/// Runs `each` on `there`, which lives at least until this has begun. See the top of this header.
///
/// Result   what `each` gave, moved once between the threads; a reference stays one.
/// Stopped  `each` is stopped and unwound over there, then the caller here. What it had completed with is delivered.
/// Errors   those of `each`; operation_canceled when the other context ends, or is abandoned, before it.
/// Thread   `each` starts, runs and, once it has started, is destroyed on that of `there`. A context that is abandoned, or
///          ends, while this waits there waits for the other's thread: that must go on turning.
/// Cost     no allocation; two switches between threads.
template <any_awaitable Awaitable>
[[nodiscard]] auto on(io_context& there, Awaitable&& each) {
    return on_operation<kept_awaitable<Awaitable>>(there, as_awaitable(std::forward<Awaitable>(each)));
}
template <not_awaitable Given>
refusal<Given> on(io_context& there, Given&& each);

// ---- mechanism ----

/// | place  | entered when                                             | next                                           |
/// |--------|----------------------------------------------------------|------------------------------------------------|
/// | here   | constructed; for good where both contexts are the same   | there                                          |
/// | there  | it was handed to the other context                       | asking: the caller was stopped; back           |
/// | asking | the caller's thread is handing a stop in                 | asked, by that thread                          |
/// | asked  | that is done: the other context is touched no more       | back                                           |
/// | back   | the work has ended over there, or will never start       | none: handed home, where the branch goes on    |
///
/// Everything but the place belongs to one thread at a time: to the caller's until it is `there`, to the other one until
/// it has been handed home.
template <awaitable Awaitable>
class [[nodiscard]] on_operation final : public suspension, private handed_in {
    using value_type = await_result<Awaitable>;

  public:
    on_operation(io_context& there, Awaitable&& each) : there_(there), child_(std::move(each)) {}
    on_operation(on_operation&& other) noexcept(std::is_nothrow_move_constructible_v<Awaitable>)
        : suspension(), handed_in(), there_(other.there_), child_(std::move(other.child_)) {}
    ~on_operation() {
        if (!started_there_) child_.~kept_child();
    }

    bool start(branch& on) noexcept {
        if (!on.open()) return on.refuse();
        if (on.context == &there_) return child_.what.start(on);
        home_ = &on;
        on.parked = this;
        place_.store(place::there, std::memory_order_relaxed);
        there_.hand_in(*this);  // from here on, this is the other thread's
        return false;
    }
    [[nodiscard]] bool failed() const noexcept { return home_ == nullptr ? child_.what.failed() : outcome_.failed(); }
    value_type result() { return home_ == nullptr ? child_.what.result() : outcome_.take(); }

  private:
    using kept_child = child<Awaitable>;
    enum class place : std::uint8_t { here, there, asking, asked, back };

    /// The tree on the other context, with one child.
    class tree final : public root_scope {
      public:
        explicit tree(on_operation& of) noexcept : of_(of) {}
        void begin_there(kept_child& child, io_context& there) noexcept {
            there.add_root(*this);
            queue_child(child, there);  // it starts in its turn: whoever takes this in may be in the midst of something
            if (there.stops_all()) stop_children();
        }

      private:
        bool start_queued(branch&) noexcept override { return of_.start_there(); }
        void child_ended(branch& each) noexcept override { each.context->remove_root(*this); }
        void all_ended() noexcept override { of_.leave(); }

        on_operation& of_;
    };
    /// The stop on its way to the other context.
    class stop_request final : public handed_in {
      public:
        explicit stop_request(tree& target) noexcept : target_(target) {}
        [[nodiscard]] bool arrived() const noexcept { return arrived_; }

      private:
        void taken_in() noexcept override {
            arrived_ = true;
            target_.stop_children();
        }

        tree& target_;
        bool arrived_ = false;
    };

    /// It arrives: over there first, then at home.
    void taken_in() noexcept override {
        if (place_.load(std::memory_order_relaxed) == place::back) {
            come_home();
        } else {
            tree_.begin_there(child_, there_);
        }
    }
    bool start_there() noexcept {
        started_there_ = true;
        return child_.start();
    }
    /// The work has ended: takes what came of it, ends what it has used, and goes home. This may then be gone.
    void leave() noexcept {
        completed_ = child_.now == branch::phase::done;
        if (completed_) outcome_.keep([this]() -> value_type { return child_.what.result(); });
        if (started_there_) child_.~kept_child();
        // Race: the caller may be handing a stop in just now. Whoever changes `there` first wins: this waits while that is
        // `asking`, and takes the stop out of the inbox before it goes home; no stop is sent to what is `back`.
        place before = place::there;
        while (!place_.compare_exchange_weak(before, place::back, std::memory_order_acq_rel)) {
            if (before == place::asking) before = place::asked;  // in a moment
        }
        if (before == place::asked && !stop_.arrived()) there_.take_in();
        home_->context->hand_in(*this);
    }
    void come_home() noexcept {
        if (!completed_ && home_->gate == nullptr) {
            home_->parked = &let_go_at_once;
            if (!home_->queued) home_->go_on();
            return;
        }
        if (!completed_)  // the other context has ended, and not because of the caller
            outcome_.fail(std::make_error_code(std::errc::operation_canceled), "on another io_context");
        home_->unpark();
    }

    bool cancel() noexcept override {
        place expected = place::there;
        if (!place_.compare_exchange_strong(expected, place::asking, std::memory_order_acq_rel)) return false;
        there_.hand_in(stop_);
        place_.store(place::asked, std::memory_order_release);  // from here on, this is the other thread's again
        return false;
    }
#if RILL_TASK_DUMP
    void describe(error_text& to, instant) const noexcept override { to.append("work on another io_context"); }
#endif

    io_context& there_;
    union {
        kept_child child_;  // until it has ended over there
    };
    call_outcome<value_type> outcome_;
    branch* home_ = nullptr;  // who waits; null where both contexts are the same
    tree tree_{*this};
    stop_request stop_{tree_};
    std::atomic<place> place_{place::here};  // read and written by both threads
    bool started_there_ = false;
    bool completed_ = false;  // with a value or an error, and not by a stop
};

}  // namespace rill::inline RILL_ABI
