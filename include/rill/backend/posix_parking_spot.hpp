// SPDX-License-Identifier: MIT
#pragma once

// A parking spot on POSIX systems: a condition variable, which is touched only when the thread really sleeps.
//
// pthread_cond_timedwait(3), pthread_cond_signal(3).

#include <pthread.h>

#include <atomic>
#include <cstdint>

#include "../config.hpp"

#ifdef __APPLE__
#include "macos_timed_condition.hpp"
#else
#include "posix_timed_condition.hpp"
#endif

namespace rill::backend::inline RILL_ABI {

class parking_spot {
  public:
    parking_spot() noexcept = default;
    parking_spot(const parking_spot&) = delete;
    parking_spot& operator=(const parking_spot&) = delete;
    ~parking_spot() {
        ::pthread_mutex_destroy(&mutex_);
    }  // FreeBSD and OpenBSD have given it memory when it was locked

    /// Whether it has been told since `reset`. To look at before the thread parks, and not after that.
    [[nodiscard]] bool told() const noexcept { return now_.load(std::memory_order_acquire) == phase::told; }
    /// The thread that waits. Waits until it is told, or for so long; negative: without limit. Says whether it was told.
    bool park(std::int64_t limit_ns) noexcept;
    /// Another thread, once a `reset`. The spot may be gone as soon as `told` or `park` says so.
    void tell() noexcept;
    void reset() noexcept { now_.store(phase::awake, std::memory_order_relaxed); }

    /// The time on the clock by which it waits, in nanoseconds.
    [[nodiscard]] static std::int64_t now() noexcept { return timed_condition::now(); }

  private:
    enum class phase : std::uint8_t { awake, asleep, told };

    std::atomic<phase> now_{phase::awake};
    pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;  // around what follows `asleep`
    timed_condition woken_;
};

// ---- mechanism ----

inline bool parking_spot::park(std::int64_t limit_ns) noexcept {
    const std::int64_t until = limit_ns < 0 ? 0 : now() + limit_ns;
    phase seen = phase::awake;
    woken_.prepare();
    ::pthread_mutex_lock(&mutex_);
    if (now_.compare_exchange_strong(seen, phase::asleep, std::memory_order_acquire)) {
        while (!told() && (limit_ns < 0 ? woken_.wait(mutex_) : woken_.wait_until(mutex_, until))) {
        }
        seen = phase::asleep;
        now_.compare_exchange_strong(seen, phase::awake, std::memory_order_acquire);  // unless it has been told
    }
    ::pthread_mutex_unlock(&mutex_);
    woken_.forget();
    return seen == phase::told;
}

inline void parking_spot::tell() noexcept {
    phase before = phase::awake;
    if (now_.compare_exchange_strong(before, phase::told, std::memory_order_release)) return;
    // Race: it sleeps, or its time is over just now. Under the mutex it neither begins nor ends to sleep.
    ::pthread_mutex_lock(&mutex_);
    if (now_.exchange(phase::told, std::memory_order_acq_rel) == phase::asleep) woken_.wake();
    ::pthread_mutex_unlock(&mutex_);
}

}  // namespace rill::backend::inline RILL_ABI
