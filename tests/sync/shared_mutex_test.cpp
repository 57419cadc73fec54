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
#include <rill/sync/shared_mutex.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/foreign_task.hpp"
#include "support/seeded_random.hpp"
#include "support/several_contexts.hpp"

using namespace std::chrono_literals;

namespace {

/// Notes a letter when it has the mutex alone, holds it for one turn, and notes it in small.
rill::task<> write(std::string& log, char letter, rill::shared_mutex& mutex) {
    const auto guard = co_await mutex.lock();
    log += letter;
    co_await rill::yield();
    log += static_cast<char>(letter + ('a' - 'A'));
}
rill::task<> read(std::string& log, char letter, rill::shared_mutex& mutex) {
    const auto guard = co_await mutex.lock_shared();
    log += letter;
    co_await rill::yield();
    log += static_cast<char>(letter + ('a' - 'A'));
}

}  // namespace

TEST_CASE("readers share a shared mutex, and a writer has it alone") {
    rill::shared_mutex mutex;
    std::string log;
    const auto body = [&]() -> rill::task<> {
        co_await rill::when_all(read(log, 'A', mutex), read(log, 'B', mutex), write(log, 'X', mutex),
                                write(log, 'Y', mutex));
    };
    rill::run(body());
    CHECK(log == "ABabXxYy");
    CHECK(mutex.try_lock());
}

TEST_CASE("a reader that comes while a writer waits goes behind it, and then readers go on together") {
    rill::shared_mutex mutex;
    std::string log;
    const auto body = [&]() -> rill::task<> {
        co_await rill::when_all(read(log, 'A', mutex), write(log, 'X', mutex), read(log, 'B', mutex),
                                read(log, 'C', mutex), write(log, 'Y', mutex), read(log, 'D', mutex));
    };
    rill::run(body());
    CHECK(log == "AaXxBCbcYyDd");
}

TEST_CASE("readers who are always back do not starve a writer") {
    rill::shared_mutex mutex;
    bool written = false;
    int reads = 0;
    const auto reader = [&]() -> rill::task<> {
        while (!written) {
            const auto guard = co_await mutex.lock_shared();
            co_await rill::yield();
            ++reads;
        }
    };
    const auto writer = [&]() -> rill::task<> {
        co_await rill::yield();
        const int before = reads;
        const auto guard = co_await mutex.lock();
        CHECK(reads - before <= 3);
        written = true;
    };
    const auto body = [&]() -> rill::task<> { co_await rill::when_all(reader(), reader(), reader(), writer()); };
    rill::run(body());
    CHECK(written);
}

TEST_CASE("try_lock and try_lock_shared take a shared mutex only if they need not wait") {
    rill::shared_mutex mutex;
    {
        const auto one = mutex.try_lock_shared();
        const auto other = mutex.try_lock_shared();
        CHECK(one);
        CHECK(other);
        CHECK_FALSE(mutex.try_lock());
    }
    auto alone = mutex.try_lock();
    REQUIRE(alone);
    CHECK_FALSE(mutex.try_lock());
    CHECK_FALSE(mutex.try_lock_shared());
    alone->unlock();
    alone->unlock();
    CHECK(mutex.try_lock_shared());
    CHECK(mutex.try_lock());
}

TEST_CASE("try_lock_shared does not pass a writer that waits") {
    rill::shared_mutex mutex;
    const auto body = [&]() -> rill::task<> {
        auto reading = co_await mutex.lock_shared();
        const auto looks = [&]() -> rill::task<> {
            CHECK_FALSE(mutex.try_lock_shared());
            reading.unlock();
            co_return;
        };
        co_await rill::when_all(mutex.lock(), looks());
    };
    rill::run(body());
    CHECK(mutex.try_lock());
}

TEST_CASE("guards of a shared mutex that are moved hold it on, and give it back once") {
    rill::shared_mutex mutex;
    auto first = *mutex.try_lock_shared();
    auto second = std::move(first);
    CHECK_FALSE(first.owns_lock());
    CHECK(second.owns_lock());
    CHECK_FALSE(mutex.try_lock());
    second = rill::shared_mutex::shared_guard();
    auto alone = *mutex.try_lock();
    auto moved = std::move(alone);
    moved = rill::shared_mutex::guard();
    CHECK(mutex.try_lock());
}

TEST_CASE("when a writer that waits is stopped, the readers behind it go on") {
    rill::shared_mutex mutex;
    std::string log;
    const auto body = [&]() -> rill::task<> {
        rill::stop_source source;
        auto reading = co_await mutex.lock_shared();
        const auto stops = [&]() -> rill::task<> {
            CHECK(log.empty());
            source.request_stop();
            co_return;
        };
        co_await rill::when_all(rill::with_stop(source.get_token(), write(log, 'X', mutex)), read(log, 'A', mutex),
                                stops());
    };
    rill::run(body());
    CHECK(log == "Aa");
    CHECK(mutex.try_lock());
}

TEST_CASE("a stopped lock of a shared mutex to which it was handed completes with it") {
    rill::shared_mutex mutex;
    const auto body = [&]() -> rill::task<> {
        rill::stop_source source;
        auto held = co_await mutex.lock();
        const auto unlocks = [&]() -> rill::task<> {
            held.unlock();
            source.request_stop();
            co_return;
        };
        const auto [shared, nothing] =
            co_await rill::when_all(rill::with_stop(source.get_token(), mutex.lock_shared()), unlocks());
        CHECK(shared);
        CHECK_FALSE(mutex.try_lock());
    };
    rill::run(body());
    CHECK(mutex.try_lock());
}

TEST_CASE("a time-out on a shared mutex gives up its place, and a shielded lock keeps it") {
    rill::shared_mutex mutex;
    const auto body = [&]() -> rill::task<> {
        auto reading = co_await mutex.lock_shared();
        const auto late = co_await rill::as_result(rill::timeout(1ms, mutex.lock()));
        CHECK(late.error() == std::errc::timed_out);
        CHECK(mutex.try_lock_shared());
        rill::stop_source source;
        bool locked = false;
        const auto waits = [&]() -> rill::task<> {
            const auto guard = co_await rill::shield(mutex.lock());
            locked = true;
        };
        const auto stops = [&]() -> rill::task<> {
            source.request_stop();
            for (int i = 0; i < 3; ++i) co_await rill::yield();
            reading.unlock();
        };
        co_await rill::when_all(rill::with_stop(source.get_token(), waits()), stops());
        CHECK(locked);
    };
    rill::run(body());
    CHECK(mutex.try_lock());
}

TEST_CASE("foreign coroutines share a shared mutex") {
    rill::shared_mutex mutex;
    const auto body = [&]() -> rill::task<> {
        auto held = co_await mutex.lock();
        int inside = 0;
        const auto foreign = [&]() -> support::foreign_eager {
            const auto guard = co_await mutex.lock_shared();
            ++inside;
        };
        const auto one = foreign();
        const auto other = foreign();
        held.unlock();
        while (!one.done() || !other.done()) co_await rill::yield();
        CHECK(inside == 2);
    };
    rill::run(body());
}

TEST_CASE("waiting for a shared mutex costs no allocation") {
    if (!support::allocations_are_watched) {
        WARN("this build can't count allocations");
        return;
    }
    rill::shared_mutex mutex;
    std::string log;
    log.reserve(100);
    const auto body = [&]() -> rill::task<> {
        auto one = write(log, 'X', mutex);
        auto two = read(log, 'A', mutex);
        auto three = read(log, 'B', mutex);
        auto four = write(log, 'Y', mutex);
        const std::size_t before = support::allocation_count();
        co_await rill::when_all(std::move(one), std::move(two), std::move(three), std::move(four));
        CHECK(support::allocation_count() == before);
    };
    rill::run(body());
}

TEST_CASE("readers and writers of several contexts who give up at random never meet, and nobody is forgotten") {
    support::seeded_random seeds;
    INFO(seeds.replay());
    const std::uint64_t seed = seeds.next();
    rill::shared_mutex mutex;
    int plain = 0;  // guarded by the mutex, so that ThreadSanitizer sees whether it is
    std::atomic<int> writers = 0;
    std::atomic<int> readers = 0;
    std::atomic<int> wrong = 0;
    std::atomic<int> written = 0;
    const auto writes = [&](support::seeded_random& random, bool limited) -> rill::task<> {
        std::optional<rill::shared_mutex::guard> guard;
        if (limited) {
            auto got =
                co_await rill::as_result(rill::timeout(std::chrono::microseconds(random.below(60)), mutex.lock()));
            if (got) guard = std::move(got).value();
        } else {
            guard = co_await mutex.lock();
        }
        if (!guard) co_return;
        if (writers++ != 0 || readers != 0) ++wrong;
        ++plain;
        ++written;
        if (random.one_in(3)) co_await rill::yield();
        --writers;
    };
    const auto reads = [&](support::seeded_random& random, bool limited) -> rill::task<> {
        std::optional<rill::shared_mutex::shared_guard> guard;
        if (limited) {
            auto got = co_await rill::as_result(
                rill::timeout(std::chrono::microseconds(random.below(60)), mutex.lock_shared()));
            if (got) guard = std::move(got).value();
        } else {
            guard = co_await mutex.lock_shared();
        }
        if (!guard) co_return;
        ++readers;
        if (writers != 0 || plain < 0) ++wrong;
        if (random.one_in(3)) co_await rill::yield();
        --readers;
    };
    const auto worker = [&](std::uint64_t mine) -> rill::task<> {
        support::seeded_random random(mine);
        for (int i = 0; i < 1000; ++i) {
            const bool limited = random.one_in(3);
            if (random.one_in(3)) {
                co_await writes(random, limited);
            } else {
                co_await reads(random, limited);
            }
        }
    };
    support::on_contexts(3, [&](std::size_t index) -> rill::task<> {
        const std::uint64_t base = seed + 10 * index;
        co_await rill::when_all(worker(base), worker(base + 1), worker(base + 2), worker(base + 3));
    });
    CHECK(wrong == 0);
    CHECK(plain == written);
    CHECK(mutex.try_lock());
}
