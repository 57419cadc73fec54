// SPDX-License-Identifier: MIT
#include <rill/core/run.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "support/catch.hpp"
#include "support/foreign_task.hpp"

using namespace std::chrono_literals;

namespace {

rill::task<int> number(int value) {
    co_await rill::yield();
    co_return value;
}

}  // namespace

TEST_CASE("run gives the value of a task, of what only moves, of an operation, and of a foreign task") {
    CHECK(rill::run(number(3)) == 3);
    const auto owned = []() -> rill::task<std::unique_ptr<int>> { co_return std::make_unique<int>(4); };
    CHECK(*rill::run(owned()) == 4);
    rill::run(rill::sleep_for(1us));
    CHECK(rill::run(rill::timeout(1h, number(5))) == 5);
    const auto [a, b] = rill::run(rill::when_all(number(1), number(2)));
    CHECK(a + b == 3);
    const auto foreign = []() -> support::foreign_task<int> { co_return 6; };
    CHECK(rill::run(foreign()) == 6);
}

TEST_CASE("run throws the error of its task, and the context can run another") {
    rill::io_context context;
    const auto fails = [](bool waits) -> rill::task<> {
        if (waits) co_await rill::yield();
        throw std::runtime_error("broken");
    };
    CHECK_THROWS_AS(context.run(fails(false)), std::runtime_error);
    CHECK_THROWS_AS(context.run(fails(true)), std::runtime_error);
    CHECK_THROWS_AS(rill::run(rill::task<>()), std::logic_error);
    CHECK(context.run(number(2)) == 2);
}

TEST_CASE("a coroutine may run another context to its end, which blocks its own loop meanwhile") {
    const auto nested = []() -> rill::task<int> { co_return rill::run(number(5)) + co_await number(1); };
    CHECK(rill::run(nested()) == 6);
}

TEST_CASE("a run of its own context inside a coroutine is a logic_error, and the outer run goes on") {
    rill::io_context context;
    const auto nested = [&]() -> rill::task<bool> {
        bool refused = false;
        try {
            context.run(number(1));
        } catch (const std::logic_error&) {
            refused = true;
        }
        co_await rill::yield();
        co_return refused;
    };
    CHECK(context.run(nested()));
}

TEST_CASE("a run of a context that runs further out on this thread is a logic_error as well") {
    rill::io_context outer;
    rill::io_context inner;
    bool refused = false;
    const auto third = [&]() -> rill::task<> {
        try {
            outer.run(number(1));
        } catch (const std::logic_error&) {
            refused = true;
        }
        co_return;
    };
    const auto second = [&]() -> rill::task<> {
        inner.run(third());
        co_return;
    };
    outer.run(second());
    CHECK(refused);
}

TEST_CASE("run ends with its task, whatever else its context has to do") {
    rill::io_context context;
    int ran = 0;
    const auto body = [&]() -> rill::task<> {
        for (int i = 0; i < 500; ++i) context.post([&] { ++ran; });
        co_return;
    };
    context.run(body());
    CHECK(ran == 0);
    context.run(number(1));
    CHECK(ran > 0);
}
