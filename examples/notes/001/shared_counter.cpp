// SPDX-License-Identifier: MIT
// The race of note 001, then its mutex: two threads count the same variable up, and without a lock some of it gets lost.
// Run:  note_001_shared_counter
#include <atomic>
#include <functional>
#include <iostream>
#include <rill.hpp>
#include <thread>

#include "../../support/command_line.hpp"

constexpr int times = 200'000;

/// g += 1 as the machine does it; atomic, so that the race is not worse than that in C++.
void count_in_three_steps(std::atomic<int>& g) {
    for (int i = 0; i < times; ++i) {
        const int value = g.load();                   // 1获取g值
        const int more = value + 1;                   // 2增加g的值
        if (i % 100 == 0) std::this_thread::yield();  // 恰好被其他线程占用了
        g.store(more);                                // 3存储g的值
    }
}

void count_with_mutex(rill::guarded<int>& g) {
    for (int i = 0; i < times; ++i) g.with([](int& value) { value += 1; });  // acquire and release, also after an error
}

void shared_counter() {
    std::atomic<int> unguarded{0};
    std::thread t1(count_in_three_steps, std::ref(unguarded)), t2(count_in_three_steps, std::ref(unguarded));
    t1.join();
    t2.join();
    std::cout << "没有互斥锁: " << unguarded.load() << '\n';

    rill::guarded<int> guarded{0};
    std::thread t3(count_with_mutex, std::ref(guarded)), t4(count_with_mutex, std::ref(guarded));
    t3.join();
    t4.join();
    std::cout << "有互斥锁: " << guarded.read([](const int& value) { return value; }) << '\n';
}

int main(int argc, char** argv) { return example::run_alone(argc, argv, shared_counter); }
