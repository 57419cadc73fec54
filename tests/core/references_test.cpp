// SPDX-License-Identifier: MIT
#include <rill/core/run.hpp>
#include <rill/core/shield.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/stop_on.hpp>
#include <rill/core/task_group.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>

#include <csignal>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace std::chrono_literals;

namespace {
int number = 7;
rill::task<int&> refers() { co_return number; }

class gives_rvalue {
  public:
    gives_rvalue() = default;
    bool await_ready() const noexcept { return true; }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    std::string&& await_resume() noexcept { return std::move(text_); }

  private:
    std::string text_ = "moved out";
};
class stays {
  public:
    stays() = default;
    stays(const stays&) = delete;
    stays& operator=(const stays&) = delete;
    bool await_ready() const noexcept { return true; }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    stays* await_resume() noexcept { return this; }
};
}  // namespace

TEST_CASE("run of a task of a reference gives that very object") {
    int& free = rill::run(refers());
    rill::io_context context;
    int& member = context.run(refers());
    CHECK(&free == &number);
    CHECK(&member == &number);
}
TEST_CASE("with_stop and a run until a signal of a task of a reference refer to that object") {
    const auto body = []() -> rill::task<bool> {
        const auto got = co_await rill::with_stop(rill::stop_token(), refers());
        co_return got && &*got == &number;
    };
    CHECK(rill::run(body()));
    const auto until = rill::run(refers(), rill::stop_on(SIGINT));
    CHECK(&*until == &number);
}
TEST_CASE("timeout, deadline and shield pass references, and what only moves") {
    const auto owned = []() -> rill::task<std::unique_ptr<int>> {
        co_await rill::yield();
        co_return std::make_unique<int>(5);
    };
    const auto body = [&]() -> rill::task<> {
        int& timed = co_await rill::timeout(1h, refers());
        int& bounded = co_await rill::deadline(rill::now() + 1h, refers());
        int& shielded = co_await rill::shield(refers());
        CHECK(&timed == &number);
        CHECK(&bounded == &number);
        CHECK(&shielded == &number);
        const std::unique_ptr<int> first = co_await rill::timeout(1h, rill::shield(owned()));
        const auto second = co_await rill::with_stop(rill::stop_token(), rill::shield(owned()));
        CHECK(*first == 5);
        REQUIRE(second);
        CHECK(**second == 5);
    };
    rill::run(body());
}
TEST_CASE("when_all of a vector of tasks of references gives those objects") {
    const auto body = []() -> rill::task<bool> {
        std::vector<rill::task<int&>> many;
        many.push_back(refers());
        auto all = co_await rill::when_all(std::move(many));
        co_return all.size() == 1;  // reference wrappers or pointers: the design's choice
    };
    CHECK(rill::run(body()));
}
TEST_CASE("a foreign awaitable may give an rvalue reference") {
    const auto body = []() -> rill::task<std::string> {
        std::string text = co_await gives_rvalue();
        co_return text;
    };
    CHECK(rill::run(body()) == "moved out");
}
TEST_CASE("a foreign awaiter that can be neither copied nor moved is awaited as an lvalue") {
    const auto body = []() -> rill::task<bool> {
        stays mine;
        stays* const who = co_await mine;
        co_return who == &mine;
    };
    CHECK(rill::run(body()));
}
TEST_CASE("join and room of a group can be limited by a timeout, stopped by a token, and run side by side") {
    const auto body = [](rill::task_group& group) -> rill::task<> {
        co_await rill::timeout(1h, group.room());
        co_await rill::timeout(1h, group.join());
        static_cast<void>(co_await rill::with_stop(rill::stop_token(), group.join()));
        co_await rill::when_all(group.join(), group.room());
    };
    const auto whole = [&]() -> rill::task<> { co_await rill::with_task_group(body); };
    rill::run(whole());
}
