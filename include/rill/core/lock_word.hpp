// SPDX-License-Identifier: MIT
#pragma once

// `lock_word`: the state of a lock or a queue, and a lock between threads for a few lines, in one atomic word.
//
// Because the lock is a bit of the state, a new state is published by the same store that unlocks, and nothing of the
// word is touched after it: who sees the new state may end the object at once. It is not fair, and who holds it must
// neither wait nor call a function that it does not know. Without a state of its own: short_lock.hpp.

#include <atomic>
#include <cstdint>

#include "../backend/atomic_wait.hpp"
#include "../config.hpp"

namespace rill::inline RILL_ABI {

class lock_word {
  public:
    using value = std::uint32_t;

    /// The lowest bit that a state may use.
    static constexpr value unit = 4;

    constexpr explicit lock_word(value state) noexcept : word_(state) {}
    lock_word(const lock_word&) = delete;
    lock_word& operator=(const lock_word&) = delete;

    /// The state, as it is just now; while it is locked, as it was before.
    [[nodiscard]] value state() const noexcept { return word_.load(std::memory_order_acquire) & ~(locked | sleepers); }
    /// Changes the state in one step, if it is `before` and not locked. Says whether it did.
    [[nodiscard]] bool replace(value before, value after) noexcept {
        return word_.compare_exchange_strong(before, after, std::memory_order_acq_rel, std::memory_order_relaxed);
    }

    /// Locks it, and gives the state.
    [[nodiscard]] value lock() noexcept {
        value seen = word_.load(std::memory_order_relaxed) & ~(locked | sleepers);
        if (word_.compare_exchange_strong(seen, seen | locked, std::memory_order_acquire, std::memory_order_relaxed))
            [[likely]]
            return seen;
        return lock_late(seen);
    }
    /// Locks it if it is not locked just now, and then gives the state. Says whether it did.
    [[nodiscard]] bool try_lock(value& state) noexcept {
        state = word_.load(std::memory_order_relaxed) & ~(locked | sleepers);
        return word_.compare_exchange_strong(state, state | locked, std::memory_order_acquire,
                                             std::memory_order_relaxed);
    }
    /// Unlocks it with a new state.
    void unlock(value state) noexcept {
        // The word may be gone after the exchange: who is woken is told by its address, which is not looked at.
        if ((word_.exchange(state, std::memory_order_release) & sleepers) != 0) [[unlikely]]
            backend::wake_one(word_);
    }

  private:
    RILL_COLD value lock_late(value seen) noexcept;

    static constexpr value locked = 1;
    static constexpr value sleepers = 2;  // threads may sleep until it is unlocked; only beside `locked`
    std::atomic<value> word_;
};

// ---- mechanism ----

inline lock_word::value lock_word::lock_late(value seen) noexcept {
    value mark = locked;
    for (;;) {
        if ((seen & locked) == 0) {
            if (word_.compare_exchange_weak(seen, seen | mark, std::memory_order_acquire, std::memory_order_relaxed))
                return seen;
        } else if ((seen & sleepers) != 0 ||
                   word_.compare_exchange_weak(seen, seen | sleepers, std::memory_order_relaxed)) {
            backend::wait_while(word_, seen | sleepers);
            mark = locked | sleepers;  // one is woken at a time: there may be others who sleep
            seen = word_.load(std::memory_order_relaxed);
        }
    }
}

}  // namespace rill::inline RILL_ABI
