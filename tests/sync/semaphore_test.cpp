// SPDX-License-Identifier: MIT
#include <rill/core/as_result.hpp>
#include <rill/core/run.hpp>
#include <rill/core/shield.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/stop_token.hpp>
#include <rill/core/task.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/when_any.hpp>
#include <rill/core/with_stop.hpp>
#include <rill/sync/semaphore.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/foreign_task.hpp"
#include "support/helper_thread.hpp"
#include "support/seeded_random.hpp"
#include "support/several_contexts.hpp"
#include "support/stopping_thread.hpp"

using namespace std::chrono_literals;

namespace {

rill::task<> note_when_acquired(std::string& log, char letter, rill::semaphore& from, std::uint32_t count = 1) {
    const auto permit = co_await from.acquire(count);
    log += letter;
}

}  // namespace

TEST_CASE("a semaphore lets so many in at once, and gives permits back at the end of their scope") {
    rill::semaphore slots(2);
    int running = 0;
    int most = 0;
    const auto worker = [&]() -> rill::task<> {
        for (int i = 0; i < 3; ++i) {
            const auto permit = co_await slots.acquire();
            CHECK(permit.count() == 1);
            most = std::max(most, ++running);
            co_await rill::yield();
            --running;
        }
    };
    const auto body = [&]() -> rill::task<> {
        co_await rill::when_all(worker(), worker(), worker(), worker(), worker());
    };
    rill::run(body());
    CHECK(most == 2);
    CHECK(slots.available() == 2);
}

TEST_CASE("one who wants much is not passed by those who want little") {
    rill::semaphore room(3);
    std::string log;
    const auto body = [&]() -> rill::task<> {
        auto held = co_await room.acquire(2);
        const auto releases = [&]() -> rill::task<> {
            CHECK(room.available() == 1);
            CHECK_FALSE(room.try_acquire());
            held.release();
            held.release();  // nothing to give back
            CHECK(held.count() == 0);
            co_return;
        };
        co_await rill::when_all(note_when_acquired(log, 'a', room, 3), note_when_acquired(log, 'b', room),
                                note_when_acquired(log, 'c', room), releases());
    };
    rill::run(body());
    CHECK(log == "abc");
    CHECK(room.available() == 3);
}

TEST_CASE("when one who wants much is stopped, those behind it go on") {
    rill::semaphore room(3);
    std::string log;
    const auto body = [&]() -> rill::task<> {
        rill::stop_source source;
        const auto held = co_await room.acquire(1);
        const auto stops = [&]() -> rill::task<> {
            CHECK(log.empty());
            source.request_stop();
            co_return;
        };
        co_await rill::when_all(rill::with_stop(source.get_token(), note_when_acquired(log, 'a', room, 3)),
                                note_when_acquired(log, 'b', room, 2), stops());
    };
    rill::run(body());
    CHECK(log == "b");
    CHECK(room.available() == 3);
}

TEST_CASE("who wants more than a semaphore will ever have is refused at once") {
    rill::semaphore room(3);
    const auto body = [&]() -> rill::task<> {
        const auto answer = co_await rill::as_result(room.acquire(4));
        CHECK(answer.error() == std::errc::invalid_argument);
        CHECK_FALSE(room.try_acquire(4));
        const auto nothing = co_await room.acquire(0);
        CHECK(nothing.count() == 0);
    };
    rill::run(body());
    CHECK(room.available() == 3);
    CHECK(support::error_of([] { rill::semaphore(rill::semaphore::max + 1); }) == std::errc::invalid_argument);
    CHECK(rill::semaphore(rill::semaphore::max).available() == rill::semaphore::max);
}

TEST_CASE("permits that are moved keep what they have, and give it back once") {
    rill::semaphore room(3);
    auto first = *room.try_acquire(2);
    auto second = std::move(first);
    CHECK(first.count() == 0);
    CHECK(second.count() == 2);
    second = *room.try_acquire(1);
    CHECK(room.available() == 2);
    second = rill::semaphore::permit();
    CHECK(room.available() == 3);
}

TEST_CASE("a time-out on a semaphore takes nothing, and a shielded acquire waits on") {
    rill::semaphore one(1);
    const auto body = [&]() -> rill::task<> {
        auto held = co_await one.acquire();
        const auto late = co_await rill::as_result(rill::timeout(1ms, one.acquire()));
        CHECK(late.error() == std::errc::timed_out);
        rill::stop_source source;
        bool got = false;
        const auto waits = [&]() -> rill::task<> {
            const auto permit = co_await rill::shield(one.acquire());
            got = true;
        };
        const auto stops = [&]() -> rill::task<> {
            source.request_stop();
            for (int i = 0; i < 3; ++i) co_await rill::yield();
            held.release();
        };
        co_await rill::when_all(rill::with_stop(source.get_token(), waits()), stops());
        CHECK(got);
    };
    rill::run(body());
    CHECK(one.available() == 1);
}

TEST_CASE("a permit that was handed to a loser whose result nobody takes is given back") {
    rill::semaphore one(1);
    const auto body = [&]() -> rill::task<> {
        auto held = co_await one.acquire();
        const auto releases_and_fails = [&]() -> rill::task<> {
            held.release();
            throw std::runtime_error("the first to end");
            co_return;
        };
        bool caught = false;
        try {
            static_cast<void>(co_await rill::when_any(one.acquire(), releases_and_fails()));
        } catch (const std::runtime_error&) {
            caught = true;
        }
        CHECK(caught);
    };
    rill::run(body());
    CHECK(one.available() == 1);
}

TEST_CASE("foreign coroutines acquire permits, and leave the queue when they are destroyed") {
    rill::semaphore one(1);
    const auto body = [&]() -> rill::task<> {
        auto held = co_await one.acquire();
        const auto foreign = [&]() -> support::foreign_eager { const auto permit = co_await one.acquire(); };
        const auto stays = foreign();
        {
            const auto goes = foreign();
        }
        held.release();
        while (!stays.done()) co_await rill::yield();
    };
    rill::run(body());
    CHECK(one.available() == 1);
}

TEST_CASE("a stop that races with a release on another thread loses no permit") {
    support::seeded_random random;
    INFO(random.replay());
    support::even_chances chances(random);
    support::stopping_thread stopper;
    support::helper_thread releaser;
    const auto body = [&]() -> rill::task<> {
        rill::semaphore one(1);
        for (int round = 0; round < 300; ++round) {
            rill::stop_source source;
            std::atomic<bool> awake = false;
            auto held = one.try_acquire();
            releaser.call([&] {
                awake = true;
                std::this_thread::yield();
                held->release();
            });
            while (!awake) std::this_thread::yield();
            stopper.stop_soon(source, chances.spins());
            const bool got = (co_await rill::with_stop(source.get_token(), one.acquire())).has_value();
            releaser.wait();
            stopper.wait();
            if (one.available() != 1) FAIL("lost or doubled in round " << round);
            chances.stop_came_first(!got);
        }
    };
    rill::run(body());
    INFO(chances.text());
    CHECK(chances.values() > 0);
    CHECK(chances.stops() > 0);
}

TEST_CASE("waiting for a permit costs no allocation") {
    if (!support::allocations_are_watched) {
        WARN("this build can't count allocations");
        return;
    }
    rill::semaphore one(1);
    std::string log;
    log.reserve(100);
    const auto body = [&]() -> rill::task<> {
        auto held = co_await one.acquire();
        auto first = note_when_acquired(log, 'a', one);
        auto second = note_when_acquired(log, 'b', one);
        const auto releases = [&]() -> rill::task<> {
            held.release();
            co_return;
        };
        auto last = releases();
        const std::size_t before = support::allocation_count();
        co_await rill::when_all(std::move(first), std::move(second), std::move(last));
        CHECK(support::allocation_count() == before);
    };
    rill::run(body());
    CHECK(log == "ab");
}

TEST_CASE("coroutines of several contexts that acquire and give up at random never have more than there is") {
    support::seeded_random seeds;
    INFO(seeds.replay());
    const std::uint64_t seed = seeds.next();
    constexpr std::uint32_t total = 5;
    rill::semaphore room(total);
    std::atomic<std::uint32_t> in_use = 0;
    std::atomic<int> wrong = 0;
    const auto worker = [&](std::uint64_t mine) -> rill::task<> {
        support::seeded_random random(mine);
        for (int i = 0; i < 1500; ++i) {
            const auto count = static_cast<std::uint32_t>(1 + random.below(total));
            std::optional<rill::semaphore::permit> permit;
            switch (random.below(4)) {
                case 0:
                    permit = room.try_acquire(count);
                    break;
                case 1: {
                    auto got = co_await rill::as_result(
                        rill::timeout(std::chrono::microseconds(random.below(60)), room.acquire(count)));
                    if (got) permit = std::move(got).value();
                    break;
                }
                default:
                    permit = co_await room.acquire(count);
            }
            if (!permit) continue;
            if ((in_use += count) > total) ++wrong;
            if (random.one_in(3)) co_await rill::yield();
            in_use -= count;
        }
    };
    support::on_contexts(3, [&](std::size_t index) -> rill::task<> {
        const std::uint64_t base = seed + 10 * index;
        co_await rill::when_all(worker(base), worker(base + 1), worker(base + 2), worker(base + 3));
    });
    CHECK(wrong == 0);
    CHECK(room.available() == total);
}
