// SPDX-License-Identifier: MIT
#pragma once

// Connections that are always ready: a thread of their own sends all that fits and takes what comes back, for as long as
// the object lives.

#include <pthread.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>

#include "crowd.hpp"
#include "options.hpp"

namespace load {

class flood {
  public:
    explicit flood(const options& wanted)
        : thread_([this, wanted] {
              give_way();
              options mine = wanted;
              mine.connections = wanted.flood;
              mine.bytes = pattern::piece;
              crowd all(mine);
              for (std::size_t index = 0; index < all.size(); ++index) {
                  for (int each = 0; each < 64; ++each) all[index].ask(now());
                  all.speak(index);
              }
              while (!over_.load(std::memory_order_relaxed))
                  all.turn(second / 100, [&](std::size_t index, nanoseconds) {
                      echoed_.fetch_add(pattern::piece, std::memory_order_relaxed);
                      all[index].ask(now());
                  });
          }) {}
    flood(const flood&) = delete;
    flood& operator=(const flood&) = delete;
    ~flood() {
        over_ = true;
        thread_.join();
    }

    [[nodiscard]] std::uint64_t echoed() const noexcept { return echoed_; }

  private:
    /// Where the load runs with real-time priority, the thread that measures goes before this one, which never rests.
    static void give_way() noexcept {
        int policy = 0;
        sched_param mine{};
        ::pthread_getschedparam(::pthread_self(), &policy, &mine);
        if (mine.sched_priority < 2) return;
        --mine.sched_priority;
        ::pthread_setschedparam(::pthread_self(), policy, &mine);
    }

    std::atomic<bool> over_{false};         // set by the owner, read by the thread
    std::atomic<std::uint64_t> echoed_{0};  // bytes, counted by the thread
    std::thread thread_;
};

}  // namespace load
