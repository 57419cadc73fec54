// SPDX-License-Identifier: MIT
#include <rill/core/as_result.hpp>
#include <rill/core/run.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/stop_token.hpp>
#include <rill/core/task.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/when_any.hpp>
#include <rill/core/with_stop.hpp>
#include <rill/sync/event.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/every_backend.hpp"
#include "support/foreign_task.hpp"
#include "support/helper_thread.hpp"
#include "support/seeded_random.hpp"
#include "support/several_contexts.hpp"
#include "support/stopping_thread.hpp"

using namespace std::chrono_literals;

namespace {

rill::task<> note_when_set(std::string& log, char letter, rill::event& awaited) {
    co_await awaited.wait();
    log += letter;
}

}  // namespace

TEST_CASE("setting an event lets all go on in the order of arrival, and never inside the call") {
    rill::event event;
    std::string log;
    const auto setter = [&]() -> rill::task<> {
        CHECK_FALSE(event.is_set());
        event.set();
        CHECK(event.is_set());
        log += '.';
        co_return;
    };
    const auto body = [&]() -> rill::task<> {
        co_await rill::when_all(note_when_set(log, 'a', event), note_when_set(log, 'b', event),
                                note_when_set(log, 'c', event), setter());
        co_await event.wait();  // it stays set
    };
    rill::run(body());
    CHECK(log == ".abc");
    CHECK(rill::event(true).is_set());
}

TEST_CASE("who waited when an event was set goes on although it is reset before that") {
    rill::event event;
    std::string log;
    const auto body = [&]() -> rill::task<> {
        const auto blinks = [&]() -> rill::task<> {
            event.set();
            event.reset();
            co_return;
        };
        co_await rill::when_all(note_when_set(log, 'a', event), note_when_set(log, 'b', event), blinks());
        CHECK_FALSE(event.is_set());
        const auto late = co_await rill::as_result(rill::timeout(1ms, event.wait()));
        CHECK(late.error() == std::errc::timed_out);
    };
    rill::run(body());
    CHECK(log == "ab");
}

TEST_CASE("setting an event twice and resetting it twice changes nothing") {
    rill::event event;
    event.reset();
    event.set();
    event.set();
    CHECK(event.is_set());
    event.reset();
    event.reset();
    CHECK_FALSE(event.is_set());
}

TEST_CASE("a reset does not forget who waits") {
    rill::event event;
    std::string log;
    const auto body = [&]() -> rill::task<> {
        const auto setter = [&]() -> rill::task<> {
            event.reset();
            CHECK(log.empty());
            event.set();
            co_return;
        };
        co_await rill::when_all(note_when_set(log, 'a', event), setter());
    };
    rill::run(body());
    CHECK(log == "a");
}

TEST_CASE("a stopped wait leaves an event, and one that was let go on before its stop goes on") {
    rill::event event;
    const auto body = [&]() -> rill::task<> {
        rill::stop_source source;
        const auto stops = [&](bool sets) -> rill::task<> {
            if (sets) event.set();
            source.request_stop();
            co_return;
        };
        const auto [whole, nothing] =
            co_await rill::when_all(rill::with_stop(source.get_token(), event.wait()), stops(false));
        CHECK_FALSE(whole);
        event.set();  // nobody is there any more
        event.reset();
        source = rill::stop_source();
        const auto [again, nothing_either] =
            co_await rill::when_all(rill::with_stop(source.get_token(), event.wait()), stops(true));
        CHECK(again);
    };
    rill::run(body());
}

TEST_CASE("an event that another thread sets is heard at home") {
    ON_EVERY_BACKEND(backend);
    support::helper_thread other;
    backend.run([&]() -> rill::task<> {
        const auto home = std::this_thread::get_id();
        for (int round = 0; round < 100; ++round) {
            rill::event ready;
            int written = 0;
            other.call([&] {
                written = 1;
                ready.set();
            });
            co_await ready.wait();
            if (written != 1) FAIL("what was done before is not seen");
            if (std::this_thread::get_id() != home) FAIL("not at home");
            other.wait();
        }
    });
}

TEST_CASE("who goes on may end the event while set has not returned on another thread") {
    support::helper_thread other;
    const auto body = [&]() -> rill::task<> {
        for (int round = 0; round < 500; ++round) {
            auto ready = std::make_unique<rill::event>();
            other.call([&each = *ready] { each.set(); });
            co_await ready->wait();
            ready.reset();
            other.wait();
        }
    };
    rill::run(body());
}

TEST_CASE("foreign coroutines wait for an event") {
    rill::event event;
    const auto body = [&]() -> rill::task<> {
        const auto foreign = [&]() -> support::foreign_eager { co_await event.wait(); };
        const auto stays = foreign();
        {
            const auto goes = foreign();
        }
        CHECK_FALSE(stays.done());
        event.set();
        CHECK_FALSE(stays.done());
        while (!stays.done()) co_await rill::yield();
    };
    rill::run(body());
}

TEST_CASE("those who wait for an event that ends are told so") {
    const auto body = []() -> rill::task<> {
        std::optional<rill::event> event(std::in_place);
        const auto waits = [&]() -> rill::task<> {
            const auto answer = co_await rill::as_result(event->wait());
            CHECK(answer.error() == std::errc::operation_canceled);
        };
        const auto ends = [&]() -> rill::task<> {
            event.reset();
            co_return;
        };
        co_await rill::when_all(waits(), waits(), ends());
    };
    rill::run(body());
}

TEST_CASE("coroutines of several contexts that wait for events set and reset at random all go on") {
    support::seeded_random seeds;
    INFO(seeds.replay());
    const std::uint64_t seed = seeds.next();
    rill::event event;
    std::atomic<int> waiting = 9;
    const auto waiter = [&](std::uint64_t mine) -> rill::task<> {
        support::seeded_random random(mine);
        for (int i = 0; i < 500; ++i) {
            if (random.one_in(3)) {
                static_cast<void>(co_await rill::as_result(
                    rill::timeout(std::chrono::microseconds(random.below(100)), event.wait())));
            } else {
                co_await event.wait();
            }
        }
        --waiting;
    };
    const auto setter = [&](std::uint64_t mine) -> rill::task<> {
        support::seeded_random random(mine);
        while (waiting > 0) {
            event.set();
            if (random.one_in(2)) co_await rill::yield();
            event.reset();
            if (random.one_in(2)) co_await rill::yield();
        }
    };
    support::on_contexts(3, [&](std::size_t index) -> rill::task<> {
        const std::uint64_t base = seed + 10 * index;
        co_await rill::when_all(waiter(base), waiter(base + 1), waiter(base + 2), setter(base + 3));
    });
    CHECK(waiting == 0);
}
