// SPDX-License-Identifier: MIT
#include <rill/core/run.hpp>
#include <rill/core/shield.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>

#include <chrono>
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

using namespace std::chrono_literals;
using support::testimony;
using support::witness;

namespace {

rill::task<int> value_after(std::chrono::nanoseconds delay, int value) {
    co_await rill::sleep_for(delay);
    co_return value;
}
rill::task<int> fail_after(std::chrono::nanoseconds delay, std::string what) {
    co_await rill::sleep_for(delay);
    throw std::runtime_error(what);
}
rill::task<int> fail_at_once(std::string what) {
    throw std::runtime_error(what);
    co_return 0;
}
rill::task<int> sleep_forever(testimony& seen) {
    const witness here(seen);
    co_await rill::sleep_for(1h);
    co_return 0;
}
rill::task<> note(std::string& log, char letter) {
    log += letter;
    co_await rill::yield();
    log += letter;
}
rill::task<std::unique_ptr<int>> owned(int value) {
    co_await rill::yield();
    co_return std::make_unique<int>(value);
}

/// What it threw, or nothing.
template <class Awaitable>
rill::task<std::string> error_of(Awaitable work) {
    std::string what;
    try {
        co_await std::move(work);
    } catch (const std::runtime_error& error) {
        what = error.what();
    }
    co_return what;
}

}  // namespace

TEST_CASE("when_all gives a tuple of the values in the order of the arguments, whoever ends first") {
    int number = 1;
    const auto refers = [&]() -> rill::task<int&> { co_return number; };
    const auto body = [&]() -> rill::task<> {
        auto [one, two, three, four, five] =
            co_await rill::when_all(value_after(2ms, 1), value_after(1ms, 2), rill::yield(), refers(), owned(5));
        CHECK(one == 1);
        CHECK(two == 2);
        CHECK(three == rill::nothing());
        CHECK(&four == &number);
        CHECK(*five == 5);
        static_assert(std::is_same_v<decltype(four), int&>);
    };
    rill::run(body());
}

TEST_CASE("when_all of nothing ends at once") {
    const auto body = []() -> rill::task<> {
        const std::tuple<> none = co_await rill::when_all();
        static_cast<void>(none);
        const std::vector<int> no_values = co_await rill::when_all(std::vector<rill::task<int>>());
        CHECK(no_values.empty());
        co_await rill::when_all(std::vector<rill::task<>>());
    };
    rill::run(body());
}

TEST_CASE("when_all of a vector gives a vector of the values, of bools and of what only moves too") {
    const auto truth = [](bool value) -> rill::task<bool> { co_return value; };
    const auto body = [&]() -> rill::task<> {
        std::vector<rill::task<int>> numbers;
        std::vector<rill::task<std::unique_ptr<int>>> pointers;
        std::vector<rill::task<bool>> truths;
        for (int i = 0; i < 100; ++i) {
            numbers.push_back(value_after(std::chrono::microseconds(100 - i), i));
            pointers.push_back(owned(i));
            truths.push_back(truth(i % 2 == 0));
        }
        const std::vector<int> values = co_await rill::when_all(std::move(numbers));
        const std::vector<std::unique_ptr<int>> moved = co_await rill::when_all(std::move(pointers));
        const std::vector<bool> bits = co_await rill::when_all(std::move(truths));
        REQUIRE(values.size() == 100);
        REQUIRE(moved.size() == 100);
        int wrong = 0;
        for (int i = 0; i < 100; ++i) {
            const auto at = static_cast<std::size_t>(i);
            if (values[at] != i || *moved[at] != i || bits[at] != (i % 2 == 0)) ++wrong;
        }
        CHECK(wrong == 0);
    };
    rill::run(body());
}

TEST_CASE("when_all of a vector allocates when it is called, and not any more when it is awaited") {
    const auto body = []() -> rill::task<> {
        std::vector<rill::task<int>> numbers;
        for (int i = 0; i < 20; ++i) numbers.push_back(value_after(-1ns, i));
        auto all = rill::when_all(std::move(numbers));
        const std::size_t before = support::allocation_count();
        const std::vector<int> values = co_await std::move(all);
        CHECK(support::allocation_count() == before);
        CHECK(values.size() == 20);
    };
    rill::run(body());
}

TEST_CASE("the children of when_all start in the order of the arguments, and take turns") {
    std::string log;
    const auto body = [&]() -> rill::task<> {
        co_await rill::when_all(note(log, 'a'), note(log, 'b'), note(log, 'c'));
        std::vector<rill::task<>> more;
        for (const char letter : {'x', 'y', 'z'}) more.push_back(note(log, letter));
        co_await rill::when_all(std::move(more));
    };
    rill::run(body());
    CHECK(log == "abcabcxyzxyz");
}

TEST_CASE("the first error stops the others, is thrown after they have ended, and later errors are dropped") {
    testimony seen;
    const auto late = [&]() -> rill::task<int> {
        const witness here(seen);
        co_await rill::shield(rill::sleep_for(3ms));  // no stop reaches it
        throw std::runtime_error("second");
    };
    const auto body = [&]() -> rill::task<> {
        const std::string first =
            co_await error_of(rill::when_all(sleep_forever(seen), late(), fail_after(1ms, "first")));
        CHECK(first == "first");
        CHECK(seen.made == 2);
        CHECK(seen.alive == 0);
        std::vector<rill::task<int>> many;
        many.push_back(sleep_forever(seen));
        many.push_back(fail_after(1ms, "of many"));
        many.push_back(sleep_forever(seen));
        const std::string of_many = co_await error_of(rill::when_all(std::move(many)));
        CHECK(of_many == "of many");
        CHECK(seen.alive == 0);
    };
    rill::run(body());
}

TEST_CASE("a child that fails at once keeps those behind it from starting") {
    testimony seen;
    const auto body = [&]() -> rill::task<> {
        const std::string what =
            co_await error_of(rill::when_all(sleep_forever(seen), fail_at_once("no"), sleep_forever(seen)));
        CHECK(what == "no");
        CHECK(seen.made == 1);
        CHECK(seen.alive == 0);
    };
    rill::run(body());
}

TEST_CASE("a when_all that was stored, or is never awaited, owns what has not started") {
    testimony seen;
    const auto owns = [](witness) -> rill::task<> { co_return; };
    {
        const auto unused = rill::when_all(owns(witness(seen)), owns(witness(seen)));
        CHECK(seen.alive == 2);
    }
    CHECK(seen.alive == 0);
    const auto body = [&]() -> rill::task<> {
        auto stored = rill::when_all(owns(witness(seen)), value_after(1us, 3));
        auto moved = std::move(stored);
        co_await rill::yield();
        const auto [nothing, three] = co_await std::move(moved);
        CHECK(three == 3);
    };
    rill::run(body());
    CHECK(seen.alive == 0);
}

TEST_CASE("a stop ends all children of when_all, the last of them ends it, and its coroutine does not go on") {
    testimony seen;
    rill::stop_source source;
    bool went_on = false;
    const auto work = [&]() -> rill::task<> {
        const auto slow = [&]() -> rill::task<> {
            const witness here(seen, 's');
            co_await rill::shield(rill::sleep_for(2ms));
        };
        const auto quick = [&]() -> rill::task<> {
            const witness here(seen, 'q');
            co_await rill::sleep_for(1h);
        };
        const witness here(seen, 'w');
        co_await rill::when_all(slow(), quick());
        went_on = true;
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
    CHECK(seen.log == "qsw");
    CHECK_FALSE(went_on);
}

TEST_CASE("when all children had completed by the time of the stop, their values are delivered") {
    rill::stop_source source;
    const auto work = [&]() -> rill::task<int> {
        const auto finish = [](int value) -> rill::task<int> {
            co_await rill::shield(rill::sleep_for(1ms));
            co_return value;
        };
        const auto [one, two] = co_await rill::when_all(finish(1), finish(2));
        co_return one + two;
    };
    const auto stops = [&]() -> rill::task<> {
        co_await rill::yield();
        source.request_stop();
    };
    const auto body = [&]() -> rill::task<> {
        const auto [sum, done] = co_await rill::when_all(rill::with_stop(source.get_token(), work()), stops());
        CHECK(sum == 3);
    };
    rill::run(body());
}

TEST_CASE("an error beside a stop from outside is thrown, as it came first") {
    rill::stop_source source;
    const auto body = [&]() -> rill::task<> {
        const auto fails_and_stops = [&]() -> rill::task<int> {
            source.request_stop();
            throw std::runtime_error("both");
            co_return 0;
        };
        testimony seen;
        const auto work = [&]() -> rill::task<std::string> {
            co_return co_await error_of(rill::when_all(sleep_forever(seen), fails_and_stops()));
        };
        const std::optional<std::string> what = co_await rill::with_stop(source.get_token(), work());
        CHECK(what == "both");
        CHECK(seen.alive == 0);
    };
    rill::run(body());
}

TEST_CASE("when_all takes operations, combinators and foreign awaitables as well as tasks") {
    support::foreign_event event;
    const auto foreign = []() -> support::foreign_task<int> { co_return 4; };
    const auto fires = [&]() -> rill::task<> {
        co_await rill::yield();
        event.fire();
    };
    const auto body = [&]() -> rill::task<> {
        const auto [a, b, c, d, e, f] =
            co_await rill::when_all(rill::sleep_for(1us), rill::timeout(1h, value_after(1us, 2)),
                                    rill::when_all(value_after(1us, 3)), foreign(), event, fires());
        CHECK(b == 2);
        CHECK(std::get<0>(c) == 3);
        CHECK(d == 4);
    };
    rill::run(body());
}
