// SPDX-License-Identifier: MIT
#pragma once

// `subscription_wait`: waits until there is something that a subscription has not given yet, or never will be. What
// watch.hpp and broadcast.hpp wait with; those are for users.
//
// A subscription has the queue of its source, says under its lock whether a wait is over, and is awaited by one at a time.

#include "wait_queue.hpp"

namespace rill::inline RILL_ABI {

template <class Subscription>
class subscription_wait : public queued_waiter {
  public:
    bool start(branch& on) noexcept {
        if (!may_start(on)) return false;
        if (by_.awaited_) return failure = std::errc::operation_in_progress, true;
        awaits_ = by_.awaited_ = true;
        return retry() && keeps_turn();
    }

  protected:
    subscription_wait(const char* name, Subscription& by) noexcept : queued_waiter(name), by_(by) {}
    subscription_wait(const subscription_wait& other) noexcept : queued_waiter(other), by_(other.by_) {}
    ~subscription_wait() { let_next(); }

    /// The begin of `result`: the next one may be awaited, also while this still exists.
    void finish() {
        let_next();
        throw_if_failed();
    }

    Subscription& by_;

  private:
    bool retry() noexcept final {
        wait_queue_section section(by_.queue());
        if (by_.is_over(section)) return true;
        section.add(*this);
        return false;
    }
    void let_next() noexcept {
        if (awaits_) awaits_ = by_.awaited_ = false;
    }

    bool awaits_ = false;  // it is the one that awaits the subscription
};

}  // namespace rill::inline RILL_ABI
