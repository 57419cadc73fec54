// SPDX-License-Identifier: MIT
#include <rill/core/as_result.hpp>
#include <rill/core/first_success.hpp>
#include <rill/core/run.hpp>
#include <rill/core/shield.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

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

/// The reasons of all that failed, in order.
template <class Awaitable>
rill::task<std::string> reasons_of(Awaitable work) {
    std::string reasons;
    try {
        co_await std::move(work);
    } catch (const rill::all_failed& failure) {
        for (const std::exception_ptr& each : failure.errors()) {
            try {
                std::rethrow_exception(each);
            } catch (const std::exception& error) {
                reasons += error.what();
                reasons += ';';
            }
        }
    }
    co_return reasons;
}

}  // namespace

TEST_CASE("first_success gives the first value, in spite of errors before it, and ends the others") {
    testimony seen;
    const auto body = [&]() -> rill::task<> {
        const int value = co_await rill::first_success(sleep_forever(seen), fail_after(0, "no"), value_after(2, 5),
                                                       value_after(3, 6));
        CHECK(value == 5);
        CHECK(seen.made == 1);
        CHECK(seen.alive == 0);
        std::vector<rill::task<int>> many;
        many.push_back(fail_after(1, "no"));
        many.push_back(sleep_forever(seen));
        many.push_back(value_after(2, 8));
        const int of_many = co_await rill::first_success(std::move(many));
        CHECK(of_many == 8);
        CHECK(seen.alive == 0);
    };
    rill::run(body());
}

TEST_CASE("first_success that fails throws all errors in the order of the arguments, whoever failed first") {
    const auto body = []() -> rill::task<> {
        const std::string few = co_await reasons_of(
            rill::first_success(fail_after(3, "a"), fail_after(1, "b"), fail_after(0, "c"), fail_after(2, "d")));
        CHECK(few == "a;b;c;d;");
        std::vector<rill::task<int>> many;
        for (int i = 0; i < 5; ++i) many.push_back(fail_after(5 - i, std::to_string(i)));
        const std::string all = co_await reasons_of(rill::first_success(std::move(many)));
        CHECK(all == "0;1;2;3;4;");
    };
    rill::run(body());
}

TEST_CASE("first_success of an empty vector fails with no errors") {
    const auto body = []() -> rill::task<bool> {
        try {
            co_await rill::first_success(std::vector<rill::task<int>>());
        } catch (const rill::all_failed& failure) {
            co_return failure.errors().empty();
        }
        co_return false;
    };
    CHECK(rill::run(body()));
}

TEST_CASE("first_success works with void, references, what only moves, operations and foreign awaitables") {
    int number = 3;
    const auto refers = [&](int yields) -> rill::task<int&> {
        for (int i = 0; i < yields; ++i) co_await rill::yield();
        co_return number;
    };
    const auto owned = [](int value) -> rill::task<std::unique_ptr<int>> {
        co_await rill::yield();
        co_return std::make_unique<int>(value);
    };
    const auto foreign = [](int value) -> support::foreign_task<int> { co_return value; };
    const auto body = [&]() -> rill::task<> {
        int& same = co_await rill::first_success(refers(1), refers(0));
        CHECK(&same == &number);
        const std::unique_ptr<int> moved = co_await rill::first_success(owned(1), owned(2));
        CHECK(*moved == 1);
        co_await rill::first_success(rill::sleep_for(1h), rill::yield());
        const int four = co_await rill::first_success(value_after(1, 3), foreign(4));
        CHECK(four == 4);
        std::vector<rill::task<int&>> many;
        many.push_back(refers(2));
        int& again = co_await rill::first_success(std::move(many));
        CHECK(&again == &number);
        std::vector<rill::sleep_operation> sleeps;
        sleeps.push_back(rill::sleep_for(1h));
        sleeps.push_back(rill::sleep_for(0ns));
        co_await rill::first_success(std::move(sleeps));
    };
    rill::run(body());
}

TEST_CASE("a child that has a value at once keeps those behind it from starting") {
    testimony seen;
    const auto body = [&]() -> rill::task<> {
        const int value = co_await rill::first_success(fail_after(0, "no"), value_after(0, 2), sleep_forever(seen));
        CHECK(value == 2);
        CHECK(seen.made == 0);
    };
    rill::run(body());
}

TEST_CASE("a stop from outside unwinds first_success, also where some have failed, and a late value is delivered") {
    testimony seen;
    for (const bool one_insists : {false, true}) {
        rill::stop_source source;
        const auto insists = [&]() -> rill::task<int> {
            if (one_insists) {
                co_await rill::shield(rill::yield());
            } else {
                co_await sleep_forever(seen);
            }
            co_return 3;
        };
        const auto work = [&]() -> rill::task<int> {
            co_return co_await rill::first_success(fail_after(0, "no"), sleep_forever(seen), insists());
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
        CHECK(seen.alive == 0);
    }
}

TEST_CASE("as_result lets all_failed pass, since it is not one code") {
    const auto fails = []() -> rill::task<int> {
        co_await rill::yield();
        throw std::system_error(std::make_error_code(std::errc::connection_refused));
    };
    const auto body = [&]() -> rill::task<bool> {
        try {
            static_cast<void>(co_await rill::as_result(rill::first_success(fails(), fails())));
        } catch (const rill::all_failed& failure) {
            co_return failure.errors().size() == 2;
        }
        co_return false;
    };
    CHECK(rill::run(body()));
}

TEST_CASE("a first_success that was stored owns what has not started") {
    testimony seen;
    const auto owns = [](witness) -> rill::task<int> { co_return 1; };
    {
        const auto unused = rill::first_success(owns(witness(seen)), owns(witness(seen)));
        CHECK(seen.alive == 2);
    }
    CHECK(seen.alive == 0);
    const auto body = [&]() -> rill::task<int> {
        auto stored = rill::first_success(sleep_forever(seen), owns(witness(seen)));
        auto moved = std::move(stored);
        co_await rill::yield();
        co_return co_await std::move(moved);
    };
    CHECK(rill::run(body()) == 1);
    CHECK(seen.alive == 0);
}
