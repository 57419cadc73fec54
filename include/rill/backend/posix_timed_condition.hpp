// SPDX-License-Identifier: MIT
#pragma once

// A condition variable that waits by the monotonic clock: pthread_condattr_setclock(3), clock_gettime(2).

#include <pthread.h>
#include <time.h>

#include <cstdint>

#include "../config.hpp"

namespace rill::backend::inline RILL_ABI {

class timed_condition {
  public:
    void prepare() noexcept {
        pthread_condattr_t by_clock;
        ::pthread_condattr_init(&by_clock);
        ::pthread_condattr_setclock(&by_clock, CLOCK_MONOTONIC);
        ::pthread_cond_init(&condition_, &by_clock);
        ::pthread_condattr_destroy(&by_clock);
    }
    void forget() noexcept { ::pthread_cond_destroy(&condition_); }

    bool wait(pthread_mutex_t& locked) noexcept { return ::pthread_cond_wait(&condition_, &locked) == 0; }
    /// False: it is that late.
    bool wait_until(pthread_mutex_t& locked, std::int64_t until_ns) noexcept {
        timespec until{};
        until.tv_sec = static_cast<time_t>(until_ns / 1'000'000'000);
        until.tv_nsec = static_cast<long>(until_ns % 1'000'000'000);
        return ::pthread_cond_timedwait(&condition_, &locked, &until) == 0;
    }
    void wake() noexcept { ::pthread_cond_signal(&condition_); }

    [[nodiscard]] static std::int64_t now() noexcept {
        timespec present{};
        ::clock_gettime(CLOCK_MONOTONIC, &present);
        return static_cast<std::int64_t>(present.tv_sec) * 1'000'000'000 + present.tv_nsec;
    }

  private:
    pthread_cond_t condition_;
};

}  // namespace rill::backend::inline RILL_ABI
