// SPDX-License-Identifier: MIT
#include <rill/core/as_result.hpp>
#include <rill/core/run.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "support/catch.hpp"
#include "support/foreign_task.hpp"

using namespace std::chrono_literals;

namespace {

class no_default {
  public:
    explicit no_default(int given) : value(std::make_unique<int>(given)) {}
    std::unique_ptr<int> value;
};

class own_error : public std::system_error {
  public:
    own_error() : std::system_error(std::make_error_code(std::errc::no_such_device), "mine") {}
};

rill::task<int> number(int value) { co_return value; }
template <class Error>
rill::task<int> throws(bool waits) {
    if (waits) co_await rill::yield();
    throw Error();
}

}  // namespace

TEST_CASE("as_result gives the value of what succeeds: void, a reference, what only moves and has no default") {
    int global = 1;
    const auto refers = [&]() -> rill::task<int&> { co_return global; };
    const auto moves = []() -> rill::task<no_default> {
        co_await rill::yield();
        co_return no_default(5);
    };
    const auto body = [&]() -> rill::task<> {
        auto [error, value] = co_await rill::as_result(number(3));
        CHECK_FALSE(error);
        CHECK(value == 3);
        const auto nothing = co_await rill::as_result(rill::yield());
        CHECK(nothing);
        const auto reference = co_await rill::as_result(refers());
        CHECK(&reference.value() == &global);
        auto moved = co_await rill::as_result(moves());
        REQUIRE(moved);
        CHECK(*moved.value().value == 5);
    };
    rill::run(body());
}

TEST_CASE("as_result turns a system_error into its code, and value() throws the very exception again") {
    const auto body = []() -> rill::task<> {
        for (const bool waits : {false, true}) {
            const auto bad = co_await rill::as_result(throws<own_error>(waits));
            CHECK_FALSE(bad);
            CHECK(bad.error() == std::errc::no_such_device);
            CHECK_THROWS_AS(bad.value(), own_error);
        }
        auto [error, value] = co_await rill::as_result(throws<own_error>(false));
        CHECK(error == std::errc::no_such_device);
        CHECK(value == 0);
    };
    rill::run(body());
}

TEST_CASE("as_result lets every other exception pass") {
    struct odd {};
    const auto odd_thrown = []() -> rill::task<> {
        co_await rill::yield();
        throw odd();
    };
    const auto body = [&]() -> rill::task<> {
        int passed = 0;
        try {
            static_cast<void>(co_await rill::as_result(throws<std::bad_exception>(true)));
        } catch (const std::bad_exception&) {
            ++passed;
        }
        try {
            static_cast<void>(co_await rill::as_result(odd_thrown()));
        } catch (const odd&) {
            ++passed;
        }
        CHECK(passed == 2);
    };
    rill::run(body());
}

TEST_CASE("as_result is no end for a stop: its coroutine is unwound") {
    rill::stop_source source;
    bool told = false;
    const auto work = [&]() -> rill::task<> {
        static_cast<void>(co_await rill::as_result(rill::sleep_for(1h)));
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
}

TEST_CASE("as_result as a child of when_all does not stop the others with its error") {
    const auto body = []() -> rill::task<> {
        const auto [bad, good] =
            co_await rill::when_all(rill::as_result(throws<own_error>(false)), rill::as_result(number(4)));
        CHECK(bad.error() == std::errc::no_such_device);
        CHECK(good.value() == 4);
    };
    rill::run(body());
}

TEST_CASE("as_result takes a foreign awaitable, and can be stored") {
    const auto foreign = []() -> support::foreign_task<int> {
        throw own_error();
        co_return 1;
    };
    const auto body = [&]() -> rill::task<> {
        auto stored = rill::as_result(foreign());
        co_await rill::yield();
        const auto bad = co_await std::move(stored);
        CHECK(bad.error() == std::errc::no_such_device);
    };
    rill::run(body());
}
