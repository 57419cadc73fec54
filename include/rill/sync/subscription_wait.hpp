// SPDX-License-Identifier: MIT
#pragma once

// `subscription_wait`: waits until there is something that a subscription has not given yet, or never will be. What
// watch.hpp and broadcast.hpp wait with; those are for users.
//
// A subscription has the queue of its source, and is awaited by one at a time. Under the lock it says whether a wait is
// over, and copies what there is; who waits stays in the queue until it has looked, so that the end of the source finds it.

#include <cstdint>
#include <optional>

#include "../core/call_outcome.hpp"
#include "wait_queue.hpp"

namespace rill::inline RILL_ABI {

/// `Value`: what the subscription gives.
template <class Subscription, class Value>
class subscription_wait : public queued_waiter {
  public:
    bool start(branch& on) noexcept {
        if (!may_start(on)) return false;
        if (by_.awaited_) return failure = std::errc::operation_in_progress, true;
        awaits_ = by_.awaited_ = true;
        return retry() && keeps_turn();
    }
    [[nodiscard]] bool failed() const noexcept { return queued_waiter::failed() || outcome_.failed(); }
    error_report report() const = delete;  // what a copy throws may be anything
    std::optional<Value> result() {
        let_next();
        throw_if_failed();
        std::optional<Value> got = outcome_.take();
        by_.at_ = then_at_;
        return got;
    }

  protected:
    subscription_wait(const char* name, Subscription& by) noexcept : queued_waiter(name), by_(by) {}
    subscription_wait(const subscription_wait& other) noexcept : queued_waiter(other), by_(other.by_) {}
    ~subscription_wait() { let_next(); }

  private:
    bool retry() noexcept final {
        if (now.load(std::memory_order_relaxed) != phase::idle) return looks_again();
        wait_queue_section section(by_.queue());
        if (completes(section)) return true;
        section.add(*this);
        return false;
    }
    bool completes(wait_queue_section& section) noexcept final {
        if (!by_.is_over(section)) return false;
        outcome_.keep([this] { return by_.copy(then_at_); });
        return true;
    }
    /// The next may await the subscription, also while this still exists.
    void let_next() noexcept {
        if (awaits_) awaits_ = by_.awaited_ = false;
    }

    Subscription& by_;
    call_outcome<std::optional<Value>> outcome_;
    std::uint64_t then_at_ = 0;  // where the subscription is when this was taken
    bool awaits_ = false;        // it is the one that awaits the subscription
};

}  // namespace rill::inline RILL_ABI
