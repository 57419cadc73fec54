// SPDX-License-Identifier: MIT
#include <rill/core/as_result.hpp>
#include <rill/core/run.hpp>
#include <rill/core/shield.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>
#include <rill/core/task_group.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "support/catch.hpp"
#include "support/foreign_task.hpp"
#include "support/witness.hpp"

using namespace std::chrono_literals;
using rill::task_group;
using support::testimony;
using support::witness;

namespace {

rill::task<> sleep_forever(testimony& seen, char letter = '.') {
    const witness here(seen, letter);
    co_await rill::sleep_for(1h);
}
rill::task<> note_after(int yields, std::string& log, char letter) {
    for (int i = 0; i < yields; ++i) co_await rill::yield();
    log += letter;
}
rill::task<> fail_after(int yields, std::string what) {
    for (int i = 0; i < yields; ++i) co_await rill::yield();
    throw std::runtime_error(what);
}
rill::task<> stop_after(rill::stop_source source, int yields) {
    for (int i = 0; i < yields; ++i) co_await rill::yield();
    source.request_stop();
}

/// Runs a body in a group and gives what it threw, or nothing.
template <class Body>
std::string error_of_group(Body body, std::size_t limit = task_group::unlimited) {
    const auto whole = [&]() -> rill::task<std::string> {
        std::string what;
        try {
            co_await rill::with_task_group(body, limit);
        } catch (const std::exception& error) {
            what = error.what();
        }
        co_return what;
    };
    return rill::run(whole());
}

}  // namespace

TEST_CASE("a group gives the value of its body, after all children have ended") {
    std::string log;
    const auto body = [&](task_group& group) -> rill::task<std::unique_ptr<int>> {
        group.spawn(note_after(5, log, 'c'));
        log += 'b';
        co_return std::make_unique<int>(42);
    };
    const auto whole = [&]() -> rill::task<> {
        const std::unique_ptr<int> value = co_await rill::with_task_group(body);
        CHECK(*value == 42);
        log += 'e';
    };
    rill::run(whole());
    CHECK(log == "bce");
}

TEST_CASE("spawn never runs a child inside the call, and children start in the order of their spawns") {
    std::string log;
    const auto body = [&](task_group& group) -> rill::task<> {
        for (const char letter : {'1', '2', '3'}) {
            group.spawn(note_after(0, log, letter));
            log += 'b';
        }
        co_await rill::yield();
        log += 'B';
    };
    CHECK(error_of_group(body).empty());
    CHECK(log == "bbb123B");
}

TEST_CASE(
    "spawn takes a task, an operation, a foreign awaitable, and a callable whose captures and arguments it keeps") {
    testimony seen;
    std::string log;
    const auto foreign = [&]() -> support::foreign_task<> {
        log += 'f';
        co_return;
    };
    const auto body = [&](task_group& group) -> rill::task<> {
        group.spawn(note_after(1, log, 't'));
        group.spawn(rill::sleep_for(1us));
        group.spawn(foreign());
        {
            const std::string gone = "text";
            group.spawn(
                [owned = std::make_unique<witness>(seen), &log](std::string given) -> rill::task<> {
                    co_await rill::yield();
                    log += given + (owned ? "!" : "?");
                },
                gone);
        }
        group.spawn(
            [&log](std::unique_ptr<int> moved) -> rill::task<> {
                co_await rill::yield();
                log += std::to_string(*moved);
            },
            std::make_unique<int>(7));
        CHECK(group.size() == 5);
        co_await group.join();
        CHECK(group.size() == 0);
        CHECK(seen.alive == 0);
    };
    CHECK(error_of_group(body).empty());
    CHECK(log == "fttext!7");
}

TEST_CASE("the error of a child stops its siblings and the body, joins them, and is thrown") {
    testimony seen;
    const auto body = [&](task_group& group) -> rill::task<> {
        const witness here(seen, 'b');
        group.spawn(sleep_forever(seen, 'c'));
        group.spawn(fail_after(2, "child"));
        group.spawn(sleep_forever(seen, 'd'));
        co_await rill::sleep_for(1h);
        seen.log += '!';
    };
    CHECK(error_of_group(body) == "child");
    CHECK(seen.alive == 0);
    CHECK(seen.log.size() == 3);
}

TEST_CASE("the error of the body stops the children, joins them, and is thrown") {
    testimony seen;
    const auto body = [&](task_group& group) -> rill::task<> {
        group.spawn(sleep_forever(seen));
        co_await rill::yield();
        throw std::runtime_error("body");
    };
    CHECK(error_of_group(body) == "body");
    CHECK(seen.made == 1);
    CHECK(seen.alive == 0);
}

TEST_CASE("of several errors the first is thrown: of two children, of body and child, of child and body") {
    const auto late_failure = [](std::string what) -> rill::task<> {
        co_await rill::shield(rill::sleep_for(1ms));
        throw std::runtime_error(what);
    };
    const auto two = [&](task_group& group) -> rill::task<> {
        group.spawn(late_failure("second"));
        group.spawn(fail_after(1, "first"));
        co_return;
    };
    CHECK(error_of_group(two) == "first");
    const auto body_first = [&](task_group& group) -> rill::task<> {
        group.spawn(late_failure("second"));
        co_await rill::yield();
        throw std::runtime_error("body first");
    };
    CHECK(error_of_group(body_first) == "body first");
    const auto child_first = [&](task_group& group) -> rill::task<> {
        group.spawn(fail_after(0, "child first"));
        co_await rill::shield(rill::sleep_for(1ms));
        throw std::runtime_error("second");
    };
    CHECK(error_of_group(child_first) == "child first");
}

TEST_CASE("an exception of calling the body, or a callable that was spawned, is an error like any other") {
    testimony seen;
    const auto never = [](task_group&) -> rill::task<> {
        throw std::runtime_error("coroutine");
        co_return;
    };
    CHECK(error_of_group(never) == "coroutine");
    const auto no_coroutine = [](task_group&) -> rill::task<> { throw std::runtime_error("call"); };
    CHECK(error_of_group(no_coroutine) == "call");
    const auto spawns = [&](task_group& group) -> rill::task<> {
        group.spawn([]() -> rill::task<> { throw std::runtime_error("spawned call"); });
        co_await sleep_forever(seen);
    };
    CHECK(error_of_group(spawns) == "spawned call");
    CHECK(seen.alive == 0);
}

TEST_CASE("stop ends the children, present and future, and not the body") {
    testimony seen;
    std::string log;
    const auto body = [&](task_group& group) -> rill::task<int> {
        group.spawn(sleep_forever(seen));
        group.spawn(sleep_forever(seen));
        co_await rill::yield();
        group.stop();
        CHECK(seen.alive == 2);  // nobody is unwound inside the call
        co_await group.join();
        CHECK(seen.alive == 0);
        CHECK(group.size() == 0);
        group.spawn(note_after(0, log, '!'));  // in a stopped group it does not start
        CHECK(group.size() == 1);
        co_await group.join();
        co_await rill::sleep_for(1us);
        co_return 3;
    };
    const auto whole = [&]() -> rill::task<int> { co_return co_await rill::with_task_group(body); };
    CHECK(rill::run(whole()) == 3);
    CHECK(log.empty());
    CHECK(seen.made == 2);
}

TEST_CASE("join waits for children that are spawned meanwhile, and ends at once when there are none") {
    std::string log;
    const auto body = [&](task_group& group) -> rill::task<> {
        co_await group.join();
        const auto spawns = [&]() -> rill::task<> {
            co_await rill::yield();
            group.spawn(note_after(2, log, 'c'));
        };
        group.spawn(spawns());
        co_await group.join();
        log += 'j';
    };
    CHECK(error_of_group(body).empty());
    CHECK(log == "cj");
}

TEST_CASE("a child may spawn siblings after the body has returned, and the group waits for them") {
    std::string log;
    const auto body = [&](task_group& group) -> rill::task<> {
        const auto spawns = [](task_group& in, std::string& to) -> rill::task<> {
            for (int i = 0; i < 3; ++i) co_await rill::yield();
            in.spawn(note_after(3, to, 'c'));
        };
        group.spawn(spawns(group, log));
        log += 'b';
        co_return;
    };
    CHECK(error_of_group(body).empty());
    CHECK(log == "bc");
}

TEST_CASE("a full group refuses a spawn with a length_error, and room waits for a place") {
    std::string log;
    const auto body = [&](task_group& group) -> rill::task<> {
        for (int i = 0; i < 2; ++i) {
            co_await group.room();
            group.spawn(note_after(3, log, 'c'));
        }
        bool refused = false;
        try {
            group.spawn(note_after(0, log, '!'));
        } catch (const std::length_error&) {
            refused = true;
        }
        CHECK(refused);
        CHECK(group.size() == 2);
        for (int i = 0; i < 10; ++i) {
            co_await group.room();
            CHECK(group.size() < 2);
            group.spawn(note_after(1, log, 'd'));
        }
    };
    CHECK(error_of_group(body, 2).empty());
    CHECK(log == "ccdddddddddd");
}

TEST_CASE("a place in the group that the first who waited for it does not use goes to the next") {
    std::string log;
    const auto body = [&](task_group& group) -> rill::task<> {
        group.spawn(note_after(5, log, 'c'));
        const auto waits = [&](char letter) -> rill::task<> {
            co_await group.room();
            log += letter;  // and spawns nothing
        };
        const auto both = [&]() -> rill::task<> { co_await rill::when_all(waits('1'), waits('2')); };
        const auto in_time = co_await rill::as_result(rill::timeout(200ms, both()));
        CHECK(in_time);
    };
    CHECK(error_of_group(body, 1).empty());
    CHECK(log == "c12");
}

TEST_CASE("who has waited for room can spawn, also when others look for room at the same time") {
    int refused = 0;
    int spawned = 0;
    const auto body = [&](task_group& group) -> rill::task<> {
        const auto child = [](int yields) -> rill::task<> {
            for (int i = 0; i < yields; ++i) co_await rill::yield();
        };
        const auto spawner = [&](int yields) -> rill::task<> {
            for (int i = 0; i < 200; ++i) {
                co_await group.room();
                try {
                    group.spawn(child(yields));
                    ++spawned;
                } catch (const std::length_error&) {
                    ++refused;
                }
                for (int k = 0; k < i % 5; ++k) co_await rill::yield();
            }
        };
        co_await rill::when_all(spawner(1), spawner(2), spawner(3));
    };
    CHECK(error_of_group(body, 2).empty());
    CHECK(refused == 0);
    CHECK(spawned == 600);
}

TEST_CASE("a stop from outside ends body and children, and the coroutine around the group does not go on") {
    for (const bool body_waits : {true, false}) {
        testimony seen;
        rill::stop_source source;
        bool went_on = false;
        const auto body = [&](task_group& group) -> rill::task<> {
            group.spawn(sleep_forever(seen));
            if (body_waits) co_await sleep_forever(seen);
        };
        const auto work = [&]() -> rill::task<> {
            co_await rill::with_task_group(body);
            went_on = true;  // with what the child never finished
        };
        const auto whole = [&]() -> rill::task<bool> {
            const auto [completed, done] =
                co_await rill::when_all(rill::with_stop(source.get_token(), work()), stop_after(source, 5));
            co_return completed;
        };
        CAPTURE(body_waits);
        CHECK_FALSE(rill::run(whole()));
        CHECK_FALSE(went_on);
        CHECK(seen.alive == 0);
    }
}

TEST_CASE("a group that is awaited under a stop calls neither body nor children") {
    rill::stop_source source;
    bool called = false;
    const auto body = [&](task_group&) -> rill::task<> {
        called = true;
        co_return;
    };
    const auto work = [&]() -> rill::task<> {
        source.request_stop();
        co_await rill::with_task_group(body);
    };
    const auto whole = [&]() -> rill::task<bool> { co_return co_await rill::with_stop(source.get_token(), work()); };
    CHECK_FALSE(rill::run(whole()));
    CHECK_FALSE(called);
}

TEST_CASE("a group that was stored before it is awaited owns its body") {
    testimony seen;
    const auto whole = [&]() -> rill::task<int> {
        auto owned = std::make_shared<witness>(seen);
        const auto body = [owned](task_group&) -> rill::task<int> { co_return owned.use_count() == 2 ? 4 : 0; };
        auto stored = rill::with_task_group(body);
        owned.reset();
        auto moved = std::move(stored);
        co_await rill::yield();
        co_return co_await std::move(moved);
    };
    CHECK(rill::run(whole()) == 4);
    CHECK(seen.alive == 0);
}

TEST_CASE("a child that is a moved-from task fails the group with a logic_error") {
    const auto body = [](task_group& group) -> rill::task<> {
        rill::task<> empty;
        group.spawn(std::move(empty));
        co_await rill::sleep_for(1h);
    };
    CHECK(error_of_group(body).find("rill") == 0);
}

TEST_CASE("a draining group stops its body at once, and its children after the time that they have") {
    for (const bool patient : {true, false}) {
        testimony seen;
        std::string log;
        rill::stop_source source;
        const auto child = [&]() -> rill::task<> {
            const witness here(seen);
            co_await rill::sleep_for(patient ? 10ms : 1h);
            log += 'c';
        };
        const auto body = [&](task_group& group) -> rill::task<> {
            const witness here(seen);
            group.spawn(child());
            co_await rill::sleep_for(1h);
            log += '!';
        };
        const auto work = [&]() -> rill::task<> {
            co_await rill::with_draining_task_group(body, task_group::unlimited,
                                                    std::chrono::nanoseconds(patient ? 1h : 1ms).count());
            log += '!';
        };
        const auto whole = [&]() -> rill::task<bool> {
            const auto [completed, done] =
                co_await rill::when_all(rill::with_stop(source.get_token(), work()), stop_after(source, 3));
            co_return completed;
        };
        CHECK_FALSE(rill::run(whole()));
        CHECK(log == (patient ? "c" : ""));
        CHECK(seen.alive == 0);
    }
}

TEST_CASE("the error of a child ends a draining group at once") {
    testimony seen;
    const auto body = [&](task_group& group) -> rill::task<> {
        group.spawn(sleep_forever(seen));
        group.spawn(fail_after(2, "child"));
        co_await sleep_forever(seen);
    };
    const auto whole = [&]() -> rill::task<bool> {
        try {
            co_await rill::with_draining_task_group(body, task_group::unlimited, std::chrono::nanoseconds(10s).count());
        } catch (const std::runtime_error&) {
            co_return true;
        }
        co_return false;
    };
    CHECK(rill::run(whole()));
    CHECK(seen.alive == 0);
}

TEST_CASE("ten thousand children of a group all run, and all are unwound by its stop") {
    testimony seen;
    const auto body = [&](task_group& group) -> rill::task<> {
        for (int i = 0; i < 10'000; ++i) group.spawn(sleep_forever(seen));
        co_await rill::yield();
        CHECK(seen.alive == 10'000);
        group.stop();
        co_await group.join();
        CHECK(seen.alive == 0);
    };
    CHECK(error_of_group(body).empty());
}

TEST_CASE("a body that is no coroutine itself may spawn before it returns its task") {
    int ran = 0;
    const auto child = [&]() -> rill::task<> {
        ++ran;
        co_return;
    };
    const auto body = [](int value) -> rill::task<int> { co_return value; };
    const int value = rill::run(rill::with_task_group([&](rill::task_group& group) {
        group.spawn(child());
        return body(7);
    }));
    CHECK(value == 7);
    CHECK(ran == 1);
}

TEST_CASE("a body that throws before there is a task ends what it has spawned") {
    int ran = 0;
    const auto child = [&]() -> rill::task<> {
        ++ran;
        co_return;
    };
    CHECK_THROWS_AS(rill::run(rill::with_task_group([&](rill::task_group& group) -> rill::task<> {
                        group.spawn(child());
                        throw std::runtime_error("no body");
                    })),
                    std::runtime_error);
    const auto throws_at_once = [&](rill::task_group& group) {
        group.spawn(child());
        if (ran < 100) throw std::runtime_error("no task");
        return child();
    };
    ran = 0;
    CHECK_THROWS_AS(rill::run(rill::with_task_group(throws_at_once)), std::runtime_error);
    CHECK(ran == 0);
}
