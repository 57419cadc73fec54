// SPDX-License-Identifier: MIT
#include <rill/core/run.hpp>
#include <rill/core/shield.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>
#include <rill/core/task_group.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>

#include "support/catch.hpp"
#include "support/witness.hpp"

using namespace std::chrono_literals;

namespace {

rill::task<int> slow(std::string& log) {
    for (int i = 0; i < 5; ++i) co_await rill::yield();
    co_await rill::sleep_for(1ms);
    log += 'd';
    co_return 9;
}

rill::task<> stop_after(rill::stop_source source, int yields) {
    for (int i = 0; i < yields; ++i) co_await rill::yield();
    source.request_stop();
}

}  // namespace

TEST_CASE("a stop passes a shield by: its value is delivered, and the stop lands at the next await") {
    std::string log;
    rill::stop_source source;
    const auto work = [&]() -> rill::task<> {
        const int value = co_await rill::shield(slow(log));
        log += value == 9 ? 'v' : '?';
        co_await rill::yield();
        log += '!';
    };
    const auto body = [&]() -> rill::task<bool> {
        const auto [whole, done] =
            co_await rill::when_all(rill::with_stop(source.get_token(), work()), stop_after(source, 2));
        co_return whole;
    };
    CHECK_FALSE(rill::run(body()));
    CHECK(log == "dv");
}

TEST_CASE("a coroutine that returns right after its shield has completed, in spite of the stop") {
    std::string log;
    rill::stop_source source;
    const auto work = [&]() -> rill::task<int> { co_return co_await rill::shield(slow(log)); };
    const auto body = [&]() -> rill::task<> {
        const auto [value, done] =
            co_await rill::when_all(rill::with_stop(source.get_token(), work()), stop_after(source, 2));
        CHECK(value == 9);
        source = rill::stop_source();
        const auto [bare, again] = co_await rill::when_all(rill::with_stop(source.get_token(), rill::shield(slow(log))),
                                                           stop_after(source, 2));
        CHECK(bare == 9);
    };
    rill::run(body());
}

TEST_CASE("a shield that begins under a stop runs to its end") {
    std::string log;
    rill::stop_source source;
    const auto work = [&]() -> rill::task<> {
        source.request_stop();
        co_await rill::shield(slow(log));
        log += 'a';
        co_await rill::shield(slow(log));
        co_await rill::yield();
        log += '!';
    };
    const auto body = [&]() -> rill::task<bool> { co_return co_await rill::with_stop(source.get_token(), work()); };
    CHECK_FALSE(rill::run(body()));
    CHECK(log == "dad");
}

TEST_CASE("what a shield protects from outside it does not protect from the scopes inside it") {
    const auto body = []() -> rill::task<> {
        rill::stop_source source;
        bool inner_whole = true;
        const auto inside = [&]() -> rill::task<> {
            inner_whole = co_await rill::with_stop(source.get_token(), rill::sleep_for(1h));
        };
        co_await rill::when_all(rill::shield(inside()), stop_after(source, 2));
        CHECK_FALSE(inner_whole);
    };
    rill::run(body());
}

TEST_CASE("the error of shielded work comes out, also under a stop") {
    rill::stop_source source;
    const auto fails = []() -> rill::task<> {
        co_await rill::sleep_for(1ms);
        throw std::runtime_error("shielded");
    };
    const auto work = [&]() -> rill::task<> { co_await rill::shield(fails()); };
    const auto body = [&]() -> rill::task<bool> {
        try {
            co_await rill::when_all(rill::with_stop(source.get_token(), work()), stop_after(source, 1));
        } catch (const std::runtime_error&) {
            co_return true;
        }
        co_return false;
    };
    CHECK(rill::run(body()));
}

TEST_CASE("a group that is shielded runs all its children to the end under a stop") {
    int finished = 0;
    rill::stop_source source;
    const auto child = [&]() -> rill::task<> {
        co_await rill::sleep_for(1ms);
        ++finished;
    };
    const auto spawns = [&](rill::task_group& group) -> rill::task<> {
        for (int i = 0; i < 5; ++i) group.spawn(child());
        co_await rill::yield();
        group.spawn(child());
    };
    const auto work = [&]() -> rill::task<> { co_await rill::shield(rill::with_task_group(spawns)); };
    const auto body = [&]() -> rill::task<bool> {
        const auto [whole, done] =
            co_await rill::when_all(rill::with_stop(source.get_token(), work()), stop_after(source, 1));
        co_return whole;
    };
    CHECK(rill::run(body()));
    CHECK(finished == 6);
}
