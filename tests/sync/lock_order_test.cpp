// SPDX-License-Identifier: MIT
// Compiled twice: with RILL_LOCK_ORDER=1, and without, where it must cost nothing.
#include <rill/core/as_result.hpp>
#include <rill/core/run.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/sync/guarded.hpp>
#include <rill/sync/lock_all.hpp>
#include <rill/sync/lock_order.hpp>
#include <rill/sync/mutex.hpp>
#include <rill/sync/shared_mutex.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

#include "support/captured_stderr.hpp"
#include "support/catch.hpp"
#include "support/several_contexts.hpp"

using namespace std::chrono_literals;

#if RILL_LOCK_ORDER

namespace {

rill::task<> nested(rill::mutex& outer, rill::mutex& inner) {
    const auto first = co_await outer.lock();
    const auto second = co_await inner.lock();
}

/// What a coroutine function has had written to standard error.
template <class Coroutine>
std::string told_by(Coroutine body) {
    support::captured_stderr captured;
    rill::run(body());
    return captured.text();
}

std::size_t lines_of(const std::string& text) {
    std::size_t count = 0;
    for (const char each : text) count += each == '\n' ? 1 : 0;
    return count;
}

}  // namespace

TEST_CASE("two mutexes that are locked in opposite orders are told of once, with both places, though nothing hangs") {
    rill::mutex one;
    rill::mutex other;
    const std::string text = told_by([&]() -> rill::task<> {
        co_await nested(one, other);
        co_await nested(other, one);
        co_await nested(one, other);
        co_await nested(other, one);
    });
    CAPTURE(text);
    CHECK_THAT(text, Catch::StartsWith("rill: locks are taken in opposite orders"));
    CHECK(lines_of(text) == 3);
    std::size_t places = 0;
    for (std::size_t at = 0; (at = text.find("lock_order_test.cpp:", at)) != std::string::npos; ++at) ++places;
    CHECK(places == 4);
}

TEST_CASE("the places of an inversion are the lines where it was locked") {
    rill::mutex one;
    rill::mutex other;
    const unsigned line = __LINE__;
    const std::string text = told_by([&]() -> rill::task<> {
        {
            const auto first = co_await one.lock();            // line + 3
            const auto both = co_await rill::lock_all(other);  // line + 4
        }
        const auto first = co_await rill::timeout(1h, other.lock());  // line + 6
        const auto late = co_await rill::timeout(1h, one.lock());     // line + 7
    });
    CAPTURE(text);
    for (const unsigned each : {line + 3, line + 4, line + 6, line + 7})
        CHECK(text.find("lock_order_test.cpp:" + std::to_string(each)) != std::string::npos);
}

TEST_CASE("an inversion by way of a third mutex is told of") {
    std::array<rill::mutex, 3> all;
    const std::string text = told_by([&]() -> rill::task<> {
        co_await nested(all[0], all[1]);
        co_await nested(all[1], all[2]);
        co_await nested(all[2], all[0]);
    });
    CAPTURE(text);
    CHECK(lines_of(text) == 4);
}

TEST_CASE("what awaits a coroutine holds its own locks meanwhile") {
    rill::mutex one;
    rill::mutex other;
    const std::string text = told_by([&]() -> rill::task<> {
        const auto locks = [](rill::mutex& inner) -> rill::task<> { const auto guard = co_await inner.lock(); };
        {
            const auto first = co_await one.lock();
            co_await rill::when_all(locks(other), rill::yield());
        }
        const auto second = co_await other.lock();
        co_await rill::timeout(1h, locks(one));
    });
    CHECK(lines_of(text) == 3);
}

TEST_CASE("coroutines side by side hold nothing for each other") {
    rill::mutex one;
    rill::mutex other;
    const std::string text = told_by([&]() -> rill::task<> {
        const auto locks = [](rill::mutex& first, rill::mutex& then) -> rill::task<> {
            {
                const auto guard = co_await first.lock();
                co_await rill::yield();
            }
            const auto guard = co_await then.lock();
            co_await rill::yield();
        };
        co_await rill::when_all(locks(one, other), locks(other, one));
    });
    CHECK(text.empty());
}

TEST_CASE("lock_all is not told of, whatever the order of its arguments, and nested locks against it are") {
    std::array<rill::mutex, 2> all;
    const std::string nothing = told_by([&]() -> rill::task<> {
        static_cast<void>(co_await rill::lock_all(all[0], all[1]));
        static_cast<void>(co_await rill::lock_all(all[1], all[0]));
    });
    CHECK(nothing.empty());
    const std::string text = told_by([&]() -> rill::task<> { co_await nested(all[1], all[0]); });
    CHECK(lines_of(text) == 3);
}

TEST_CASE("who waits for what it holds is told of") {
    rill::mutex mutex;
    const std::string text = told_by([&]() -> rill::task<> {
        const auto held = co_await mutex.lock();
        static_cast<void>(co_await rill::as_result(rill::timeout(1ms, mutex.lock())));
    });
    CHECK_THAT(text, Catch::StartsWith("rill: a lock is wanted by who holds it"));
}

TEST_CASE("a guard that is moved is held on, and one that is unlocked is not") {
    rill::mutex one;
    rill::mutex other;
    const std::string text = told_by([&]() -> rill::task<> {
        auto guard = co_await one.lock();
        auto moved = std::move(guard);
        moved.unlock();
        co_await nested(other, one);
        moved = co_await one.lock();
        static_cast<void>(co_await other.lock());
    });
    CHECK(lines_of(text) == 3);
}

TEST_CASE("a mutex that ends takes what is known of it along") {
    auto one = std::make_unique<rill::mutex>();
    rill::mutex other;
    const std::string text = told_by([&]() -> rill::task<> {
        for (int i = 0; i < 10; ++i) {
            if (i % 2 == 0) {
                co_await nested(*one, other);
            } else {
                co_await nested(other, *one);
            }
            one.reset();
            one = std::make_unique<rill::mutex>();
        }
    });
    CHECK(text.empty());
}

TEST_CASE("locks that plain calls take are held by the thread") {
    rill::ordered_lock one("guarded");
    rill::ordered_lock other("guarded");
    const auto enter = [](rill::ordered_lock& outer, rill::ordered_lock& inner) {
        outer.wanted_here(rill::lock_place::current());
        const rill::held_lock first(outer, rill::lock_place::current());
        inner.wanted_here(rill::lock_place::current());
        const rill::held_lock second(inner, rill::lock_place::current());
    };
    support::captured_stderr captured;
    enter(one, other);
    std::thread([&] { enter(other, one); }).join();
    const std::string text = captured.text();
    CHECK(lines_of(text) == 3);
    CHECK(text.find("guarded") != std::string::npos);
}

TEST_CASE("shared mutexes that are locked in opposite orders are told of, also when both share them") {
    const bool shares = GENERATE(false, true);
    rill::shared_mutex one;
    rill::shared_mutex other;
    const auto nested = [&](rill::shared_mutex& outer, rill::shared_mutex& inner) -> rill::task<> {
        const auto first = co_await outer.lock_shared();
        if (shares) {
            const auto second = co_await inner.lock_shared();
        } else {
            auto second = co_await inner.lock();
            const auto moved = std::move(second);
        }
    };
    const std::string text = told_by([&]() -> rill::task<> {
        co_await nested(one, other);
        co_await nested(one, other);
        static_cast<void>(co_await other.lock());
        static_cast<void>(co_await one.lock_shared());  // which is held no more
    });
    CHECK(text.empty());
    const std::string inverted = told_by([&]() -> rill::task<> { co_await nested(other, one); });
    CHECK(lines_of(inverted) == 3);
    CHECK_THAT(inverted, Catch::Contains("locks shared_mutex"));
}

TEST_CASE("guarded values that are entered inside of each other in both orders are told of, and with_all is not") {
    rill::guarded<int> one(1);
    rill::guarded<int> other(2);
    const auto nothing = [](const int&) {};
    const auto both = [](int&, int&) {};
    {
        support::captured_stderr captured;
        rill::with_all(both, one, other);
        rill::with_all(both, other, one);
        one.with([&](int&) { other.read(nothing); });
        one.read([&](const int&) { static_cast<void>(other.try_with_for(1ms, nothing)); });
        CHECK(captured.text().empty());
    }
    support::captured_stderr captured;
    other.with([&](int&) { one.read(nothing); });
    other.read([&](const int&) { one.with(nothing); });
    const std::string text = captured.text();
    CHECK(lines_of(text) == 3);
    CHECK_THAT(text, Catch::Matchers::Contains("lock_order_test.cpp:"));
    CHECK_THAT(text, Catch::Matchers::Contains("locks guarded "));
}

TEST_CASE("several contexts that lock in one order are told nothing") {
    std::array<rill::mutex, 4> all;
    support::captured_stderr captured;
    support::on_contexts(2, [&](std::size_t) -> rill::task<> {
        const auto worker = [&]() -> rill::task<> {
            for (int i = 0; i < 200; ++i) {
                const auto first = co_await all[static_cast<std::size_t>(i % 2)].lock();
                const auto second = co_await all[static_cast<std::size_t>(2 + i % 2)].lock();
                co_await rill::yield();
            }
        };
        co_await rill::when_all(worker(), worker());
    });
    CHECK(captured.text().empty());
}

#else

static_assert(sizeof(rill::mutex::guard) == sizeof(void*));
static_assert(std::is_empty_v<rill::ordered_lock> && std::is_empty_v<rill::held_lock>);

TEST_CASE("without RILL_LOCK_ORDER nothing is told of the order of locks") {
    rill::mutex one;
    rill::mutex other;
    support::captured_stderr captured;
    const auto body = [&]() -> rill::task<> {
        static_cast<void>(co_await rill::lock_all(one, other));
        {
            const auto first = co_await one.lock();
            const auto second = co_await other.lock();
        }
        const auto second = co_await other.lock();
        const auto first = co_await one.lock();
    };
    rill::run(body());
    CHECK(captured.text().empty());
}

#endif
