// SPDX-License-Identifier: MIT
#include <rill/core/interval.hpp>
#include <rill/core/run.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>

#include <chrono>
#include <cstdint>
#include <ratio>
#include <system_error>
#include <thread>

#include "support/catch.hpp"

using namespace std::chrono_literals;

namespace {

template <class Rep, class Period>
std::error_code error_of(std::chrono::duration<Rep, Period> period) {
    try {
        const rill::interval made(period);
    } catch (const std::system_error& error) {
        return error.code();
    }
    return {};
}

}  // namespace

TEST_CASE("no tick is early, and the ticks do not drift: they stand on a grid from the making of the interval") {
    const auto body = []() -> rill::task<> {
        constexpr auto period = 2ms;
        const auto before = rill::now();
        rill::interval tick(period);
        const auto after = rill::now();
        std::int64_t ticks = 0;
        while (ticks < 20) {
            co_await rill::sleep_for(700us);  // work, by which anything but a grid would be shifted
            const auto asked = rill::now();
            const std::int64_t more = co_await tick.next();
            REQUIRE(more >= 1);
            ticks += more;
            CHECK(rill::now() >= before + ticks * period);
            CHECK(ticks >= (asked - after) / period);
        }
    };
    rill::run(body());
}

TEST_CASE("ticks that were missed are told by the next call, and not made up for") {
    const auto body = []() -> rill::task<> {
        const auto before = rill::now();
        rill::interval tick(1ms);
        std::this_thread::sleep_for(10ms);
        const std::int64_t missed = co_await tick.next();
        CHECK(missed >= 10);
        const std::int64_t more = co_await tick.next();
        CHECK(more >= 1);
        CHECK(rill::now() >= before + (missed + more) * 1ms);
    };
    rill::run(body());
}

TEST_CASE("a next that was stopped takes no tick: the following one tells of it") {
    const auto body = []() -> rill::task<> {
        rill::interval tick(50ms);  // more than the stop needs, on whatever machine
        const auto begin = rill::now();
        rill::stop_source over;
        const auto stopper = [&]() -> rill::task<> {
            co_await rill::yield();
            over.request_stop();
        };
        const auto stopped = [&]() -> rill::task<> {
            const auto none = co_await rill::with_stop(over.get_token(), tick.next());
            CHECK_FALSE(none);
        };
        co_await rill::when_all(stopped(), stopper());
        std::this_thread::sleep_for(110ms);
        const auto refused = co_await rill::with_stop(over.get_token(), tick.next());
        CHECK_FALSE(refused);
        const std::int64_t ticks = co_await tick.next();
        CHECK(ticks >= 2);
        CHECK(rill::now() >= begin + 100ms);
    };
    rill::run(body());
}

TEST_CASE("two that wait for the same tick are told of the same ticks, and none is told twice afterwards") {
    const auto body = []() -> rill::task<> {
        const auto before = rill::now();
        rill::interval tick(1ms);
        std::int64_t sum = 0;
        for (int round = 0; round < 5; ++round) {
            const auto [left, right] = co_await rill::when_all(tick.next(), tick.next());
            CHECK(left >= 1);
            CHECK(right >= left);
            sum += right;
        }
        CHECK(rill::now() >= before + sum * 1ms);
    };
    rill::run(body());
}

TEST_CASE("a period of zero or less is an invalid argument") {
    CHECK(error_of(0ms) == std::errc::invalid_argument);
    CHECK(error_of(-1ns) == std::errc::invalid_argument);
    CHECK(error_of(std::chrono::hours::min()) == std::errc::invalid_argument);
    CHECK(error_of(std::chrono::duration<double>(-0.5)) == std::errc::invalid_argument);
    CHECK_FALSE(error_of(std::chrono::duration<double, std::pico>(1)));  // rounded up
}

TEST_CASE("a huge period does not tick, and does not overflow") {
    const auto body = []() -> rill::task<> {
        rill::interval longest(std::chrono::hours::max());
        rill::interval no_end(std::chrono::nanoseconds::max());
        rill::interval nearly(std::chrono::nanoseconds::max() - 1ns);
        rill::interval half(std::chrono::nanoseconds::max() / 2);
        rill::interval quick(1ms);
        const auto some = [](rill::interval& each) -> rill::task<> { co_await each.next(); };
        for (rill::interval* const each : {&longest, &no_end, &nearly, &half}) {
            rill::stop_source over;
            const auto stopper = [&]() -> rill::task<> {
                co_await quick.next();
                over.request_stop();
            };
            const auto stopped = [&]() -> rill::task<> {
                const bool ticked = co_await rill::with_stop(over.get_token(), some(*each));
                CHECK_FALSE(ticked);
            };
            co_await rill::when_all(stopped(), stopper());
        }
    };
    rill::run(body());
}
