// SPDX-License-Identifier: MIT
#include <rill/core/lock_word.hpp>

#include <memory>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using rill::lock_word;

TEST_CASE("one thread at a time holds a lock word, and none misses that it is free") {
    lock_word word(0);
    int plain = 0;
    const auto work = [&] {
        for (int i = 0; i < 20'000; ++i) {
            const lock_word::value state = word.lock();
            ++plain;
            word.unlock(state + lock_word::unit);
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(work);
    for (std::thread& each : threads) each.join();
    CHECK(plain == 80'000);
    CHECK(word.state() == 80'000 * lock_word::unit);
}

TEST_CASE("a lock word changes in one step only from the state that was meant, and not while it is locked") {
    lock_word word(lock_word::unit);
    CHECK_FALSE(word.replace(0, lock_word::unit));
    CHECK(word.replace(lock_word::unit, 2 * lock_word::unit));
    const lock_word::value state = word.lock();
    CHECK(state == 2 * lock_word::unit);
    CHECK(word.state() == state);
    CHECK_FALSE(word.replace(state, 0));
    word.unlock(0);
    CHECK(word.state() == 0);
}

TEST_CASE("a lock word is tried in vain while it is locked, and else gives its state") {
    rill::lock_word word(3 * rill::lock_word::unit);
    rill::lock_word::value state = 0;
    CHECK(word.try_lock(state));
    CHECK(state == 3 * rill::lock_word::unit);
    CHECK_FALSE(word.try_lock(state));
    word.unlock(rill::lock_word::unit);
    CHECK(word.try_lock(state));
    CHECK(state == rill::lock_word::unit);
    word.unlock(state);
}

TEST_CASE("who sees the new state of a lock word may end it at once") {
    for (int round = 0; round < 200; ++round) {
        auto word = std::make_unique<lock_word>(0);
        std::thread other([&each = *word] {
            static_cast<void>(each.lock());
            each.unlock(lock_word::unit);
        });
        while (word->state() == 0) static_cast<void>(0);
        word.reset();
        other.join();
    }
}
