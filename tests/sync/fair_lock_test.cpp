// SPDX-License-Identifier: MIT
#include <rill/sync/fair_lock.hpp>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/seeded_random.hpp"

using namespace std::chrono_literals;
using rill::fair_lock;
using mode = rill::fair_lock::mode;

namespace {

constexpr std::int64_t for_ever = -1;

void lock(fair_lock& of, mode how) {
    if (!(how == mode::write ? of.try_write() : of.try_read())) of.wait_for(how, for_ever);
}
void unlock(fair_lock& of, mode how) { how == mode::write ? of.unlock_write() : of.unlock_read(); }

void until_waited_for(const fair_lock& each) {
    while (each.waiting() == 0) std::this_thread::yield();
}

}  // namespace

TEST_CASE("a fair_lock lets in one writer, or several readers") {
    fair_lock lock;
    CHECK(lock.try_write());
    CHECK_FALSE(lock.try_write());
    CHECK_FALSE(lock.try_read());
    lock.unlock_write();
    CHECK(lock.try_read());
    CHECK(lock.try_read());
    CHECK_FALSE(lock.try_write());
    lock.unlock_read();
    CHECK_FALSE(lock.try_write());
    lock.unlock_read();
    CHECK(lock.try_write());
    lock.unlock_write();
}

TEST_CASE("who waits for a fair_lock for a while gives up, not too early, and leaves it as it was") {
    fair_lock lock;
    CHECK(lock.wait_for(mode::write, 0));
    for (const mode how : {mode::write, mode::read}) {
        CHECK_FALSE(lock.wait_for(how, 0));
        const auto begin = std::chrono::steady_clock::now();
        CHECK_FALSE(lock.wait_for(how, 3'000'000));
        CHECK(std::chrono::steady_clock::now() - begin >= 3ms);
    }
    CHECK(lock.waiting() == 0);
    lock.unlock_write();
    CHECK(lock.wait_for(mode::read, 0));
    lock.unlock_read();
}

TEST_CASE("a writer that gives up lets the readers in that stood behind it") {
    fair_lock lock;
    CHECK(lock.try_read());
    std::atomic<bool> gave_up = false, read = false;
    std::thread writer([&] { gave_up = !lock.wait_for(mode::write, 30'000'000); });
    until_waited_for(lock);
    std::thread reader([&] {
        ::lock(lock, mode::read);
        read = true;
        lock.unlock_read();
    });
    reader.join();
    writer.join();
    CHECK(gave_up);
    CHECK(read);
    lock.unlock_read();
    CHECK(lock.try_write());
    lock.unlock_write();
}

TEST_CASE("who waits for a fair_lock is passed sixteen times at most by one who is always back") {
    for (const mode how : {mode::write, mode::read}) {
        for (int round = 0; round < 50; ++round) {
            fair_lock lock;
            ::lock(lock, mode::write);
            std::atomic<bool> entered = false;
            std::thread waiter([&] {
                ::lock(lock, how);
                entered = true;
                unlock(lock, how);
            });
            until_waited_for(lock);
            unsigned passed = 0;
            for (;;) {
                lock.unlock_write();
                ::lock(lock, mode::write);
                if (entered) break;
                ++passed;
            }
            CHECK(passed <= 16);
            lock.unlock_write();
            waiter.join();
        }
    }
}

TEST_CASE("several who wait for a fair_lock enter in their order, and each is passed sixteen times at most") {
    fair_lock lock;
    ::lock(lock, mode::write);
    std::vector<std::thread> waiters;
    std::vector<int> order;  // under the lock
    std::vector<unsigned> entered_at;
    unsigned entries = 0;
    for (int number = 0; number < 4; ++number) {
        const std::size_t before = lock.waiting();
        waiters.emplace_back([&, number] {
            ::lock(lock, mode::write);
            order.push_back(number);
            entered_at.push_back(entries);
            lock.unlock_write();
        });
        while (lock.waiting() == before) std::this_thread::yield();
    }
    while (order.size() < 4) {
        lock.unlock_write();
        ::lock(lock, mode::write);
        ++entries;
    }
    lock.unlock_write();
    for (auto& each : waiters) each.join();
    CHECK(order == std::vector<int>{0, 1, 2, 3});
    for (const unsigned passed : entered_at) CHECK(passed <= 16);
}

TEST_CASE("threads that write, read and give up at random moments keep each other out of a fair_lock") {
    support::seeded_random seeds;
    INFO(seeds.replay());
    fair_lock lock;
    int writers = 0;  // under the lock
    long written = 0, expected = 0;
    std::atomic<int> readers = 0, wrong = 0;
    std::atomic<long> entered = 0;
    const auto work = [&](std::uint64_t seed) {
        support::seeded_random random(seed);
        for (int i = 0; i < 5'000; ++i) {
            const mode how = random.one_in(2) ? mode::write : mode::read;
            if (random.one_in(3)) {
                if (!lock.wait_for(how, static_cast<std::int64_t>(random.below(20'000)))) continue;
            } else {
                ::lock(lock, how);
            }
            if (how == mode::write) {
                if (++writers != 1 || readers != 0) ++wrong;
                ++written;
                --writers;
                ++entered;
            } else {
                ++readers;
                if (writers != 0) ++wrong;
                --readers;
            }
            unlock(lock, how);
        }
    };
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) threads.emplace_back(work, seeds.next());
    for (auto& each : threads) each.join();
    expected = entered;
    CHECK(wrong == 0);
    CHECK(written == expected);
    CHECK(lock.try_write());
    lock.unlock_write();
}
