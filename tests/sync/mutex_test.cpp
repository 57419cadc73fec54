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
#include <rill/sync/mutex.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/every_backend.hpp"
#include "support/foreign_task.hpp"
#include "support/helper_thread.hpp"
#include "support/seeded_random.hpp"
#include "support/several_contexts.hpp"
#include "support/stopping_thread.hpp"
#include "support/turns_beside.hpp"

using namespace std::chrono_literals;

namespace {

rill::task<> note_when_locked(std::string& log, char letter, rill::mutex& mutex) {
    const auto guard = co_await mutex.lock();
    log += letter;
}

}  // namespace

static_assert(!std::is_copy_constructible_v<rill::mutex::guard> &&
              std::is_nothrow_move_assignable_v<rill::mutex::guard>);
static_assert(!std::is_move_constructible_v<rill::mutex>);

TEST_CASE("one coroutine at a time has a mutex, also across awaits") {
    ON_EVERY_BACKEND(backend);
    int inside = 0;
    int most = 0;
    backend.run([&]() -> rill::task<> {
        rill::mutex mutex;
        const auto critical = [&]() -> rill::task<> {
            for (int i = 0; i < 3; ++i) {
                const auto guard = co_await mutex.lock();
                most = std::max(most, ++inside);
                co_await rill::yield();
                --inside;
            }
        };
        co_await rill::when_all(critical(), critical(), critical());
    });
    CHECK(most == 1);
}

TEST_CASE("a mutex is handed on in the order of arrival, and never inside unlock") {
    rill::mutex mutex;
    std::string log;
    const auto body = [&]() -> rill::task<> {
        auto held = co_await mutex.lock();
        const auto releases = [&]() -> rill::task<> {
            held.unlock();
            log += '.';
            CHECK_FALSE(mutex.try_lock());  // handed on, never free in between
            co_return;
        };
        co_await rill::when_all(note_when_locked(log, 'a', mutex), note_when_locked(log, 'b', mutex),
                                note_when_locked(log, 'c', mutex), releases());
    };
    rill::run(body());
    CHECK(log == ".abc");
    CHECK(mutex.try_lock());
}

TEST_CASE("who unlocks and locks again goes behind those who wait") {
    rill::mutex mutex;
    std::string log;
    const auto greedy = [&](char letter) -> rill::task<> {
        for (int i = 0; i < 3; ++i) {
            const auto guard = co_await mutex.lock();
            log += letter;
            co_await rill::yield();
        }
    };
    const auto body = [&]() -> rill::task<> { co_await rill::when_all(greedy('a'), greedy('b'), greedy('c')); };
    rill::run(body());
    CHECK(log == "abcabcabc");
}

TEST_CASE("try_lock takes a mutex only if it is free, also without an io_context") {
    rill::mutex mutex;
    auto guard = mutex.try_lock();
    REQUIRE(guard);
    CHECK(guard->owns_lock());
    CHECK_FALSE(mutex.try_lock());
    guard->unlock();
    CHECK_FALSE(guard->owns_lock());
    guard->unlock();  // nothing to give back
    CHECK(mutex.try_lock());
}

TEST_CASE("a guard that is moved holds the mutex on, and one that is assigned to gives its own back") {
    rill::mutex one;
    rill::mutex other;
    rill::mutex::guard first = *one.try_lock();
    rill::mutex::guard second(std::move(first));
    CHECK_FALSE(one.try_lock());
    second = *other.try_lock();
    CHECK(one.try_lock());
    CHECK_FALSE(other.try_lock());
    second = rill::mutex::guard();
    CHECK(other.try_lock());
}

TEST_CASE("a time-out on a mutex says so, and leaves those behind it alone") {
    const auto body = []() -> rill::task<> {
        rill::mutex mutex;
        auto held = co_await mutex.lock();
        const auto late = co_await rill::as_result(rill::timeout(1ms, mutex.lock()));
        CHECK(late.error() == std::errc::timed_out);
        held.unlock();
        CHECK(mutex.try_lock());
    };
    rill::run(body());
}

TEST_CASE("a stopped lock leaves the queue, wherever it stands in it") {
    const auto place = GENERATE(0, 1, 2);
    CAPTURE(place);
    rill::mutex mutex;
    std::string log;
    const auto body = [&]() -> rill::task<> {
        rill::stop_source source;
        auto held = co_await mutex.lock();
        const auto waits = [&](int index) -> rill::task<> {
            const char letter = static_cast<char>('a' + index);
            if (index == place) {
                co_await rill::with_stop(source.get_token(), note_when_locked(log, letter, mutex));
            } else {
                co_await note_when_locked(log, letter, mutex);
            }
        };
        const auto stops = [&]() -> rill::task<> {
            source.request_stop();
            co_await rill::yield();
            held.unlock();
        };
        co_await rill::when_all(waits(0), waits(1), waits(2), stops());
    };
    rill::run(body());
    std::string left = "abc";
    left.erase(static_cast<std::size_t>(place), 1);
    CHECK(log == left);
    CHECK(mutex.try_lock());
}

TEST_CASE("a stopped lock to which the mutex was already handed completes with it") {
    rill::mutex mutex;
    bool locked = false;
    const auto body = [&]() -> rill::task<> {
        auto held = co_await mutex.lock();
        rill::stop_source source;
        const auto waits = [&]() -> rill::task<> {
            const auto guard = co_await rill::with_stop(source.get_token(), mutex.lock());
            locked = guard.has_value() && guard->owns_lock();
        };
        const auto unlocks = [&]() -> rill::task<> {
            held.unlock();
            source.request_stop();
            co_return;
        };
        co_await rill::when_all(waits(), unlocks());
    };
    rill::run(body());
    CHECK(locked);
    CHECK(mutex.try_lock());
}

TEST_CASE("a lock in a scope that is stopped does not start, and takes nothing") {
    rill::mutex mutex;
    const auto body = [&]() -> rill::task<> {
        rill::stop_source source;
        const auto locks_too_late = [&]() -> rill::task<> {
            source.request_stop();
            static_cast<void>(co_await mutex.lock());
        };
        const bool whole = co_await rill::with_stop(source.get_token(), locks_too_late());
        CHECK_FALSE(whole);
    };
    rill::run(body());
    CHECK(mutex.try_lock());
}

TEST_CASE("a shielded lock waits on under a stop, and delivers") {
    rill::mutex mutex;
    bool locked = false;
    const auto body = [&]() -> rill::task<> {
        rill::stop_source source;
        auto held = co_await mutex.lock();
        const auto waits = [&]() -> rill::task<> {
            const auto guard = co_await rill::shield(mutex.lock());
            locked = guard.owns_lock();
        };
        const auto stops = [&]() -> rill::task<> {
            source.request_stop();
            for (int i = 0; i < 5; ++i) co_await rill::yield();
            CHECK_FALSE(locked);
            held.unlock();
        };
        co_await rill::when_all(rill::with_stop(source.get_token(), waits()), stops());
    };
    rill::run(body());
    CHECK(locked);
    CHECK(mutex.try_lock());
}

TEST_CASE("when_any of two mutexes keeps what both have given") {
    rill::mutex one;
    rill::mutex other;
    const auto body = [&]() -> rill::task<> {
        const auto [first, second] = co_await rill::when_any(one.lock(), other.lock());
        CHECK(first);
        CHECK_FALSE(one.try_lock());
        CHECK(second.has_value() == !other.try_lock().has_value());
    };
    rill::run(body());
    CHECK(one.try_lock());
    CHECK(other.try_lock());
}

TEST_CASE("a mutex that was handed to a loser whose result nobody takes is given back") {
    rill::mutex mutex;
    const auto body = [&]() -> rill::task<> {
        auto held = co_await mutex.lock();
        const auto unlocks_and_fails = [&]() -> rill::task<> {
            held.unlock();
            throw std::runtime_error("the first to end");
            co_return;
        };
        bool caught = false;
        try {
            static_cast<void>(co_await rill::when_any(mutex.lock(), unlocks_and_fails()));
        } catch (const std::runtime_error&) {
            caught = true;
        }
        CHECK(caught);
    };
    rill::run(body());
    CHECK(mutex.try_lock());
}

TEST_CASE("who locks a free mutex again and again lets the others have their turn") {
    rill::mutex mutex;
    const auto greedy = [&]() -> rill::task<> {
        for (int i = 0; i < 1000; ++i) static_cast<void>(co_await mutex.lock());
    };
    CHECK(support::turns_beside(greedy) >= support::turns_beside_a_thousand);
}

TEST_CASE("a lock that is stopped while its branch waits for its turn completes, and the next one does not start") {
    rill::mutex mutex;
    rill::stop_source source;
    const auto greedy = [&]() -> rill::task<> {
        for (;;) static_cast<void>(co_await mutex.lock());
    };
    const auto stopper = [&]() -> rill::task<> {
        CHECK_FALSE(mutex.try_lock());
        source.request_stop();
        co_return;
    };
    const auto body = [&]() -> rill::task<> {
        co_await rill::when_all(rill::with_stop(source.get_token(), greedy()), stopper());
    };
    rill::run(body());
    CHECK(mutex.try_lock());
}

TEST_CASE("a mutex that ends tells those who wait for it") {
    const auto body = []() -> rill::task<> {
        std::optional<rill::mutex> mutex(std::in_place);
        alignas(rill::mutex::guard) std::byte never_ended[sizeof(rill::mutex::guard)];
        new (never_ended) rill::mutex::guard(*mutex->try_lock());
        const auto waits = [&]() -> rill::task<> {
            const auto answer = co_await rill::as_result(mutex->lock());
            CHECK(answer.error() == std::errc::operation_canceled);
        };
        const auto ends = [&]() -> rill::task<> {
            mutex.reset();
            co_return;
        };
        co_await rill::when_all(waits(), ends());
    };
    rill::run(body());
}

TEST_CASE("waiting for a mutex costs no allocation") {
    if (!support::allocations_are_watched) {
        WARN("this build can't count allocations");
        return;
    }
    rill::mutex mutex;
    const auto body = [&]() -> rill::task<> {
        const auto worker = [&]() -> rill::task<> {
            for (int i = 0; i < 100; ++i) {
                const auto guard = co_await mutex.lock();
                co_await rill::yield();
            }
        };
        auto one = worker();
        auto other = worker();
        const std::size_t before = support::allocation_count();
        co_await rill::when_all(std::move(one), std::move(other));
        CHECK(support::allocation_count() == before);
    };
    rill::run(body());
}

TEST_CASE("foreign coroutines lock a mutex, and leave its queue when they are destroyed") {
    rill::mutex mutex;
    const auto body = [&]() -> rill::task<> {
        auto held = co_await mutex.lock();
        int done = 0;
        const auto foreign = [&]() -> support::foreign_eager {
            const auto guard = co_await mutex.lock();
            ++done;
        };
        const support::foreign_eager stays = foreign();
        {
            const support::foreign_eager goes = foreign();
        }
        held.unlock();
        while (!stays.done()) co_await rill::yield();
        CHECK(done == 1);
    };
    rill::run(body());
    CHECK(mutex.try_lock());
}

TEST_CASE("a stop that races with an unlock on another thread loses no mutex") {
    support::seeded_random random;
    INFO(random.replay());
    support::even_chances chances(random);
    support::stopping_thread stopper;
    support::helper_thread unlocker;
    const auto body = [&]() -> rill::task<> {
        for (int round = 0; round < 500; ++round) {
            rill::mutex mutex;
            rill::stop_source source;
            std::atomic<bool> awake = false;
            auto held = mutex.try_lock();
            unlocker.call([&] {
                awake = true;
                std::this_thread::yield();
                held->unlock();
            });
            while (!awake) std::this_thread::yield();
            stopper.stop_soon(source, chances.spins());
            const auto guard = co_await rill::with_stop(source.get_token(), mutex.lock());
            unlocker.wait();
            stopper.wait();
            if (guard.has_value() == mutex.try_lock().has_value()) FAIL("lost or doubled in round " << round);
            chances.stop_came_first(!guard);
        }
    };
    rill::run(body());
    INFO(chances.text());
    CHECK(chances.values() > 0);
    CHECK(chances.stops() > 0);
}

TEST_CASE("a context that is abandoned gives back the mutex that was handed to it") {
    support::helper_thread unlocker;
    support::seeded_random random;
    INFO(random.replay());
    support::even_chances chances(random);
    for (int round = 0; round < 500; ++round) {
        rill::mutex mutex;
        auto held = mutex.try_lock();
        std::atomic<bool> awake = false;
        std::atomic<bool> ready = false;
        const int spins = chances.spins();
        unlocker.call([&] {
            awake = true;
            while (!ready) {
            }
            held->unlock();
        });
        const auto body = [&]() -> rill::task<> {
            const auto crash = [&]() -> rill::task<> {
                rill::this_context().post([&, context = &rill::this_context()] {
                    while (!awake) std::this_thread::yield();
                    ready = true;
                    for (std::atomic<int> spin{0}; spin < spins;) ++spin;
                    context->abandon();
                });
                co_await rill::sleep_for(1h);
            };
            co_await rill::when_all(mutex.lock(), mutex.lock(), crash());
        };
        CHECK(support::error_of([&] { rill::run(body()); }) == std::errc::operation_canceled);
        unlocker.wait();
        if (!mutex.try_lock()) FAIL("nobody can lock it any more, in round " << round);
    }
}

TEST_CASE("coroutines of several contexts lock, wait, time out and stop at random, and lose nothing") {
    support::seeded_random seeds;
    INFO(seeds.replay());
    rill::mutex mutex;
    int plain = 0;  // guarded by the mutex, so that ThreadSanitizer sees whether it is
    int inside = 0;
    std::atomic<int> counted = 0;
    std::atomic<int> overlaps = 0;
    std::atomic<int> given_up = 0;
    const std::uint64_t seed = seeds.next();
    const auto worker = [&](std::uint64_t mine) -> rill::task<> {
        support::seeded_random random(mine);
        for (int i = 0; i < 1500; ++i) {
            std::optional<rill::mutex::guard> guard;
            switch (random.below(4)) {
                case 0:
                    guard = mutex.try_lock();
                    break;
                case 1: {
                    auto limited = co_await rill::as_result(
                        rill::timeout(std::chrono::microseconds(random.below(50)), mutex.lock()));
                    if (limited) guard = std::move(limited).value();
                    break;
                }
                default:
                    guard = co_await mutex.lock();
            }
            if (!guard) {
                ++given_up;
                continue;
            }
            if (++inside != 1) ++overlaps;
            ++plain;
            ++counted;
            if (random.one_in(3)) co_await rill::yield();
            --inside;
        }
    };
    support::on_contexts(3, [&](std::size_t index) -> rill::task<> {
        const std::uint64_t base = seed + 10 * index;
        co_await rill::when_all(worker(base), worker(base + 1), worker(base + 2), worker(base + 3));
    });
    CHECK(overlaps == 0);
    CHECK(plain == counted);
    CHECK(counted + given_up == 3 * 4 * 1500);
    CHECK(given_up > 0);
    CHECK(mutex.try_lock());
}

TEST_CASE("nobody who waits for a mutex is passed by one who came later") {
    rill::mutex mutex;
    std::atomic<std::uint64_t> served = 0;
    std::uint64_t most = 0;  // guarded by the mutex
    const auto worker = [&]() -> rill::task<> {
        for (int i = 0; i < 1000; ++i) {
            std::uint64_t before = 0;
            const auto look = [&]() -> rill::task<> {  // runs when the lock waits already
                before = served;
                co_return;
            };
            const auto [guard, nothing] = co_await rill::when_all(mutex.lock(), look());
            most = std::max(most, served - std::min<std::uint64_t>(before, served));
            ++served;
        }
    };
    support::on_contexts(
        2, [&](std::size_t) -> rill::task<> { co_await rill::when_all(worker(), worker(), worker(), worker()); });
    CHECK(served == 2 * 4 * 1000);
    CHECK(most <= 7);  // each of the others once, because it came before
}
