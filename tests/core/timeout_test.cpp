// SPDX-License-Identifier: MIT
#include <rill/core/as_result.hpp>
#include <rill/core/run.hpp>
#include <rill/core/shield.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>

#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "support/catch.hpp"
#include "support/witness.hpp"

using namespace std::chrono_literals;
using support::testimony;
using support::witness;

namespace {

rill::task<int> value_after(std::chrono::nanoseconds delay, int value) {
    co_await rill::sleep_for(delay);
    co_return value;
}

rill::task<> sleep_forever(testimony& seen) {
    const witness here(seen);
    co_await rill::sleep_for(1h);
}

/// The code of what the await throws; none: it did not.
rill::task<std::error_code> code_of(rill::task<> work) {
    std::error_code code;
    try {
        co_await std::move(work);
    } catch (const std::system_error& error) {
        code = error.code();
    }
    co_return code;
}

}  // namespace

TEST_CASE("a timeout gives the value of what ends in time") {
    const auto body = []() -> rill::task<> {
        const int at_once = co_await rill::timeout(1h, value_after(-1ns, 1));
        const int later = co_await rill::timeout(1h, value_after(1ms, 2));
        CHECK(at_once + later == 3);
        const auto owned = []() -> rill::task<std::unique_ptr<int>> { co_return std::make_unique<int>(4); };
        const std::unique_ptr<int> moved = co_await rill::timeout(1h, owned());
        CHECK(*moved == 4);
        int number = 5;
        const auto refers = [&]() -> rill::task<int&> { co_return number; };
        int& same = co_await rill::timeout(1h, refers());
        CHECK(&same == &number);
        co_await rill::timeout(1h, rill::yield());
    };
    rill::run(body());
}

TEST_CASE("a timeout unwinds what is late, not before its time, and then says deadline_exceeded") {
    testimony seen;
    const auto body = [&]() -> rill::task<> {
        const auto before = std::chrono::steady_clock::now();
        const auto work = [&]() -> rill::task<> { co_await rill::timeout(2ms, sleep_forever(seen)); };
        const std::error_code code = co_await code_of(work());
        CHECK(std::chrono::steady_clock::now() - before >= 2ms);
        CHECK(code == rill::errc::deadline_exceeded);
        CHECK(code == std::errc::timed_out);
        CHECK(seen.made == 1);
        CHECK(seen.alive == 0);
    };
    rill::run(body());
}

TEST_CASE("a timeout tells through as_result without throwing, and its value() then throws") {
    testimony seen;
    const auto body = [&]() -> rill::task<> {
        const auto late = co_await rill::as_result(rill::timeout(1ms, sleep_forever(seen)));
        CHECK_FALSE(late);
        CHECK(late.error() == rill::errc::deadline_exceeded);
        CHECK_THROWS_WITH(late.value(), "timeout after 1 ms: the deadline has passed");
        CHECK_THROWS_AS(late.value(), std::system_error);
        const auto in_time = co_await rill::as_result(rill::timeout(1h, value_after(1us, 3)));
        CHECK(in_time.value() == 3);
    };
    rill::run(body());
}

TEST_CASE("of nested timeouts the tighter one wins, whichever is outside") {
    testimony seen;
    const auto body = [&]() -> rill::task<> {
        const auto outer_tight = co_await rill::as_result(rill::timeout(1ms, rill::timeout(1h, sleep_forever(seen))));
        CHECK(outer_tight.error() == rill::errc::deadline_exceeded);
        const auto inner_tight = co_await rill::as_result(rill::timeout(1h, rill::timeout(1ms, sleep_forever(seen))));
        CHECK(inner_tight.error() == rill::errc::deadline_exceeded);
        CHECK(seen.alive == 0);
    };
    rill::run(body());
}

TEST_CASE("when two nested deadlines pass together, the inner coroutine is not told") {
    bool told_inside = false;
    const auto body = [&]() -> rill::task<> {
        const auto when = rill::now() + 1ms;
        const auto nested = [&]() -> rill::task<> {
            static_cast<void>(co_await rill::as_result(rill::deadline(when, rill::sleep_for(1h))));
            told_inside = true;
        };
        const auto late = co_await rill::as_result(rill::deadline(when, nested()));
        CHECK(late.error() == rill::errc::deadline_exceeded);
        CHECK_THROWS_WITH(late.value(), "timeout: the deadline has passed");
    };
    rill::run(body());
    CHECK_FALSE(told_inside);
}

TEST_CASE("a stop from outside is no timeout: it unwinds the coroutine that awaits it") {
    testimony seen;
    rill::stop_source source;
    bool told = false;
    const auto work = [&]() -> rill::task<> {
        try {
            co_await rill::timeout(1h, sleep_forever(seen));
        } catch (...) {
            told = true;
        }
        told = true;
    };
    const auto stops = [&]() -> rill::task<> {
        co_await rill::yield();
        source.request_stop();
    };
    const auto body = [&]() -> rill::task<bool> {
        const auto [whole, done] = co_await rill::when_all(rill::with_stop(source.get_token(), work()), stops());
        co_return whole;
    };
    CHECK_FALSE(rill::run(body()));
    CHECK_FALSE(told);
    CHECK(seen.alive == 0);
}

TEST_CASE("a stop from outside that comes together with the timeout wins over it") {
    testimony seen;
    rill::stop_source source;
    bool told = false;
    const auto work = [&]() -> rill::task<> {
        static_cast<void>(co_await rill::as_result(rill::timeout(2ms, sleep_forever(seen))));
        told = true;
    };
    const auto stops = [&]() -> rill::task<> {
        co_await rill::yield();
        std::this_thread::sleep_for(5ms);  // the loop is late: both are due in its next turn
        source.request_stop();
    };
    const auto body = [&]() -> rill::task<bool> {
        const auto [whole, done] = co_await rill::when_all(rill::with_stop(source.get_token(), work()), stops());
        co_return whole;
    };
    CHECK_FALSE(rill::run(body()));
    CHECK_FALSE(told);
}

TEST_CASE("a value that arrives after the deadline still wins") {
    const auto body = []() -> rill::task<> {
        const auto slow = []() -> rill::task<int> {
            co_await rill::shield(rill::sleep_for(3ms));
            co_return 1;
        };
        const int value = co_await rill::timeout(1ms, slow());
        CHECK(value == 1);
        const auto blocks = []() -> rill::task<int> {
            co_await rill::yield();
            std::this_thread::sleep_for(3ms);  // never waits again
            co_return 2;
        };
        const int blocked = co_await rill::timeout(1ms, blocks());
        CHECK(blocked == 2);
    };
    rill::run(body());
}

TEST_CASE("an error that arrives after the deadline is that error, and no timeout") {
    const auto slow = []() -> rill::task<> {
        co_await rill::shield(rill::sleep_for(3ms));
        throw std::runtime_error("late");
    };
    const auto body = [&]() -> rill::task<bool> {
        try {
            co_await rill::timeout(1ms, slow());
        } catch (const std::runtime_error&) {
            co_return true;
        }
        co_return false;
    };
    CHECK(rill::run(body()));
}

TEST_CASE("a duration that is over, a deadline in the past and not-a-number do not start what they limit") {
    testimony seen;
    const auto body = [&]() -> rill::task<> {
        const auto past = rill::now() - 1ns;
        const auto zero = co_await rill::as_result(rill::timeout(0s, sleep_forever(seen)));
        const auto negative = co_await rill::as_result(rill::timeout(-5h, sleep_forever(seen)));
        const auto least = co_await rill::as_result(rill::timeout(std::chrono::hours::min(), sleep_forever(seen)));
        const auto gone = co_await rill::as_result(rill::deadline(past, sleep_forever(seen)));
        const auto first = co_await rill::as_result(rill::deadline(rill::time_point::min(), sleep_forever(seen)));
        const auto odd = co_await rill::as_result(rill::timeout(
            std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN()), sleep_forever(seen)));
        for (const auto* each : {&zero, &negative, &least, &gone, &first, &odd})
            CHECK(each->error() == rill::errc::deadline_exceeded);
        CHECK(seen.made == 0);
    };
    rill::run(body());
}

TEST_CASE("a timeout of duration::max and a deadline of time_point::max never pass") {
    const auto body = []() -> rill::task<> {
        const int one = co_await rill::timeout(std::chrono::nanoseconds::max(), value_after(1ms, 1));
        const int two = co_await rill::timeout(std::chrono::hours::max(), value_after(1ms, 2));
        const int four = co_await rill::deadline(rill::time_point::max(), value_after(1ms, 4));
        CHECK(one + two + four == 7);
    };
    rill::run(body());
}

TEST_CASE("a timeout that was stored before it is awaited counts from the await") {
    const auto body = []() -> rill::task<> {
        auto stored = rill::timeout(20ms, value_after(1ms, 3));
        std::this_thread::sleep_for(25ms);
        const int value = co_await std::move(stored);
        CHECK(value == 3);
    };
    rill::run(body());
}

TEST_CASE("the error of what ends in time passes through the timeout, and leaves no timer behind") {
    const auto fails = []() -> rill::task<> {
        co_await rill::yield();
        throw std::system_error(std::make_error_code(std::errc::connection_reset), "recv");
    };
    rill::io_context context;
    const auto body = [&]() -> rill::task<> {
        const auto work = [&]() -> rill::task<> { co_await rill::timeout(1h, fails()); };
        const std::error_code code = co_await code_of(work());
        CHECK(code == std::errc::connection_reset);
        CHECK(context.timers().empty());
        co_await rill::timeout(1h, rill::yield());
        CHECK(context.timers().empty());
    };
    context.run(body());
}
