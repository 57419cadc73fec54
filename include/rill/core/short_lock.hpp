// SPDX-License-Identifier: MIT
#pragma once

// `short_lock`: a lock between threads for a few lines, in one atomic. For users: sync/mutex.hpp and sync/guarded.hpp.
//
// It is not fair, and who holds it must neither wait nor call a function that it does not know. It exists because
// <mutex> costs every user's file more time to compile than all that is locked here.

#include "../config.hpp"
#include "lock_word.hpp"

namespace rill::inline RILL_ABI {

class short_lock {
  public:
    void lock() noexcept { [[maybe_unused]] const lock_word::value none = word_.lock(); }
    void unlock() noexcept { word_.unlock(0); }

  private:
    lock_word word_{0};
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
