// SPDX-License-Identifier: MIT
#pragma once

// A condition variable that waits for a length of time, which is how macOS spells a monotonic clock there:
// pthread_cond_timedwait_relative_np(3), clock_gettime_nsec_np(3).

#include <pthread.h>
#include <time.h>

#include <cstdint>

#include "../config.hpp"

namespace rill::backend::inline RILL_ABI {

class timed_condition {
  public:
    void prepare() noexcept { ::pthread_cond_init(&condition_, nullptr); }
    void forget() noexcept { ::pthread_cond_destroy(&condition_); }

    bool wait(pthread_mutex_t& locked) noexcept { return ::pthread_cond_wait(&condition_, &locked) == 0; }
    /// False: it is that late.
    bool wait_until(pthread_mutex_t& locked, std::int64_t until_ns) noexcept {
        const std::int64_t left_ns = until_ns - now();
        if (left_ns <= 0) return false;
        timespec left{};
        left.tv_sec = static_cast<time_t>(left_ns / 1'000'000'000);
        left.tv_nsec = static_cast<long>(left_ns % 1'000'000'000);
        return ::pthread_cond_timedwait_relative_np(&condition_, &locked, &left) == 0;
    }
    void wake() noexcept { ::pthread_cond_signal(&condition_); }

    [[nodiscard]] static std::int64_t now() noexcept {
        return static_cast<std::int64_t>(::clock_gettime_nsec_np(CLOCK_UPTIME_RAW));
    }

  private:
    pthread_cond_t condition_;
};

}  // namespace rill::backend::inline RILL_ABI
