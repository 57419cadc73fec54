// SPDX-License-Identifier: MIT
// What awaitables are, and what they cost: memory in the steady state, and what happens when there is none.
#include <rill/core/as_result.hpp>
#include <rill/core/awaitable.hpp>
#include <rill/core/finally.hpp>
#include <rill/core/first_success.hpp>
#include <rill/core/frame_memory.hpp>
#include <rill/core/run.hpp>
#include <rill/core/shield.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>
#include <rill/core/task_group.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/when_any.hpp>
#include <rill/core/with_stop.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/foreign_task.hpp"
#include "support/run_time_library.hpp"
#include "support/witness.hpp"

using namespace std::chrono_literals;
using support::testimony;
using support::witness;

namespace {

rill::task<int> number(int value) {
    co_await rill::yield();
    co_return value;
}
rill::task<> quiet() { co_await rill::yield(); }

rill::task<>& ends_with_its_thread() {
    static thread_local rill::task<> kept;
    return kept;
}

/// A program with everything that allocates: it gives 1 + 2 + ... + 6.
rill::task<int> allocating_program(testimony& seen) {
    const witness here(seen);
    const auto child = [](testimony& in, int value) -> rill::task<int> {
        const witness inside(in);
        co_await rill::sleep_for(1us);
        co_return value;
    };
    int sum = co_await child(seen, 1);
    std::vector<rill::task<int>> many;
    for (const int value : {2, 3}) many.push_back(child(seen, value));
    const std::vector<int> values = co_await rill::when_all(std::move(many));
    for (const int value : values) sum += value;
    const auto body = [&](rill::task_group& group) -> rill::task<> {
        const witness inside(seen);
        const auto adds = [&](std::unique_ptr<int> value) -> rill::task<> { sum += co_await child(seen, *value); };
        group.spawn(adds, std::make_unique<int>(4));
        co_await rill::yield();
        group.spawn(
            [&sum, &seen](std::string text) -> rill::task<> {
                const witness captured(seen);
                co_await rill::yield();
                sum += static_cast<int>(text.size()) - 35;
            },
            std::string(40, 'x'));
        co_await group.join();
    };
    co_await rill::with_task_group(body);
    rill::stop_source source;
    const auto six = co_await rill::with_stop(source.get_token(), rill::timeout(1h, rill::shield(child(seen, 6))));
    sum += six.value_or(0);
    rill::this_context().post([owned = std::make_unique<witness>(seen)] {});
    const auto late = co_await rill::as_result(rill::timeout(1us, rill::sleep_for(1h)));
    if (late) sum = -1;
    const auto foreign = []() -> support::foreign_task<int> {
        co_await rill::yield();
        co_return 0;
    };
    sum += co_await foreign();
    co_await rill::yield();
    co_return sum;
}

}  // namespace

TEST_CASE("tasks, operations and combinators are awaitables, and other things are not") {
    STATIC_REQUIRE(rill::awaitable<rill::task<int>>);
    STATIC_REQUIRE(rill::awaitable<rill::sleep_operation>);
    STATIC_REQUIRE(rill::awaitable<decltype(rill::timeout(1s, number(1)))>);
    STATIC_REQUIRE(rill::awaitable<decltype(rill::when_all(number(1), quiet()))>);
    STATIC_REQUIRE_FALSE(rill::awaitable<int>);
    STATIC_REQUIRE_FALSE(rill::awaitable<rill::task<int>&>);
    STATIC_REQUIRE_FALSE(rill::awaitable<support::foreign_task<int>>);
    STATIC_REQUIRE(rill::foreign_awaitable<support::foreign_task<int>>);
    STATIC_REQUIRE_FALSE(rill::foreign_awaitable<rill::task<int>>);
}

TEST_CASE("in the steady state no task, spawn, combinator, sleep or post allocates") {
    if (!RILL_RECYCLE_FRAMES || !support::allocations_are_watched) {
        WARN("left out: this build does not recycle frames, or cannot count allocations");
        return;
    }
    rill::io_context context;
    rill::stop_source source;
    std::vector<std::size_t> counts;
    const auto group = [](rill::task_group& in) -> rill::task<> {
        for (int i = 0; i < 10; ++i) in.spawn(quiet());
        for (int i = 0; i < 10; ++i) in.spawn([](int value) -> rill::task<> { co_await number(value); }, i);
        co_await in.join();
    };
    const auto body = [&]() -> rill::task<> {
        for (int round = 0; round < 20; ++round) {
            const std::size_t before = support::allocation_count();
            for (int i = 0; i < 20; ++i) co_await number(i);
            co_await rill::with_task_group(group);
            co_await rill::timeout(1h, number(1));
            static_cast<void>(co_await rill::as_result(rill::timeout(1us, rill::sleep_for(1h))));
            co_await rill::when_all(number(1), quiet(), rill::sleep_for(1us));
            static_cast<void>(co_await rill::with_stop(source.get_token(), number(1)));
            co_await rill::shield(quiet());
            static_cast<void>(co_await rill::when_any(number(1), quiet(), rill::sleep_for(1us)));
            static_cast<void>(co_await rill::first_success(number(1), number(2)));
            co_await rill::finally(quiet(), quiet);
            context.post([] {});
            co_await rill::yield();
            counts.push_back(support::allocation_count() - before);
        }
    };
    counts.reserve(20);
    context.run(body());
    for (std::size_t round = 2; round < counts.size(); ++round) CHECK(counts[round] == 0);
}

TEST_CASE("frames that ended on another thread, and threads that end, leave no memory behind") {
    testimony seen;
    std::vector<rill::task<>> made_there;
    std::thread maker([&] {
        const auto holds = [](witness) -> rill::task<> { co_return; };
        for (int i = 0; i < 100; ++i) made_there.push_back(holds(witness(seen)));
    });
    maker.join();
    for (auto& each : made_there) rill::run(std::move(each));
    made_there.clear();
    CHECK(seen.alive == 0);
    // What is not given back is told by the leak checker of the sanitized build.
    if (!support::thread_locals_live_until_destroyed) {
        WARN("left out: this run-time library frees the memory of thread_local objects before it destroys them");
        return;
    }
    std::thread keeper([] { ends_with_its_thread() = quiet(); });
    keeper.join();
}

TEST_CASE("frame memory of any size can be taken and given back in any order") {
    std::vector<std::pair<void*, std::size_t>> taken;
    for (std::size_t size = 1; size < 300'000; size = size * 5 / 4 + 1) {
        for (int i = 0; i < 3; ++i) {
            taken.emplace_back(rill::take_frame_memory(size), size);
            std::fill_n(static_cast<unsigned char*>(taken.back().first), size, static_cast<unsigned char>(0xab));
            CHECK(reinterpret_cast<std::uintptr_t>(taken.back().first) % __STDCPP_DEFAULT_NEW_ALIGNMENT__ == 0);
        }
    }
    for (auto [block, size] : taken) rill::give_frame_memory(block, size);
}

TEST_CASE("without memory at any one place bad_alloc comes out, nothing leaks, and the context can go on") {
    if (!support::allocations_are_watched) {
        WARN("left out: this build cannot make an allocation fail");
        return;
    }
    std::size_t failures = 0;
    std::size_t wrong = 0;
    bool complete = false;
    for (std::size_t at = 0; !complete && at < 2000; ++at) {
        testimony seen;
        bool reported = false;
        int sum = 0;
        std::thread fresh([&] {  // its lists of frames are empty
            const support::failing_allocation fails(at);
            try {
                rill::io_context context;
                sum = context.run(allocating_program(seen));
            } catch (const std::bad_alloc&) {
                reported = true;
            } catch (const std::system_error& error) {
                reported = error.code() == std::errc::not_enough_memory;
            }
            complete = !fails.happened();
            if (!complete) ++failures;
        });
        fresh.join();
        CAPTURE(at);
        CHECK(seen.alive == 0);
        if (complete ? sum != 21 : !reported) ++wrong;
        CHECK(wrong == 0);
    }
    CHECK(complete);
    CHECK(failures > 10);
}
