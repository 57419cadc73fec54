// SPDX-License-Identifier: MIT
#include <rill/core/as_result.hpp>
#include <rill/core/run.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/stop_token.hpp>
#include <rill/core/task.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>
#include <rill/sync/lock_all.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/foreign_task.hpp"
#include "support/seeded_random.hpp"
#include "support/several_contexts.hpp"

using namespace std::chrono_literals;

TEST_CASE("lock_all holds all until its guards end, each in the place of its argument") {
    std::array<rill::mutex, 3> all;
    const auto body = [&]() -> rill::task<> {
        auto [last, first, middle] = co_await rill::lock_all(all[2], all[0], all[1]);
        static_assert(std::is_same_v<decltype(last), rill::mutex::guard>);
        for (rill::mutex& each : all) CHECK_FALSE(each.try_lock());
        first.unlock();
        CHECK(all[0].try_lock());
        last.unlock();
        CHECK(all[2].try_lock());
        CHECK_FALSE(all[1].try_lock());
    };
    rill::run(body());
    for (rill::mutex& each : all) CHECK(each.try_lock());
}

TEST_CASE("lock_all of two that cross each other does not deadlock") {
    rill::mutex one;
    rill::mutex other;
    std::string log;
    const auto locks = [&](char letter, rill::mutex& a, rill::mutex& b) -> rill::task<> {
        for (int i = 0; i < 3; ++i) {
            const auto both = co_await rill::lock_all(a, b);
            log += letter;
            co_await rill::yield();
        }
    };
    const auto body = [&]() -> rill::task<> {
        co_await rill::when_all(locks('a', one, other), locks('b', other, one));
    };
    rill::run(body());
    CHECK(log == "ababab");
}

TEST_CASE("lock_all of a mutex that is named twice is refused, and takes none") {
    rill::mutex one;
    rill::mutex other;
    const auto body = [&]() -> rill::task<> {
        const auto twice = co_await rill::as_result(rill::lock_all(one, other, one));
        CHECK(twice.error() == std::errc::resource_deadlock_would_occur);
        CHECK(one.try_lock());
        CHECK(other.try_lock());
    };
    rill::run(body());
}

TEST_CASE("a lock_all that is stopped halfway gives back what it has") {
    std::array<rill::mutex, 3> all;
    const auto body = [&]() -> rill::task<> {
        auto held = co_await all[1].lock();
        const auto late = co_await rill::as_result(rill::timeout(1ms, rill::lock_all(all[2], all[1], all[0])));
        CHECK(late.error() == std::errc::timed_out);
        CHECK(all[0].try_lock());
        CHECK(all[2].try_lock());
    };
    rill::run(body());
    for (rill::mutex& each : all) CHECK(each.try_lock());
}

TEST_CASE("a lock_all that is stopped when one of several was handed to it gives that back") {
    std::array<rill::mutex, 2> all;
    const auto body = [&]() -> rill::task<> {
        rill::stop_source source;
        auto first = co_await all[0].lock();
        const auto second = co_await all[1].lock();
        const auto unlocks = [&]() -> rill::task<> {
            first.unlock();
            source.request_stop();
            co_return;
        };
        const auto [both, nothing] =
            co_await rill::when_all(rill::with_stop(source.get_token(), rill::lock_all(all[0], all[1])), unlocks());
        CHECK_FALSE(both);
        CHECK(all[0].try_lock());
    };
    rill::run(body());
    for (rill::mutex& each : all) CHECK(each.try_lock());
}

TEST_CASE("a stopped lock_all to which the last was already handed completes with all") {
    std::array<rill::mutex, 2> all;
    const auto body = [&]() -> rill::task<> {
        rill::stop_source source;
        auto held = co_await all[1].lock();
        const auto unlocks = [&]() -> rill::task<> {
            held.unlock();
            source.request_stop();
            co_return;
        };
        const auto [both, nothing] =
            co_await rill::when_all(rill::with_stop(source.get_token(), rill::lock_all(all[0], all[1])), unlocks());
        CHECK(both);
        CHECK_FALSE(all[0].try_lock());
        CHECK_FALSE(all[1].try_lock());
    };
    rill::run(body());
    for (rill::mutex& each : all) CHECK(each.try_lock());
}

TEST_CASE("a lock_all that waits for a mutex that ends is told so, and gives back the others") {
    const auto body = []() -> rill::task<> {
        struct pair {
            rill::mutex first;
            std::optional<rill::mutex> second{std::in_place};
        } both;
        alignas(rill::mutex::guard) std::byte never_ended[sizeof(rill::mutex::guard)];
        new (never_ended) rill::mutex::guard(*both.second->try_lock());
        const auto waits = [&]() -> rill::task<> {
            const auto answer = co_await rill::as_result(rill::lock_all(both.first, *both.second));
            CHECK(answer.error() == std::errc::operation_canceled);
        };
        const auto ends = [&]() -> rill::task<> {
            CHECK_FALSE(both.first.try_lock());
            both.second.reset();
            co_return;
        };
        co_await rill::when_all(waits(), ends());
        CHECK(both.first.try_lock());
    };
    rill::run(body());
}

TEST_CASE("those who lock one of them again and again do not starve a lock_all") {
    rill::mutex one;
    rill::mutex other;
    int singles = 0;
    bool over = false;
    const auto single = [&](rill::mutex& mine) -> rill::task<> {
        while (!over) {
            const auto guard = co_await mine.lock();
            ++singles;
            co_await rill::yield();
        }
    };
    const auto both = [&]() -> rill::task<> {
        co_await rill::yield();
        const int before = singles;
        const auto guards = co_await rill::lock_all(one, other);
        CHECK(singles - before <= 16);
        over = true;
    };
    const auto body = [&]() -> rill::task<> {
        co_await rill::when_all(single(one), single(one), single(other), single(other), both());
    };
    rill::run(body());
    CHECK(over);
}

TEST_CASE("foreign coroutines lock several mutexes, and lock_all costs no allocation") {
    std::array<rill::mutex, 3> all;
    const auto body = [&]() -> rill::task<> {
        auto held = co_await all[1].lock();
        int done = 0;
        const auto foreign = [&]() -> support::foreign_eager {
            const auto guards = co_await rill::lock_all(all[2], all[1], all[0]);
            ++done;
        };
        const auto waits = foreign();
        {
            const auto goes = foreign();
        }
        const auto unlocks = [&]() -> rill::task<> {
            held.unlock();
            co_return;
        };
        auto last = unlocks();
        const std::size_t before = support::allocation_count();
        co_await rill::when_all(rill::lock_all(all[0], all[1], all[2]), std::move(last));
        CHECK(support::allocation_count() == before);
        CHECK(done == 1);
    };
    rill::run(body());
    for (rill::mutex& each : all) CHECK(each.try_lock());
}

TEST_CASE("coroutines of several contexts that lock two of five at random, with time-outs, all come to their end") {
    support::seeded_random seeds;
    INFO(seeds.replay());
    const std::uint64_t seed = seeds.next();
    struct place {
        rill::mutex mutex;
        int plain = 0;  // guarded by the mutex
    };
    std::array<place, 5> places;
    std::atomic<int> done = 0;
    std::atomic<int> given_up = 0;
    const auto worker = [&](std::uint64_t mine) -> rill::task<> {
        support::seeded_random random(mine);
        for (int i = 0; i < 700; ++i) {
            const std::size_t first = random.below(5);
            const std::size_t second = (first + 1 + random.below(4)) % 5;
            auto wanted = rill::lock_all(places[first].mutex, places[second].mutex);
            std::optional<std::tuple<rill::mutex::guard, rill::mutex::guard>> both;
            if (random.one_in(3)) {
                auto got = co_await rill::as_result(
                    rill::timeout(std::chrono::microseconds(random.below(100)), std::move(wanted)));
                if (got) both = std::move(got).value();
            } else {
                both = co_await std::move(wanted);
            }
            if (!both) {
                ++given_up;
                continue;
            }
            ++places[first].plain;
            ++places[second].plain;
            if (random.one_in(3)) co_await rill::yield();
            ++done;
        }
    };
    support::on_contexts(3, [&](std::size_t index) -> rill::task<> {
        const std::uint64_t base = seed + 10 * index;
        co_await rill::when_all(worker(base), worker(base + 1), worker(base + 2));
    });
    int sum = 0;
    for (const place& each : places) sum += each.plain;
    CHECK(sum == 2 * done);
    CHECK(done + given_up == 3 * 3 * 700);
    for (place& each : places) CHECK(each.mutex.try_lock());
}
