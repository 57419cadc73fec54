// SPDX-License-Identifier: MIT
#include <rill/core/run.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/foreign_task.hpp"
#include "support/witness.hpp"

using namespace std::chrono_literals;
using support::testimony;
using support::witness;

namespace {

/// Neither default-constructible nor copyable.
class only_moves {
  public:
    explicit only_moves(int given) : value(std::make_unique<int>(given)) {}
    std::unique_ptr<int> value;
};

int shared_number = 7;

rill::task<> note(std::string& log, char letter) {
    log += letter;
    co_return;
}
rill::task<int> number(int value) { co_return value; }
rill::task<only_moves> movable(int value) {
    co_await rill::yield();
    co_return only_moves(value);
}
rill::task<int&> reference(bool waits) {
    if (waits) co_await rill::yield();
    co_return shared_number;
}
rill::task<int> fails(bool waits) {
    if (waits) co_await rill::yield();
    throw std::runtime_error("broken");
}

/// Its move fails when it is told to.
class brittle {
  public:
    explicit brittle(int& moves_left) : moves_left_(&moves_left) {}
    brittle(brittle&& other) : moves_left_(other.moves_left_) {
        if (--*moves_left_ < 0) throw std::runtime_error("move");
    }

  private:
    int* moves_left_;
};

/// What a coroutine of the library may write behind `co_await`: a refusal is the overload that gives void.
template <class Given>
concept task_can_await =
    !std::is_void_v<decltype(std::declval<rill::coroutine_promise&>().await_transform(std::declval<Given>()))>;

}  // namespace

TEST_CASE("a task does nothing before it is awaited, and runs at once when it is") {
    std::string log;
    const auto body = [&]() -> rill::task<> {
        rill::task<> first = note(log, '1');
        log += 'a';
        rill::task<> second = note(log, '2');
        log += 'b';
        co_await std::move(second);
        log += 'c';
        co_await std::move(first);
    };
    rill::run(body());
    CHECK(log == "ab2c1");
}

TEST_CASE("a task that is never awaited never runs, and its arguments end with it") {
    std::string log;
    testimony seen;
    {
        const auto body = [](std::string& to, witness) -> rill::task<> {
            to += 'x';
            co_return;
        };
        const rill::task<> unused = body(log, witness(seen));
        CHECK(seen.alive == 1);
    }
    CHECK(seen.alive == 0);
    CHECK(log.empty());
}

TEST_CASE("a task gives its value, whether it waited or not, also one that only moves and has no default") {
    const auto body = []() -> rill::task<> {
        const int at_once = co_await number(3);
        CHECK(at_once == 3);
        only_moves later = co_await movable(4);
        CHECK(*later.value == 4);
    };
    rill::run(body());
}

TEST_CASE("a task of a reference gives that very object") {
    const auto body = []() -> rill::task<> {
        for (const bool waits : {false, true}) {
            int& got = co_await reference(waits);
            CHECK(&got == &shared_number);
        }
        static_assert(std::is_same_v<decltype(std::declval<rill::task<int&>&>().result()), int&>);
    };
    rill::run(body());
}

TEST_CASE("an exception comes out of the await, through every task between") {
    testimony seen;
    const auto middle = [&seen](bool waits) -> rill::task<int> {
        const witness here(seen);
        co_return co_await fails(waits) + 1;
    };
    const auto body = [&]() -> rill::task<> {
        for (const bool waits : {false, true}) {
            std::string what;
            try {
                co_await middle(waits);
            } catch (const std::runtime_error& error) {
                what = error.what();
            }
            CHECK(what == "broken");
            CHECK(seen.alive == 0);
        }
    };
    rill::run(body());
    CHECK(seen.made == 2);
}

TEST_CASE("an exception of the value's move is an exception of the task") {
    int moves_left = 0;
    const auto made = [&]() -> rill::task<brittle> { co_return brittle(moves_left); };
    const auto body = [&]() -> rill::task<bool> {
        try {
            co_await made();
        } catch (const std::runtime_error&) {
            co_return true;
        }
        co_return false;
    };
    CHECK(rill::run(body()));
}

TEST_CASE("awaiting a task that was moved from is a logic_error") {
    const auto body = []() -> rill::task<> {
        rill::task<int> first = number(1);
        CHECK(first);
        rill::task<int> second = std::move(first);
        CHECK(!first);  // NOLINT(bugprone-use-after-move): that is what is tested
        bool refused = false;
        try {
            co_await std::move(first);
        } catch (const std::logic_error&) {
            refused = true;
        }
        CHECK(refused);
        const int value = co_await std::move(second);
        CHECK(value == 1);
    };
    rill::run(body());
}

TEST_CASE("awaiting a task a second time is a logic_error") {
    const auto body = []() -> rill::task<> {
        rill::task<int> once = number(1);
        co_await std::move(once);
        bool refused = false;
        try {
            co_await std::move(once);  // NOLINT(bugprone-use-after-move): that is what is tested
        } catch (const std::logic_error&) {
            refused = true;
        }
        CHECK(refused);
    };
    rill::run(body());
}

TEST_CASE("a task that was awaited has ended its locals and its arguments by the time its value is there") {
    testimony seen;
    const auto child = [&seen](witness) -> rill::task<int> {
        const witness local(seen);
        co_await rill::yield();
        co_return 1;
    };
    const auto body = [&]() -> rill::task<> {
        co_await child(witness(seen));
        CHECK(seen.alive == 0);
    };
    rill::run(body());
}

TEST_CASE("a task that is assigned to drops what it had") {
    testimony seen;
    const auto holds = [](witness) -> rill::task<> { co_return; };
    rill::task<> held = holds(witness(seen));
    held = rill::task<>();
    CHECK(seen.alive == 0);
    held = holds(witness(seen));
    rill::task<>& same = held;
    held = std::move(same);
    CHECK(seen.alive == 1);
    rill::run(std::move(held));
}

TEST_CASE("a task can be kept in a variable, a member or a container and awaited later") {
    const auto body = []() -> rill::task<> {
        std::vector<rill::task<int>> kept;
        for (int i = 0; i < 5; ++i) kept.push_back(number(i));
        int sum = 0;
        for (rill::task<int>& each : kept) sum += co_await std::move(each);
        CHECK(sum == 10);
    };
    rill::run(body());
}

TEST_CASE("a task of one of several return statements gives the one that was taken") {
    const auto sign = [](int n) -> rill::task<std::string> {
        if (n < 0) co_return "negative";
        co_await rill::yield();
        if (n > 0) co_return "positive";
        co_return {};
    };
    const auto body = [&]() -> rill::task<std::string> {
        std::string all;
        for (const int n : {-1, 0, 1}) all += co_await sign(n) + ';';
        co_return all;
    };
    CHECK(rill::run(body()) == "negative;;positive;");
}

TEST_CASE("what cannot be awaited, or not as an lvalue, is refused at compile time") {
    STATIC_REQUIRE(task_can_await<rill::task<int>>);
    STATIC_REQUIRE(task_can_await<rill::sleep_operation>);
    STATIC_REQUIRE(task_can_await<support::foreign_task<int>>);
    STATIC_REQUIRE(task_can_await<support::foreign_event&>);
    STATIC_REQUIRE_FALSE(task_can_await<rill::task<int>&>);
    STATIC_REQUIRE_FALSE(task_can_await<const rill::task<int>&>);
    STATIC_REQUIRE_FALSE(task_can_await<rill::sleep_operation&>);
    STATIC_REQUIRE_FALSE(task_can_await<int>);
    STATIC_REQUIRE_FALSE(task_can_await<std::string&>);
    STATIC_REQUIRE_FALSE(rill::any_awaitable<rill::task<int>&>);
    STATIC_REQUIRE_FALSE(rill::any_awaitable<int>);
    STATIC_REQUIRE(rill::any_awaitable<rill::task<int>>);
    STATIC_REQUIRE(rill::any_awaitable<support::foreign_event&>);
}

TEST_CASE("a task moves and does not copy") {
    STATIC_REQUIRE(std::is_nothrow_move_constructible_v<rill::task<int>>);
    STATIC_REQUIRE(std::is_nothrow_move_assignable_v<rill::task<int>>);
    STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<rill::task<int>>);
    STATIC_REQUIRE_FALSE(std::is_copy_assignable_v<rill::task<int>>);
}
