// SPDX-License-Identifier: MIT
#include <rill/core/as_result.hpp>
#include <rill/core/generator.hpp>
#include <rill/core/run.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/stop_token.hpp>
#include <rill/core/task.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/small_stack.hpp"
#include "support/witness.hpp"

using namespace std::chrono_literals;
using support::testimony;
using support::witness;

namespace {

/// How a generator comes from one value to the next.
enum class pace { at_once, yields, sleeps, nested };

rill::task<> pause(pace how) {
    if (how == pace::yields) co_await rill::yield();
    if (how == pace::sleeps) co_await rill::sleep_for(10us);
    if (how == pace::nested) co_await pause(pace::yields);
}

rill::generator<int> count_to(int last, pace how = pace::at_once) {
    for (int i = 1; i <= last; ++i) {
        if (how != pace::at_once) co_await pause(how);
        co_yield i;
    }
}

rill::generator<int> count_forever(testimony& seen, pace how = pace::at_once) {
    const witness here(seen, 'g');
    for (int i = 1;; ++i) {
        if (how != pace::at_once) co_await pause(how);
        co_yield i;
    }
}

rill::generator<int> fail_after_one(testimony& seen, pace how) {
    const witness here(seen);
    co_yield 1;
    if (how != pace::at_once) co_await pause(how);
    throw std::runtime_error("broken");
}

/// Waits for ever below two tasks, after a value.
rill::task<> wait_forever(testimony& seen) {
    const witness here(seen, 'w');
    co_await rill::sleep_for(1h);
}
rill::task<> wait_deeper(testimony& seen) {
    const witness here(seen, 'd');
    co_await wait_forever(seen);
}
rill::generator<int> one_then_waits(testimony& seen) {
    const witness here(seen, 'g');
    co_yield 1;
    co_await wait_deeper(seen);
    co_yield 2;
}

/// Each level passes on what the one below gives.
rill::generator<int> nested_generators(int level, int last, pace how, testimony& seen) {
    const witness here(seen);
    if (level == 0) {
        for (int i = 1; i <= last; ++i) {
            if (how != pace::at_once) co_await pause(how);
            co_yield i;
        }
        co_return;
    }
    auto below = nested_generators(level - 1, last, how, seen);
    while (int* const each = co_await below.next()) co_yield *each;
}

rill::task<long long> sum_of(rill::generator<int> numbers) {
    long long sum = 0;
    while (const int* const each = co_await numbers.next()) sum += *each;
    co_return sum;
}

struct with_name {  // an aggregate that owns memory
    std::string name;
    int number;
};

}  // namespace

TEST_CASE("a generator gives its values in order and then null, however it comes to them") {
    const pace how = GENERATE(pace::at_once, pace::yields, pace::sleeps, pace::nested);
    const auto body = [&]() -> rill::task<> {
        auto numbers = count_to(3, how);
        std::vector<int> given;
        while (const int* const each = co_await numbers.next()) given.push_back(*each);
        CHECK(given == std::vector{1, 2, 3});
        auto* const given_0 = co_await numbers.next();
        CHECK(given_0 == nullptr);
        auto* const given_1 = co_await numbers.next();
        CHECK(given_1 == nullptr);
        auto nothing = count_to(0, how);
        auto* const given_2 = co_await nothing.next();
        CHECK(given_2 == nullptr);
    };
    rill::run(body());
}

TEST_CASE("nothing of a generator runs before its first next, and nothing between two of them") {
    const auto body = []() -> rill::task<> {
        std::string log;
        const auto letters = [](std::string& to) -> rill::generator<char> {
            for (char c = 'a'; c <= 'c'; ++c) {
                to += c;
                co_yield c;
            }
            to += '.';
        };
        auto each = letters(log);
        co_await rill::yield();
        CHECK(log.empty());
        co_await each.next();
        co_await rill::yield();
        CHECK(log == "a");
        co_await each.next();
        CHECK(log == "ab");
        co_await each.next();
        auto* const given_0 = co_await each.next();
        CHECK(given_0 == nullptr);
        CHECK(log == "abc.");
    };
    rill::run(body());
}

TEST_CASE("co_yield lends a variable, takes what moves, copies a constant and converts what is given") {
    const auto body = []() -> rill::task<> {
        const auto texts = []() -> rill::generator<std::string> {
            std::string lent = "lent";
            co_yield lent;
            CHECK(lent == "changed");
            const std::string constant = "a constant that does not fit into the object itself";
            co_yield constant;
            CHECK(constant.starts_with("a constant"));
            co_yield std::move(lent);
            co_yield "a literal";
            co_yield std::string(100, 'x');
        };
        auto each = texts();
        std::string* text = co_await each.next();
        REQUIRE(text != nullptr);
        CHECK(*text == "lent");
        *text = "changed";
        text = co_await each.next();
        CHECK(*text == "a constant that does not fit into the object itself");
        const std::string stolen = std::move(*text);
        text = co_await each.next();
        CHECK(*text == "changed");
        text = co_await each.next();
        CHECK(*text == "a literal");
        text = co_await each.next();
        CHECK(*text == std::string(100, 'x'));
        auto* const given_0 = co_await each.next();
        CHECK(given_0 == nullptr);
    };
    rill::run(body());
}

TEST_CASE("a generator gives what only moves, aggregates, references and constants") {
    const auto body = []() -> rill::task<> {
        const auto owners = []() -> rill::generator<std::unique_ptr<int>> {
            co_yield std::make_unique<int>(1);
            auto two = std::make_unique<int>(2);
            co_yield two;
        };
        auto owner = owners();
        const std::unique_ptr<int> kept = std::move(*co_await owner.next());
        CHECK(*kept == 1);
        auto* const given_0 = co_await owner.next();
        CHECK(**given_0 == 2);

        const auto named = []() -> rill::generator<with_name> {
            for (int i = 0; i < 3; ++i) {
                with_name each{std::string(40, 'n'), i};
                co_yield each;
            }
        };
        auto names = named();
        int sum = 0;
        while (const with_name* const each = co_await names.next())
            sum += each->number + static_cast<int>(each->name.size());
        CHECK(sum == 123);

        std::vector<int> many{1, 2, 3};
        const auto places = [](std::vector<int>& in) -> rill::generator<int&> {
            for (int& each : in) co_yield each;
        };
        auto place = places(many);
        static_assert(std::is_same_v<decltype(place.next().result()), int*>);
        for (int* each = nullptr; (each = co_await place.next()) != nullptr;) *each *= 10;
        CHECK(many == std::vector{10, 20, 30});

        const auto looks = [](const std::vector<int>& in) -> rill::generator<const int&> {
            for (const int& each : in) co_yield each;
            co_yield 7;
        };
        auto look = looks(many);
        static_assert(std::is_same_v<decltype(look.next().result()), const int*>);
        auto* const given_1 = co_await look.next();
        CHECK(given_1 == &many[0]);
        co_await look.next();
        co_await look.next();
        auto* const given_2 = co_await look.next();
        CHECK(*given_2 == 7);
    };
    rill::run(body());
}

TEST_CASE("an error comes out of next, the frame is gone by then, and afterwards next gives null") {
    const pace how = GENERATE(pace::at_once, pace::yields, pace::nested);
    const auto body = [&]() -> rill::task<> {
        testimony seen;
        auto numbers = fail_after_one(seen, how);
        auto* const given_0 = co_await numbers.next();
        CHECK(*given_0 == 1);
        bool caught = false;
        try {
            co_await numbers.next();
        } catch (const std::runtime_error& error) {
            caught = error.what() == std::string("broken");
            CHECK(seen.alive == 0);
        }
        CHECK(caught);
        auto* const given_1 = co_await numbers.next();
        CHECK(given_1 == nullptr);
    };
    rill::run(body());
}

TEST_CASE("the frame of a generator that has come to its end is gone with the null, not with the object") {
    const auto body = []() -> rill::task<> {
        testimony seen;
        const auto one = [](testimony& in) -> rill::generator<int> {
            const witness here(in);
            co_yield 1;
        };
        auto each = one(seen);
        co_await each.next();
        CHECK(seen.alive == 1);
        co_await each.next();
        CHECK(seen.alive == 0);
    };
    rill::run(body());
}

TEST_CASE("a generator that is destroyed midway destroys its frame, also below other generators and tasks") {
    const auto body = []() -> rill::task<> {
        testimony seen;
        {
            const auto never = count_forever(seen);
        }
        for (const pace how : {pace::at_once, pace::yields, pace::nested}) {
            auto numbers = count_forever(seen, how);
            auto* const given_0 = co_await numbers.next();
            CHECK(*given_0 == 1);
            auto* const given_1 = co_await numbers.next();
            CHECK(*given_1 == 2);
        }
        CHECK(seen.alive == 0);
        const auto deep = [](testimony& in) -> rill::task<> {
            auto numbers = nested_generators(5, 10, pace::nested, in);
            auto* const given_2 = co_await numbers.next();
            CHECK(*given_2 == 1);
            auto* const given_3 = co_await numbers.next();
            CHECK(*given_3 == 2);
            CHECK(in.alive == 6);
        };
        co_await deep(seen);
        CHECK(seen.alive == 0);
    };
    rill::run(body());
}

TEST_CASE("a generator moves between two next, and what was moved from gives null") {
    const auto body = []() -> rill::task<> {
        testimony seen;
        auto first = count_forever(seen, pace::yields);
        auto* const given_0 = co_await first.next();
        CHECK(*given_0 == 1);
        auto second = std::move(first);
        auto* const given_1 = co_await second.next();
        CHECK(*given_1 == 2);
        auto* const given_2 = co_await first.next();
        CHECK(given_2 == nullptr);
        first = count_forever(seen);
        auto* const given_3 = co_await first.next();
        CHECK(*given_3 == 1);
        CHECK(seen.alive == 2);
        first = std::move(second);
        CHECK(seen.alive == 1);
        auto* const given_4 = co_await first.next();
        CHECK(*given_4 == 3);
        rill::generator<int> empty;
        auto* const given_5 = co_await empty.next();
        CHECK(given_5 == nullptr);
    };
    rill::run(body());
}

TEST_CASE("a stop of the consumer unwinds the producer, innermost frame first, without an exception") {
    testimony seen;
    const auto consumer = [&]() -> rill::task<> {
        const witness here(seen, 'c');
        auto numbers = one_then_waits(seen);
        try {
            auto* const given_0 = co_await numbers.next();
            CHECK(*given_0 == 1);
            co_await numbers.next();
        } catch (...) {
            seen.log += '!';
        }
        seen.log += '?';
    };
    const auto body = [&]() -> rill::task<> {
        rill::stop_source source;
        const auto stopper = [&]() -> rill::task<> {
            for (int i = 0; i < 3; ++i) co_await rill::yield();
            source.request_stop();
        };
        const auto stopped = [&]() -> rill::task<> {
            const bool whole = co_await rill::with_stop(source.get_token(), consumer());
            CHECK_FALSE(whole);
        };
        co_await rill::when_all(stopped(), stopper());
    };
    rill::run(body());
    CHECK(seen.log == "wdgc");
    CHECK(seen.alive == 0);
}

TEST_CASE("a stop of the consumer between two next destroys the producer where it rests") {
    testimony seen;
    const auto consumer = [&]() -> rill::task<> {
        const witness here(seen, 'c');
        auto numbers = count_forever(seen);
        co_await numbers.next();
        co_await wait_forever(seen);
    };
    const auto body = [&]() -> rill::task<> {
        const auto late = co_await rill::as_result(rill::timeout(1ms, consumer()));
        CHECK(late.error() == rill::errc::deadline_exceeded);
    };
    rill::run(body());
    CHECK(seen.log == "wgc");
}

TEST_CASE("a stop that came while a value was made leaves the value, and lands in the next one, which does not begin") {
    int taken = 0;
    int made = 0;
    const auto body = [&]() -> rill::task<> {
        rill::stop_source source;
        const auto numbers = [](rill::stop_source& stops, int& count) -> rill::generator<int> {
            for (;;) {
                stops.request_stop();
                co_yield ++count;
            }
        };
        const auto consumer = [&]() -> rill::task<> {
            auto each = numbers(source, made);
            while (co_await each.next()) ++taken;
        };
        const auto given_0 = co_await rill::with_stop(source.get_token(), consumer());
        CHECK_FALSE(given_0);
    };
    rill::run(body());
    CHECK(taken == 1);
    CHECK(made == 1);
}

TEST_CASE("a next that was stopped ends its generator, one that was refused under a stop does not") {
    const auto body = []() -> rill::task<> {
        testimony seen;
        auto numbers = one_then_waits(seen);
        auto* const given_0 = co_await rill::timeout(1h, numbers.next());
        CHECK(*given_0 == 1);
        rill::stop_source over;
        over.request_stop();
        const auto given_1 = co_await rill::with_stop(over.get_token(), numbers.next());
        CHECK_FALSE(given_1);
        CHECK(seen.alive == 1);
        const auto late = co_await rill::as_result(rill::timeout(1ms, numbers.next()));
        CHECK(late.error() == rill::errc::deadline_exceeded);
        CHECK(seen.log == "wdg");
        auto* const given_2 = co_await numbers.next();
        CHECK(given_2 == nullptr);
    };
    rill::run(body());
}

TEST_CASE("a second next at the same time is an error, and does not disturb the first") {
    const auto body = []() -> rill::task<> {
        auto numbers = count_to(2, pace::sleeps);
        const auto [first, second] = co_await rill::when_all(numbers.next(), rill::as_result(numbers.next()));
        CHECK(*first == 1);
        CHECK(second.error() == std::errc::operation_in_progress);
        auto* const given_0 = co_await numbers.next();
        CHECK(*given_0 == 2);
    };
    rill::run(body());
}

TEST_CASE("a generator that has begun on one context is refused on another, and goes on at home") {
    auto numbers = count_to(3, pace::yields);
    const auto take = [&]() -> rill::task<int> { co_return *co_await numbers.next(); };
    rill::io_context home;
    CHECK(home.run(take()) == 1);
    try {
        rill::run(take());
        FAIL("no error");
    } catch (const std::system_error& error) {
        CHECK(error.code() == std::errc::operation_not_permitted);
    }
    CHECK(home.run(take()) == 2);
}

TEST_CASE("a next is a child of a scope without a coroutine around it") {
    const auto body = []() -> rill::task<> {
        auto left = count_to(2, pace::yields);
        auto right = count_to(2, pace::nested);
        for (int i = 1; i <= 2; ++i) {
            const auto [l, r] = co_await rill::when_all(left.next(), right.next());
            CHECK(*l == i);
            CHECK(*r == i);
        }
    };
    rill::run(body());
}

TEST_CASE("a million values need no more stack than one, at once or through the loop") {
    const pace how = GENERATE(pace::at_once, pace::yields);
    constexpr int count = 1'000'000;
    long long sum = 0;
    support::on_small_stack([&] { sum = rill::run(sum_of(count_to(count, how))); });
    CHECK(sum == static_cast<long long>(count) * (count + 1) / 2);
}

TEST_CASE("a hundred nested generators give their values on a small stack, at once or through the loop") {
    const pace how = GENERATE(pace::at_once, pace::nested);
    testimony seen;
    long long sum = 0;
    support::on_small_stack([&] { sum = rill::run(sum_of(nested_generators(100, 20, how, seen))); });
    CHECK(sum == 210);
    CHECK(seen.alive == 0);
}

TEST_CASE("values cost no allocation, and a new generator has the memory of the last") {
    if (!support::allocations_are_watched || !RILL_RECYCLE_FRAMES) {
        WARN("this build can't count allocations, or recycles no frames");
        return;
    }
    const auto body = []() -> rill::task<> {
        const auto once = []() -> rill::task<std::size_t> {
            auto numbers = count_to(100, pace::nested);
            co_await numbers.next();
            const std::size_t before = support::allocation_count();
            while (co_await numbers.next()) {
            }
            co_return support::allocation_count() - before;
        };
        co_await once();
        const std::size_t before = support::allocation_count();
        const std::size_t given_0 = co_await once();
        CHECK(given_0 == 0);
        CHECK(support::allocation_count() == before);
    };
    rill::run(body());
}

TEST_CASE("a context that is abandoned destroys a generator at what it awaits, and one that rests") {
    testimony seen;
    auto waits = one_then_waits(seen);
    rill::io_context context;
    const auto take = [&]() -> rill::task<> {
        auto rests = count_forever(seen);
        co_await rests.next();
        co_await waits.next();
        context.post([&] { context.abandon(); });
        co_await waits.next();
    };
    std::error_code code;
    try {
        context.run(take());
    } catch (const std::system_error& error) {
        code = error.code();
    }
    CHECK(code == std::errc::operation_canceled);
    CHECK(seen.alive == 0);
}
