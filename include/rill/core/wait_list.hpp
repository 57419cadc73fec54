// SPDX-License-Identifier: MIT
#pragma once

// Branches that wait for each other on one thread, in the order in which they came.
//
// `waiter` is embedded in an awaiter. It is in the list as long as its branch is parked on it; a stop takes it out, and
// then it takes nothing with it. Waking never resumes anyone inline.

#include "io_context.hpp"

namespace rill::inline RILL_ABI {

class wait_list;

class waiter : public suspension {
  public:
    waiter() noexcept = default;
    waiter(waiter&&) noexcept {}  // only before it waits
    waiter& operator=(waiter&&) = delete;

    // Written by the list.
    branch* waiting = nullptr;
    wait_list* in = nullptr;  // null: not waiting
    waiter* next = nullptr;
    waiter* previous = nullptr;

  protected:
    ~waiter() = default;
    inline bool cancel() noexcept override;
};

class wait_list {
  public:
    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

    /// Parks a branch at the end of the list.
    void add(waiter& each, branch& on) noexcept {
        each.waiting = &on;
        each.in = this;
        each.next = nullptr;
        each.previous = last_;
        (last_ == nullptr ? first_ : last_->next) = &each;
        last_ = &each;
        on.parked = &each;
    }

    void remove(waiter& each) noexcept {
        each.in = nullptr;
        (each.previous == nullptr ? first_ : each.previous->next) = each.next;
        (each.next == nullptr ? last_ : each.next->previous) = each.previous;
    }

    /// Lets the branch that has waited longest go on. There must be one.
    void wake_one() noexcept {
        waiter& each = *first_;
        remove(each);
        each.waiting->unpark();
    }
    /// Lets the branch that has waited longest ask again, in its turn, whether it may go on. It stays in the list.
    void nudge_first() noexcept {
        if (!empty() && !first_->waiting->queued) first_->waiting->go_on();
    }
    void wake_all() noexcept {
        while (!empty()) wake_one();
    }

  private:
    waiter* first_ = nullptr;
    waiter* last_ = nullptr;
};

// ---- mechanism ----

inline bool waiter::cancel() noexcept {
    in->remove(*this);
    return true;
}

}  // namespace rill::inline RILL_ABI
