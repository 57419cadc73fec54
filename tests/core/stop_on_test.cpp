// SPDX-License-Identifier: MIT
#include <rill/core/run.hpp>
#include <rill/core/shield.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/stop_on.hpp>
#include <rill/core/task.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "support/catch.hpp"
#include "support/forked_child.hpp"
#include "support/signals.hpp"
#include "support/witness.hpp"

using namespace std::chrono_literals;
using support::testimony;
using support::witness;

namespace {

rill::task<> sleep_forever() { co_await rill::sleep_for(1h); }
rill::task<int> number(int value) {
    co_await rill::yield();
    co_return value;
}

}  // namespace

TEST_CASE("a run until a signal says whether it ran to its end, and gives the value if it did") {
    const bool whole = rill::run(rill::yield(), rill::stop_on(SIGINT));
    CHECK(whole);
    const std::optional<int> value = rill::run(number(5), rill::stop_on(SIGINT, SIGTERM));
    CHECK(value == 5);
    const auto fails = []() -> rill::task<> {
        co_await rill::yield();
        throw std::runtime_error("broken");
    };
    CHECK_THROWS_AS(rill::run(fails(), rill::stop_on(SIGINT)), std::runtime_error);
}

TEST_CASE("a signal stops the task, which is unwound, and run says so") {
    testimony seen;
    for (const int signal : {SIGINT, SIGTERM}) {
        const auto interrupted = [&]() -> rill::task<int> {
            const witness here(seen);
            std::raise(signal);
            co_await sleep_forever();
            co_return 1;
        };
        const std::optional<int> value = rill::run(interrupted(), rill::stop_on(SIGINT, SIGTERM));
        CHECK_FALSE(value);
        CHECK(seen.alive == 0);
    }
}

TEST_CASE("a task that shields its end completes in spite of the signal") {
    const auto shielded = []() -> rill::task<int> {
        std::raise(SIGTERM);
        co_await rill::shield(rill::sleep_for(2ms));
        co_return 4;
    };
    const std::optional<int> value = rill::run(shielded(), rill::stop_on(SIGTERM));
    CHECK(value == 4);
}

TEST_CASE("a signal that another process or thread sends wakes a loop that sleeps") {
    std::atomic<bool> watched{false};
    std::thread other([&] {
        while (!watched) std::this_thread::yield();
        support::send_to_process(SIGTERM);
    });
    const auto waits = [&]() -> rill::task<> {
        watched = true;
        co_await sleep_forever();
    };
    const bool whole = rill::run(waits(), rill::stop_on(SIGTERM));
    other.join();
    CHECK_FALSE(whole);
}

TEST_CASE("after the run a signal has the action that it had before") {
    const auto mine = [](int) {};
    const auto before = std::signal(support::spare_signal, mine);
    const auto interrupted = []() -> rill::task<> {
        std::raise(support::spare_signal);
        co_await sleep_forever();
    };
    CHECK_FALSE(rill::run(interrupted(), rill::stop_on(support::spare_signal)));
    CHECK(support::action_of(support::spare_signal) == +mine);
    CHECK(rill::run(rill::yield(), rill::stop_on(support::spare_signal)));
    CHECK(support::action_of(support::spare_signal) == +mine);
    std::signal(support::spare_signal, before);
}

TEST_CASE("a second signal of the same kind has its default action, and ends the process") {
    const support::child_end end = support::in_forked_child([] {
        const auto stubborn = []() -> rill::task<> {
            std::raise(SIGINT);
            const auto slow = []() -> rill::task<> {
                co_await rill::sleep_for(5ms);
                std::raise(SIGINT);
                co_await rill::sleep_for(1h);
            };
            co_await rill::shield(slow());
        };
        rill::run(stubborn(), rill::stop_on(SIGINT, SIGTERM));
        return 5;
    });
    CHECK(support::was_ended_by(end, SIGINT));
}

TEST_CASE("a signal that cannot be watched is an error, and leaves the others as they were") {
    const auto before = support::action_of(SIGTERM);
    CHECK_THROWS_AS(rill::run(sleep_forever(), rill::stop_on(SIGTERM, support::unwatchable_signal)), std::system_error);
    CHECK_THROWS_AS(rill::run(sleep_forever(), rill::stop_on(SIGTERM, -1)), std::system_error);
    CHECK_THROWS_AS(rill::run(sleep_forever(), rill::stop_on(10'000)), std::system_error);
    CHECK(support::action_of(SIGTERM) == before);
}

TEST_CASE("two contexts on two threads are both stopped by one signal") {
    bool other_whole = true;
    std::atomic<bool> other_watches{false};
    std::thread other([&] {
        const auto waits = [&]() -> rill::task<> {
            other_watches = true;
            co_await sleep_forever();
        };
        other_whole = rill::run(waits(), rill::stop_on(support::other_spare_signal));
    });
    const auto raises = [&]() -> rill::task<> {
        while (!other_watches) co_await rill::yield();
        std::raise(support::other_spare_signal);
        co_await sleep_forever();
    };
    const bool whole = rill::run(raises(), rill::stop_on(support::other_spare_signal));
    other.join();
    CHECK_FALSE(whole);
    CHECK_FALSE(other_whole);
}
