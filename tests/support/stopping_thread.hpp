// SPDX-License-Identifier: MIT
#pragma once

// Stops from another thread that race with operations, and how to make each side win about as often as the other.

#include <atomic>
#include <string>
#include <thread>

#include <rill/core/stop_token.hpp>

#include "support/seeded_random.hpp"

namespace support {

/// A second thread that asks for one stop after the other, each after a short while of its own choice. It spins, so that
/// the stop meets the loop at every place.
class stopping_thread {
  public:
    stopping_thread() : thread_([this] { work(); }) {}
    ~stopping_thread() {
        wanted_.store(-1);
        thread_.join();
    }
    stopping_thread(const stopping_thread&) = delete;
    stopping_thread& operator=(const stopping_thread&) = delete;

    /// Stops `source` soon, from when the thread is awake; `wait` for it before the next.
    void stop_soon(const rill::stop_source& source, int spins) {
        source_ = source;
        spins_ = spins;
        const int next = ++round_;
        wanted_.store(next);
        while (awake_.load() != next) std::this_thread::yield();
    }
    void wait() {
        while (done_.load() != round_) std::this_thread::yield();
    }

  private:
    void work() {
        for (int seen = 0;;) {
            while (wanted_.load() == seen) std::this_thread::yield();  // a run-time library's wait may miss a notify
            seen = wanted_.load();
            if (seen < 0) return;
            awake_.store(seen);
            for (std::atomic<int> spin{0}; spin.load() < spins_;) spin.fetch_add(1);
            source_.request_stop();
            done_.store(seen);
        }
    }

    rill::stop_source source_;
    int spins_ = 0;
    int round_ = 0;
    std::atomic<int> wanted_{0};
    std::atomic<int> awake_{0};
    std::atomic<int> done_{0};
    std::thread thread_;
};

/// How long the stop waits, so that it comes first about as often as it comes last, on machines and builds of any speed.
class even_chances {
  public:
    explicit even_chances(seeded_random& random) : random_(random) {}

    [[nodiscard]] int spins() { return static_cast<int>(random_.below(limit_)); }
    void stop_came_first(bool yes) {
        (yes ? stops_ : values_) += 1;
        limit_ = yes ? limit_ + limit_ / 16 + 1 : limit_ - limit_ / 16;
        if (limit_ > 1'000'000) limit_ = 1'000'000;
    }
    [[nodiscard]] int stops() const { return stops_; }
    [[nodiscard]] int values() const { return values_; }
    [[nodiscard]] std::string text() const {
        return std::to_string(values_) + " values, " + std::to_string(stops_) + " stops";
    }

  private:
    seeded_random& random_;
    std::size_t limit_ = 400;
    int stops_ = 0;
    int values_ = 0;
};

}  // namespace support
