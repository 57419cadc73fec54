// SPDX-License-Identifier: MIT
#include <rill/core/run.hpp>
#include <rill/core/shield.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/spawned.hpp>
#include <rill/core/task.hpp>
#include <rill/core/task_group.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/helper_thread.hpp"
#include "support/witness.hpp"

using namespace std::chrono_literals;
using rill::spawned;
using rill::task_group;
using support::testimony;
using support::witness;

static_assert(!std::is_copy_constructible_v<spawned>);
static_assert(std::is_nothrow_move_constructible_v<spawned> && std::is_nothrow_move_assignable_v<spawned>);

namespace {

rill::task<> sleep_forever(testimony& seen, char letter = '.') {
    const witness here(seen, letter);
    co_await rill::sleep_for(1h);
}
rill::task<> nested_sleep(testimony& seen) {
    const witness here(seen, 'n');
    co_await rill::when_all(rill::timeout(1h, sleep_forever(seen, 'a')), sleep_forever(seen, 'b'));
}

}  // namespace

TEST_CASE("the handle of a child stops that child with all below it, and no other") {
    testimony seen;
    const auto body = [&](task_group& group) -> rill::task<> {
        const spawned first = group.spawn(sleep_forever(seen, '1'));
        const spawned second = group.spawn(nested_sleep(seen));
        const spawned third = group.spawn([](testimony& to) { return sleep_forever(to, '3'); }, std::ref(seen));
        co_await rill::yield();
        CHECK(seen.alive == 5);
        second.stop();
        CHECK(seen.alive == 5);  // nobody is unwound inside the call
        while (group.size() != 2) co_await rill::yield();
        CHECK(seen.log == "abn");
        third.stop();
        while (group.size() != 1) co_await rill::yield();
        CHECK(seen.log == "abn3");
        first.stop();
        co_await group.join();
    };
    rill::run(rill::with_task_group(body));
    CHECK(seen.alive == 0);
}

TEST_CASE("a child that is stopped by its handle is no error, and does not keep the group from giving its value") {
    testimony seen;
    rill::stop_source source;
    const auto finishes = [&]() -> rill::task<> {
        co_await rill::shield(rill::sleep_for(1ms));  // completes in spite of the stop of the whole
    };
    const auto body = [&](task_group& group) -> rill::task<int> {
        const spawned child = group.spawn(sleep_forever(seen));
        group.spawn(finishes());
        co_await rill::yield();
        child.stop();
        co_await rill::yield();
        source.request_stop();
        co_return 3;
    };
    const auto whole = [&]() -> rill::task<std::optional<int>> {
        co_return co_await rill::with_stop(source.get_token(), rill::with_task_group(body));
    };
    CHECK(rill::run(whole()) == 3);
    CHECK(seen.alive == 0);
}

TEST_CASE("a child that is stopped before its turn does not start") {
    testimony seen;
    const auto body = [&](task_group& group) -> rill::task<> {
        const spawned child = group.spawn(sleep_forever(seen));
        child.stop();
        child.stop();
        co_await group.join();
        CHECK(seen.made == 0);
    };
    rill::run(rill::with_task_group(body));
}

TEST_CASE("a stop of a child that has ended, failed or been stopped does nothing, also after the end of the group") {
    testimony seen;
    std::vector<spawned> kept;
    const auto quick = []() -> rill::task<> { co_return; };
    const auto fails = []() -> rill::task<> {
        co_await rill::yield();
        throw std::runtime_error("child");
    };
    const auto body = [&](task_group& group) -> rill::task<> {
        kept.push_back(group.spawn(quick()));
        kept.push_back(group.spawn(sleep_forever(seen)));
        co_await rill::yield();
        kept[0].stop();
        CHECK(group.size() == 1);
        kept[1].stop();
        co_await group.join();
        kept[1].stop();
        kept.push_back(group.spawn(fails()));
        co_await group.join();
    };
    CHECK_THROWS_AS(rill::run(rill::with_task_group(body)), std::runtime_error);
    for (const spawned& each : kept) each.stop();
    support::helper_thread other;
    other.call([&] {
        for (const spawned& each : kept) each.stop();
        kept.clear();
    });
    other.wait();
    CHECK(seen.alive == 0);
}

TEST_CASE("a handle may be moved, assigned, dropped and empty") {
    testimony seen;
    const auto body = [&](task_group& group) -> rill::task<> {
        spawned first = group.spawn(sleep_forever(seen, '1'));
        spawned second = group.spawn(sleep_forever(seen, '2'));
        co_await rill::yield();
        const spawned moved = std::move(first);
        first.stop();  // NOLINT(bugprone-use-after-move): that is what is tested
        first = std::move(second);
        first.stop();
        while (group.size() != 1) co_await rill::yield();
        CHECK(seen.log == "2");
        moved.stop();
        co_await group.join();
        group.spawn(sleep_forever(seen, '3'));
        group.stop();
    };
    rill::run(rill::with_task_group(body));
    CHECK(seen.alive == 0);
}

TEST_CASE(
    "a child does not outlive its end because its handle does: its frame, its callable and its arguments are gone") {
    testimony seen;
    const auto body = [&](task_group& group) -> rill::task<> {
        const spawned child = group.spawn([](witness) -> rill::task<> { co_return; }, witness(seen));
        co_await group.join();
        CHECK(seen.alive == 0);
    };
    rill::run(rill::with_task_group(body));
}

TEST_CASE("a spawn into a full group leaves nothing behind") {
    testimony seen;
    const auto body = [&](task_group& group) -> rill::task<> {
        group.spawn([](witness) -> rill::task<> { co_return; }, witness(seen));
        CHECK_THROWS_AS(group.spawn([](witness) -> rill::task<> { co_return; }, witness(seen)), std::length_error);
        CHECK(seen.alive == 1);
        co_return;
    };
    rill::run(rill::with_task_group(body, 1));
    CHECK(seen.alive == 0);
}

TEST_CASE("a stop by a handle from another thread meets the child at every moment of its life") {
    support::helper_thread other;
    testimony seen;
    int stopped = 0;
    int completed = 0;
    for (int round = 0; round < 3000; ++round) {
        const auto child = [&](int yields) -> rill::task<> {
            const witness here(seen);
            ++stopped;
            for (int i = 0; i < yields; ++i) co_await rill::yield();
            --stopped;
            ++completed;
        };
        const auto body = [&](task_group& group) -> rill::task<> {
            auto handle = std::make_shared<spawned>(group.spawn(child(round % 100)));
            other.call([mine = std::move(handle)] {
                mine->stop();
                mine->stop();
            });
            co_await group.join();
        };
        rill::run(rill::with_task_group(body));  // the context may be gone before the call
    }
    other.wait();
    CHECK(seen.alive == 0);
    CHECK(stopped + completed <= 3000);  // some were stopped before they started
    CHECK(completed > 0);
}

TEST_CASE("a child that waits is stopped by its handle from another thread") {
    support::helper_thread other;
    testimony seen;
    for (int round = 0; round < 500; ++round) {
        const auto body = [&](task_group& group) -> rill::task<> {
            const spawned child = group.spawn(sleep_forever(seen));
            other.call([&child] { child.stop(); });
            co_await group.join();
            other.wait();
        };
        rill::run(rill::with_task_group(body));
    }
    CHECK(seen.alive == 0);
}

TEST_CASE("a group is stopped from another thread while it runs, and its body joins it") {
    support::helper_thread other;
    testimony seen;
    for (int round = 0; round < 1000; ++round) {
        const auto body = [&](task_group& group) -> rill::task<> {
            for (int i = 0; i < 3; ++i) group.spawn(sleep_forever(seen));
            other.call([&group] {
                group.stop();
                group.stop();
            });
            co_await group.join();
            other.wait();
        };
        rill::run(rill::with_task_group(body));
    }
    CHECK(seen.alive == 0);
}

TEST_CASE("a stop of a group from another thread that nobody has taken in goes with the group") {
    support::helper_thread other;
    testimony seen;
    const auto body = [&](task_group& group) -> rill::task<> {
        other.call([&group] { group.stop(); });
        other.wait();
        co_return;  // before anything has looked for stops
    };
    const auto whole = [&]() -> rill::task<> {
        co_await rill::with_task_group(body);
        co_await rill::yield();
    };
    rill::run(whole());
}
