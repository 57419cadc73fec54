// SPDX-License-Identifier: MIT
#pragma once

// Timers: `timer` is embedded in what waits, `timer_heap` keeps them by deadline.
//
// A heap of four children a node, in one vector; each timer knows its place, so cancelling is O(log n) and touches
// few cache lines. Equal deadlines expire in the order in which they were added. A deadline of `never` does not expire and
// is not kept.

#include <cstddef>
#include <cstdint>

#include "clock.hpp"
#include "growing_table.hpp"

namespace rill::inline RILL_ABI {

/// Something that happens at a time. It must be out of the heap before it ends.
class timer {
  public:
    timer() noexcept = default;
    timer(const timer&) = delete;
    timer& operator=(const timer&) = delete;

    [[nodiscard]] bool pending() const noexcept { return place != nowhere; }
    /// Runs on the thread of the loop, after the deadline; the timer is out of the heap by then.
    virtual void expired() noexcept = 0;

    static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
    std::size_t place = nowhere;  // its index in the heap, which alone writes it

  protected:
    ~timer() = default;
};

class timer_heap {
  public:
    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
    /// The earliest deadline; there must be one.
    [[nodiscard]] instant first() const noexcept { return entries_[0].deadline; }

    /// Adds a timer that is not pending. False: there is no memory.
    [[nodiscard]] bool add(timer& each, instant deadline) noexcept;
    /// Takes a timer out, if it is pending.
    void cancel(timer& each) noexcept;
    /// Expires one timer whose deadline is not after `now`. False: there is none.
    bool expire_one(instant now) noexcept;

  private:
    struct entry {
        instant deadline;
        std::uint64_t order;  // counts up: equal deadlines expire in the order of their arrival
        timer* who;

        friend bool operator<(const entry& a, const entry& b) noexcept {
            return a.deadline != b.deadline ? a.deadline < b.deadline : a.order < b.order;
        }
    };
    static constexpr std::size_t arity = 4;

    void put(std::size_t place, const entry& what) noexcept {
        entries_[place] = what;
        what.who->place = place;
    }
    void sift_up(std::size_t place, const entry& what) noexcept;
    void sift_down(std::size_t place, const entry& what) noexcept;
    void remove(std::size_t place) noexcept;

    growing_table<entry> entries_;
    std::uint64_t next_order_ = 0;
};

// ---- mechanism ----

inline bool timer_heap::add(timer& each, instant deadline) noexcept {
    if (deadline == never) return true;
    const entry added{deadline, next_order_++, &each};
    if (!entries_.push(added)) return false;
    sift_up(entries_.size() - 1, added);
    return true;
}

inline void timer_heap::cancel(timer& each) noexcept {
    if (each.pending()) remove(each.place);
}

inline bool timer_heap::expire_one(instant now) noexcept {
    if (entries_.empty() || entries_[0].deadline > now) return false;
    timer& due = *entries_[0].who;
    remove(0);
    due.expired();
    return true;
}

inline void timer_heap::remove(std::size_t place) noexcept {
    entries_[place].who->place = timer::nowhere;
    const entry moved = entries_[entries_.size() - 1];
    entries_.pop();
    if (place == entries_.size()) return;  // it was the last
    if (place > 0 && moved < entries_[(place - 1) / arity]) {
        sift_up(place, moved);
    } else {
        sift_down(place, moved);
    }
}

inline void timer_heap::sift_up(std::size_t place, const entry& what) noexcept {
    while (place > 0) {
        const std::size_t parent = (place - 1) / arity;
        if (!(what < entries_[parent])) break;
        put(place, entries_[parent]);
        place = parent;
    }
    put(place, what);
}

inline void timer_heap::sift_down(std::size_t place, const entry& what) noexcept {
    const std::size_t size = entries_.size();
    for (;;) {
        const std::size_t first_child = place * arity + 1;
        if (first_child >= size) break;
        const std::size_t last_child = first_child + arity < size ? first_child + arity : size;
        std::size_t least = first_child;
        for (std::size_t child = first_child + 1; child < last_child; ++child)
            if (entries_[child] < entries_[least]) least = child;
        if (!(entries_[least] < what)) break;
        put(place, entries_[least]);
        place = least;
    }
    put(place, what);
}

}  // namespace rill::inline RILL_ABI
