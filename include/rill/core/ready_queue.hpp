// SPDX-License-Identifier: MIT
#pragma once

// The two ways into the loop: `ready_queue`, first in first out, for its own thread, and `inbox` for all others.
//
// Both are lists through the items themselves, so nothing is allocated; an item is in one list at most, and `queued`
// says whether it is. Items are branches that go on, functions that were posted, and stops that come from elsewhere.

#include <atomic>
#include <cstdint>

#include "../config.hpp"

namespace rill::inline RILL_ABI {

/// Something that waits for its turn.
class ready_item {
  public:
    enum class kind : std::uint8_t { branch, posted, handed_in };

    explicit ready_item(kind which) noexcept : what(which) {}
    ready_item(const ready_item&) = delete;
    ready_item& operator=(const ready_item&) = delete;

    ready_item* next = nullptr;
    const kind what;
    bool queued = false;

  protected:
    ~ready_item() = default;
};

class ready_queue {
  public:
    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

    void push(ready_item& item) noexcept {
        item.next = nullptr;
        item.queued = true;
        (first_ == nullptr ? first_ : last_->next) = &item;
        last_ = &item;
    }

    /// The item that has waited longest; null if there is none.
    ready_item* pop() noexcept {
        ready_item* const item = first_;
        if (item != nullptr) {
            first_ = item->next;
            item->queued = false;
        }
        return item;
    }

    /// Moves all of the other queue behind what is here.
    void append(ready_queue& other) noexcept {
        if (other.first_ == nullptr) return;
        (first_ == nullptr ? first_ : last_->next) = other.first_;
        last_ = other.last_;
        other.first_ = nullptr;
    }

    /// Takes an item out, wherever it stands: linear, for what is destroyed while it waits. Says whether it was here.
    bool remove(ready_item& item) noexcept {
        ready_item* before = nullptr;
        for (ready_item* each = first_; each != nullptr; before = each, each = each->next) {
            if (each != &item) continue;
            (before == nullptr ? first_ : before->next) = item.next;
            if (last_ == &item) last_ = before;
            item.queued = false;
            return true;
        }
        return false;
    }

  private:
    ready_item* first_ = nullptr;
    ready_item* last_ = nullptr;  // meaningful while first_ is not null
};

/// What other threads hand in: any number of them push, the thread of the loop takes all.
class inbox {
  public:
    /// Any thread. Says whether it was empty: then the loop may be asleep.
    bool push(ready_item& item) noexcept {
        ready_item* first = newest_.load(std::memory_order_relaxed);
        do item.next = first;  // `queued` stays as it is: it belongs to the thread of the loop
        while (!newest_.compare_exchange_weak(first, &item, std::memory_order_seq_cst, std::memory_order_relaxed));
        return first == nullptr;
    }

    /// A look at the flag that every operation affords: no fence, and no answer about what comes just now.
    [[nodiscard]] bool maybe_empty() const noexcept { return newest_.load(std::memory_order_relaxed) == nullptr; }
    /// For the loop before it sleeps: pairs with the exchange in `push` (see io_context::wait).
    [[nodiscard]] bool empty() const noexcept { return newest_.load(std::memory_order_seq_cst) == nullptr; }

    /// Takes everything, oldest first, linked by `next`.
    ready_item* take_all() noexcept {
        ready_item* reversed = nullptr;
        ready_item* each = newest_.exchange(nullptr, std::memory_order_acquire);  // pairs with `push`
        while (each != nullptr) {
            ready_item* const older = each->next;
            each->next = reversed;
            reversed = each;
            each = older;
        }
        return reversed;
    }

  private:
    std::atomic<ready_item*> newest_{nullptr};
};

}  // namespace rill::inline RILL_ABI
