// SPDX-License-Identifier: MIT
#include <rill/core/as_result.hpp>
#include <rill/core/run.hpp>
#include <rill/core/shield.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/when_any.hpp>
#include <rill/core/with_stop.hpp>

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/foreign_task.hpp"
#include "support/witness.hpp"
#include "support/yielding_tasks.hpp"

using namespace std::chrono_literals;
using support::fail_after;
using support::sleep_forever;
using support::testimony;
using support::value_after;
using support::witness;

namespace {

/// Ends in the second turn, also under a stop.
rill::task<int> insist(int value) {
    co_await rill::shield(rill::yield());
    if (value < 0) throw std::runtime_error("late");
    co_return value;
}

/// What it threw, or nothing.
template <class Awaitable>
rill::task<std::string> thrown_by(Awaitable work) {
    std::string what;
    try {
        co_await std::move(work);
    } catch (const std::runtime_error& error) {
        what = error.what();
    }
    co_return what;
}

}  // namespace

TEST_CASE("when_any gives the first value in its place, after the others were stopped and have ended") {
    testimony seen;
    const auto body = [&]() -> rill::task<> {
        const auto [a, seven, b] =
            co_await rill::when_any(sleep_forever(seen, 'a'), value_after(2, 7), sleep_forever(seen, 'b'));
        CHECK(seven == 7);
        CHECK_FALSE(a);
        CHECK_FALSE(b);
        CHECK(seen.log == "ab");
    };
    rill::run(body());
}

TEST_CASE("a place of when_any is an optional, a bool for void, a pointer for a reference") {
    int number = 1;
    const auto refers = [&]() -> rill::task<int&> { co_return number; };
    const auto owned = []() -> rill::task<std::unique_ptr<int>> {
        co_await rill::shield(rill::yield());
        co_return std::make_unique<int>(5);
    };
    const auto body = [&]() -> rill::task<> {
        auto places = co_await rill::when_any(owned(), rill::yield(), refers(), owned());
        static_assert(std::is_same_v<decltype(places), std::tuple<std::optional<std::unique_ptr<int>>, bool, int*,
                                                                  std::optional<std::unique_ptr<int>>>>);
        auto& [moved, yielded, referred, unstarted] = places;
        REQUIRE(moved);  // its wait was shielded, so that it completed in spite of the stop
        CHECK(**moved == 5);
        CHECK_FALSE(yielded);
        CHECK(referred == &number);
        CHECK_FALSE(unstarted);
    };
    rill::run(body());
}

TEST_CASE("those that complete together are all told by when_any") {
    const auto body = []() -> rill::task<> {
        const auto [one, two, three] = co_await rill::when_any(insist(1), insist(2), insist(3));
        CHECK(one == 1);
        CHECK(two == 2);
        CHECK(three == 3);
    };
    rill::run(body());
}

TEST_CASE("an error that comes first stops the others and is thrown after they have ended") {
    testimony seen;
    const auto body = [&]() -> rill::task<> {
        const std::string what =
            co_await thrown_by(rill::when_any(sleep_forever(seen), fail_after(2, "first"), sleep_forever(seen)));
        CHECK(what == "first");
        CHECK(seen.made == 2);
        CHECK(seen.alive == 0);
        std::vector<rill::task<int>> many;
        many.push_back(sleep_forever(seen));
        many.push_back(fail_after(1, "of many"));
        const std::string of_many = co_await thrown_by(rill::when_any(std::move(many)));
        CHECK(of_many == "of many");
        CHECK(seen.alive == 0);
    };
    rill::run(body());
}

TEST_CASE("values win over the losers' late errors in when_any, and an error that came first over late values") {
    const auto body = []() -> rill::task<> {
        const auto [seven, late] = co_await rill::when_any(insist(7), insist(-1));
        CHECK(seven == 7);
        CHECK_FALSE(late);
        const std::string what = co_await thrown_by(rill::when_any(insist(-1), insist(7)));
        CHECK(what == "late");
    };
    rill::run(body());
}

TEST_CASE("with as_result, when_any tells an error beside the values") {
    const auto fails = []() -> rill::task<int> {
        co_await rill::shield(rill::yield());
        throw std::system_error(std::make_error_code(std::errc::io_error));
    };
    const auto body = [&]() -> rill::task<> {
        const auto [error, value] = co_await rill::when_any(rill::as_result(fails()), rill::as_result(insist(7)));
        REQUIRE(error);
        CHECK(error->error() == std::errc::io_error);
        REQUIRE(value);
        CHECK(value->value() == 7);
    };
    rill::run(body());
}

TEST_CASE("a child that completes at once keeps those behind it from starting, and those before it are stopped") {
    testimony seen;
    const auto body = [&]() -> rill::task<> {
        const auto [a, b, c] = co_await rill::when_any(sleep_forever(seen), value_after(0, 1), sleep_forever(seen));
        CHECK(b == 1);
        CHECK(seen.made == 1);
        CHECK(seen.alive == 0);
    };
    rill::run(body());
}

TEST_CASE("when_any of a vector gives a vector of places, and of nothing an empty one at once") {
    testimony seen;
    const auto empty = []() -> rill::task<> { co_await rill::yield(); };
    const auto body = [&]() -> rill::task<> {
        std::vector<rill::task<int>> many;
        for (int i = 0; i < 100; ++i) many.push_back(i == 42 ? value_after(1, i) : sleep_forever(seen));
        const std::vector<std::optional<int>> values = co_await rill::when_any(std::move(many));
        REQUIRE(values.size() == 100);
        for (int i = 0; i < 100; ++i) CHECK(values[static_cast<std::size_t>(i)].has_value() == (i == 42));
        CHECK(seen.made == 99);
        CHECK(seen.alive == 0);

        std::vector<rill::task<>> voids;
        for (int i = 0; i < 2; ++i) voids.push_back(empty());
        const std::vector<bool> ended = co_await rill::when_any(std::move(voids));
        CHECK(ended == std::vector<bool>{true, false});

        const std::vector<std::optional<int>> none = co_await rill::when_any(std::vector<rill::task<int>>());
        CHECK(none.empty());
    };
    rill::run(body());
}

TEST_CASE("when_any of a vector allocates when it is called, and not any more when it is awaited") {
    const auto body = []() -> rill::task<> {
        std::vector<rill::task<int>> numbers;
        for (int i = 0; i < 20; ++i) numbers.push_back(value_after(1, i));
        auto any = rill::when_any(std::move(numbers));
        const std::size_t before = support::allocation_count();
        const std::vector<std::optional<int>> values = co_await std::move(any);
        CHECK(support::allocation_count() == before);
        CHECK(values.size() == 20);
    };
    rill::run(body());
}

TEST_CASE("a stop from outside unwinds when_any, but for what completes nevertheless, which is delivered") {
    testimony seen;
    for (const bool one_insists : {false, true}) {
        rill::stop_source source;
        bool went_on = false;
        const auto work = [&]() -> rill::task<int> {
            rill::task<int> second = one_insists ? insist(3) : sleep_forever(seen);
            const auto [a, b] = co_await rill::when_any(sleep_forever(seen), std::move(second));
            went_on = true;
            co_return b.value_or(0);
        };
        const auto stops = [&]() -> rill::task<> {
            source.request_stop();
            co_return;
        };
        const auto body = [&]() -> rill::task<> {
            const auto [value, done] = co_await rill::when_all(rill::with_stop(source.get_token(), work()), stops());
            CHECK(value == (one_insists ? std::optional<int>(3) : std::nullopt));
        };
        rill::run(body());
        CHECK(went_on == one_insists);
        CHECK(seen.alive == 0);
    }
}

TEST_CASE("a when_any that was stored, or is never awaited, owns what has not started") {
    testimony seen;
    const auto owns = [](witness) -> rill::task<int> { co_return 1; };
    {
        const auto unused = rill::when_any(owns(witness(seen)), owns(witness(seen)));
        CHECK(seen.alive == 2);
    }
    CHECK(seen.alive == 0);
    const auto body = [&]() -> rill::task<> {
        auto stored = rill::when_any(sleep_forever(seen), owns(witness(seen)));
        auto moved = std::move(stored);
        co_await rill::yield();
        const auto [nothing, one] = co_await std::move(moved);
        CHECK_FALSE(nothing);
        CHECK(one == 1);
    };
    rill::run(body());
    CHECK(seen.alive == 0);
}

TEST_CASE("when_any takes operations, combinators and foreign awaitables as well as tasks") {
    support::foreign_event event;
    const auto fires = [&]() -> rill::task<> {
        co_await rill::yield();
        event.fire();
    };
    const auto body = [&]() -> rill::task<> {
        const auto [slept, waited, woken, fired] = co_await rill::when_any(
            rill::sleep_for(1h), rill::timeout(1h, rill::when_any(rill::sleep_for(1h))), event, fires());
        CHECK_FALSE(slept);
        CHECK_FALSE(waited);
        CHECK(woken);
    };
    rill::run(body());
}
