// SPDX-License-Identifier: MIT
#pragma once

// `short_lock`: a lock between threads for a few lines, in one atomic. For users: sync/mutex.hpp and sync/guarded.hpp.
//
// It is not fair; who holds it must neither wait nor call a function that it does not know; and it must outlive the call
// that unlocks it, which wakes somebody after it has let go. It exists because <mutex> costs every user's file more time
// to compile than all that is locked here.

#include <atomic>

#include "../backend/atomic_wait.hpp"
#include "../config.hpp"

namespace rill::inline RILL_ABI {

class short_lock {
  public:
    short_lock() noexcept = default;
    short_lock(const short_lock&) = delete;
    short_lock& operator=(const short_lock&) = delete;

    void lock() noexcept {
        while (held_.exchange(true, std::memory_order_acquire)) backend::wait_while(held_, true);
    }
    void unlock() noexcept {
        held_.store(false, std::memory_order_release);
        backend::wake_one(held_);
    }

  private:
    std::atomic<bool> held_{false};
};

/// Holds a lock from its making to its end.
class short_lock_guard {
  public:
    explicit short_lock_guard(short_lock& held) noexcept : held_(held) { held_.lock(); }
    ~short_lock_guard() { held_.unlock(); }
    short_lock_guard(const short_lock_guard&) = delete;
    short_lock_guard& operator=(const short_lock_guard&) = delete;

  private:
    short_lock& held_;
};

}  // namespace rill::inline RILL_ABI
