// SPDX-License-Identifier: MIT
#include <rill/core/as_result.hpp>
#include <rill/core/run.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>
#include <rill/core/task_group.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <ratio>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/seeded_random.hpp"
#include "support/witness.hpp"

using namespace std::chrono_literals;
using rill::time_point;

namespace {

rill::task<> note_at(time_point when, std::string& log, char letter) {
    co_await rill::sleep_until(when);
    log += letter;
}
rill::task<> note_thrice(std::string& log, char letter) {
    for (int i = 0; i < 3; ++i) {
        log += letter;
        co_await rill::yield();
    }
}

/// Whether a sleep of this duration is still asleep after others have run for a while.
template <class Rep, class Period>
bool sleeps_long(std::chrono::duration<Rep, Period> duration) {
    const auto asleep = [&]() -> rill::task<> { co_await rill::sleep_for(duration); };
    const auto body = [&]() -> rill::task<bool> {
        const auto slept = co_await rill::as_result(rill::timeout(5ms, asleep()));
        co_return !slept;
    };
    return rill::run(body());
}

}  // namespace

TEST_CASE("a sleep is never too short, whatever its length") {
    const auto body = []() -> rill::task<> {
        for (const auto length : {1ns, 100ns, 1000ns, 50'000ns, 999'999ns, 1'000'000ns, 1'000'001ns, 3'300'000ns}) {
            const auto before = std::chrono::steady_clock::now();
            co_await rill::sleep_for(length);
            CHECK(std::chrono::steady_clock::now() - before >= length);
        }
        for (const auto length : {1ns, 10'000ns, 1'500'000ns}) {
            const time_point when = rill::now() + length;
            co_await rill::sleep_until(when);
            CHECK(std::chrono::steady_clock::now() >= when);
        }
    };
    rill::run(body());
}

TEST_CASE("sleeps end by their deadlines, equal deadlines in the order in which they began") {
    std::string log;
    const auto body = [&]() -> rill::task<> {
        const time_point soon = rill::now() + 2ms;
        co_await rill::when_all(note_at(soon + 1ms, log, 'd'), note_at(soon, log, 'a'), note_at(soon, log, 'b'),
                                note_at(soon + 1ms, log, 'e'), note_at(soon, log, 'c'));
    };
    rill::run(body());
    CHECK(log == "abcde");
}

TEST_CASE("a negative sleep, one of zero and one of not-a-number let others run, and end at once") {
    std::string log;
    const auto body = [&]() -> rill::task<> {
        const auto zero = [&]() -> rill::task<> {
            co_await rill::sleep_for(0s);
            log += 'z';
            co_await rill::sleep_for(-1h);
            log += 'n';
            co_await rill::sleep_for(std::chrono::nanoseconds::min());
            log += 'm';
            co_await rill::sleep_for(std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN()));
            log += 'N';
            co_await rill::sleep_for(std::chrono::duration<double>(-std::numeric_limits<double>::infinity()));
            log += 'i';
        };
        co_await rill::when_all(zero(), note_thrice(log, '.'));
    };
    rill::run(body());
    CHECK(log == ".z.n.mNi");
}

TEST_CASE("durations that do not fit nanoseconds, and duration::max, never end") {
    CHECK(sleeps_long(std::chrono::nanoseconds::max()));
    CHECK(sleeps_long(std::chrono::nanoseconds::max() - 1ns));
    CHECK(sleeps_long(std::chrono::hours::max()));
    CHECK(sleeps_long(std::chrono::hours(24 * 365 * 1000)));
    CHECK(sleeps_long(std::chrono::duration<double>(1e300)));
    CHECK(sleeps_long(std::chrono::duration<double>(std::numeric_limits<double>::infinity())));
    CHECK(sleeps_long(std::chrono::duration<float, std::micro>(std::numeric_limits<float>::max())));
    CHECK(sleeps_long(
        std::chrono::duration<std::int64_t, std::ratio<31556952>>(std::numeric_limits<std::int64_t>::max())));
    CHECK(sleeps_long(std::chrono::duration<std::uint64_t>(std::numeric_limits<std::uint64_t>::max())));
    CHECK(sleeps_long(std::chrono::duration<int, std::ratio<86400>>(1'000'000)));
}

TEST_CASE("a sleep until a time that has passed, however long ago, lets others run once") {
    std::string log;
    const auto body = [&]() -> rill::task<> {
        const auto past = [&]() -> rill::task<> {
            co_await rill::yield();
            co_await rill::sleep_until(rill::now() - 1h);
            log += 'p';
            co_await rill::sleep_until(time_point::min());
            log += 'm';
            co_await rill::sleep_until(time_point());
            log += '0';
        };
        co_await rill::when_all(past(), note_thrice(log, '.'));
    };
    rill::run(body());
    CHECK(log == "...pm0");
}

TEST_CASE("a sleep until time_point::max never ends, and lets go of a stop") {
    const auto forever = []() -> rill::task<> { co_await rill::sleep_until(time_point::max()); };
    const auto body = [&]() -> rill::task<bool> {
        const auto slept = co_await rill::as_result(rill::timeout(2ms, forever()));
        co_return !slept;
    };
    CHECK(rill::run(body()));
}

TEST_CASE("a sleep that is stopped at its deadline is either over or stopped, and never both") {
    support::seeded_random random;
    INFO(random.replay());
    int ended = 0;
    int stopped = 0;
    const auto body = [&]() -> rill::task<> {
        for (int round = 0; round < 300; ++round) {
            rill::stop_source source;
            int after = 0;
            const auto length = std::chrono::nanoseconds(20'000 + static_cast<int>(random.below(2000)) - 1000);
            const auto sleeper = [&]() -> rill::task<> {
                co_await rill::sleep_for(20us);
                ++after;
            };
            const auto stopper = [&]() -> rill::task<> {
                co_await rill::sleep_for(length);
                source.request_stop();
            };
            const auto [whole, done] =
                co_await rill::when_all(rill::with_stop(source.get_token(), sleeper()), stopper());
            CHECK(after == (whole ? 1 : 0));
            ++(whole ? ended : stopped);
        }
    };
    rill::run(body());
    CHECK(ended + stopped == 300);
}

TEST_CASE("those who yield go on in the order in which they did") {
    std::string log;
    const auto body = [&]() -> rill::task<> {
        co_await rill::when_all(note_thrice(log, 'a'), note_thrice(log, 'b'), note_thrice(log, 'c'));
    };
    rill::run(body());
    CHECK(log == "abcabcabc");
}

TEST_CASE("a thousand sleeps of random lengths end in order, and the clock agrees") {
    support::seeded_random random;
    INFO(random.replay());
    int early = 0;
    std::vector<time_point> ended;
    const auto body = [&]() -> rill::task<> {
        const time_point start = rill::now();
        const auto one = [&](time_point when) -> rill::task<> {
            co_await rill::sleep_until(when);
            if (rill::now() < when) ++early;
            ended.push_back(when);
        };
        const auto all = [&](rill::task_group& group) -> rill::task<> {
            for (int i = 0; i < 1000; ++i)
                group.spawn(one(start + 150ms + std::chrono::microseconds(random.below(5000))));
            co_return;
        };
        co_await rill::with_task_group(all);
    };
    rill::run(body());
    CHECK(early == 0);
    CHECK(ended.size() == 1000);
    CHECK(std::is_sorted(ended.begin(), ended.end()));
}

TEST_CASE("a stop that comes while a yield waits for its turn lands at that yield") {
    for (const bool by_sleep : {false, true}) {
        rill::stop_source source;
        bool resumed = false;
        const auto yields = [&]() -> rill::task<> {
            if (by_sleep) {
                co_await rill::sleep_for(0s);
            } else {
                co_await rill::yield();
            }
            resumed = true;
        };
        const auto stops = [&]() -> rill::task<> {
            source.request_stop();
            co_return;
        };
        const auto body = [&]() -> rill::task<bool> {
            const auto [whole, done] = co_await rill::when_all(rill::with_stop(source.get_token(), yields()), stops());
            co_return whole;
        };
        CHECK_FALSE(rill::run(body()));
        CHECK_FALSE(resumed);
    }
}

TEST_CASE("without a context the library's clock is the steady clock") {
    const time_point before = std::chrono::steady_clock::now();
    const time_point between = rill::now();
    CHECK(before <= between);
    CHECK(between <= std::chrono::steady_clock::now());
}
