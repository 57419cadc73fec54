// SPDX-License-Identifier: MIT
// The deadlock of note 001, and two ways out: a lock that is given up when it takes too long, and both locks taken at once.
// Run:  note_001_lock_timeout
#include <chrono>
#include <iostream>
#include <latch>
#include <rill.hpp>
#include <thread>

#include "../../support/command_line.hpp"

using namespace std::chrono_literals;

rill::guarded<int> left{10}, right{10};
std::latch both_have_one{2};

/// Moves one from `first` to `second`, for which it needs both; false if it did not get the second one in time.
bool transfer(rill::guarded<int>& first, rill::guarded<int>& second, std::chrono::milliseconds limit, bool wait) {
    return first.with([&](int& from) {
        if (wait) both_have_one.arrive_and_wait();
        // 死锁: from here on each thread has what the other one wants. With `with` both would wait for ever.
        return second.try_with_for(limit, [&](int& to) {
            --from;
            ++to;
        });
    });
}

void lock_timeout() {
    std::thread t1([] {
        for (bool wait = true; !transfer(left, right, 50ms, wait); wait = false) {
            std::cout << "死锁, 超时: 放开第一把锁\n" << std::flush;
            std::this_thread::sleep_for(10ms);
        }
    });
    std::thread t2([] { transfer(right, left, 1h, true); });
    t1.join();
    t2.join();

    rill::with_all([](int& l, int& r) { std::cout << "没有死锁: " << l << ", " << r << '\n'; }, left, right);
}

int main(int argc, char** argv) { return example::run_alone(argc, argv, lock_timeout); }
