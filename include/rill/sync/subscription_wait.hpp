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
    bool start(branch& on) noexcept { return may_start(on) && retry() && keeps_turn(); }

  protected:
    subscription_wait(const char* name, Subscription& by) noexcept : queued_waiter(name), by_(by) {}
    subscription_wait(const subscription_wait& other) noexcept : queued_waiter(other), by_(other.by_) {}
    ~subscription_wait() {
        if (waits_) by_.awaited_ = false;
    }

    Subscription& by_;

  private:
    bool retry() noexcept final {
        if (by_.awaited_) return failure = std::errc::operation_in_progress, true;
        wait_queue_section section(by_.queue());
        if (by_.is_over(section)) return true;
        waits_ = by_.awaited_ = true;
        section.add(*this);
        return false;
    }

    bool waits_ = false;
};

}  // namespace rill::inline RILL_ABI
