// SPDX-License-Identifier: MIT
#include <rill/core/as_result.hpp>
#include <rill/core/run.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/stop_token.hpp>
#include <rill/core/task.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>
#include <rill/sync/latch.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/foreign_task.hpp"
#include "support/several_contexts.hpp"

using namespace std::chrono_literals;

namespace {

rill::task<> note_when_open(std::string& log, char letter, rill::latch& awaited) {
    co_await awaited.wait();
    log += letter;
}

}  // namespace

TEST_CASE("a latch that has been counted down lets all go on in the order of arrival, and never inside the call") {
    rill::latch latch(3);
    std::string log;
    const auto counts = [&]() -> rill::task<> {
        latch.count_down();
        CHECK_FALSE(latch.try_wait());
        co_await rill::yield();
        CHECK(log.empty());
        latch.count_down(2);
        CHECK(latch.try_wait());
        log += '.';
    };
    const auto body = [&]() -> rill::task<> {
        co_await rill::when_all(note_when_open(log, 'a', latch), note_when_open(log, 'b', latch), counts());
        co_await latch.wait();  // it stays open
    };
    rill::run(body());
    CHECK(log == ".ab");
    CHECK(rill::latch(0).try_wait());
}

TEST_CASE("a latch is not counted below zero") {
    rill::latch latch(1);
    CHECK(support::error_of([&] { latch.count_down(2); }) == std::errc::invalid_argument);
    CHECK_FALSE(latch.try_wait());
    latch.count_down(0);
    latch.count_down();
    CHECK(support::error_of([&] { latch.count_down(); }) == std::errc::invalid_argument);
    CHECK(support::error_of([&] { latch.count_down(rill::latch::max + 1); }) == std::errc::invalid_argument);
    CHECK(latch.try_wait());
    CHECK(support::error_of([] { rill::latch(rill::latch::max + 1); }) == std::errc::invalid_argument);
}

TEST_CASE("a stopped wait and one whose time is over leave a latch") {
    rill::latch latch(1);
    const auto body = [&]() -> rill::task<> {
        rill::stop_source source;
        const auto stops = [&]() -> rill::task<> {
            source.request_stop();
            co_return;
        };
        const auto [whole, nothing] =
            co_await rill::when_all(rill::with_stop(source.get_token(), latch.wait()), stops());
        CHECK_FALSE(whole);
        const auto late = co_await rill::as_result(rill::timeout(1ms, latch.wait()));
        CHECK(late.error() == std::errc::timed_out);
        latch.count_down();
        co_await rill::timeout(1h, latch.wait());
    };
    rill::run(body());
}

TEST_CASE("who goes on may end a latch while count_down has not returned on another thread") {
    const auto body = []() -> rill::task<> {
        for (int round = 0; round < 200; ++round) {
            auto latch = std::make_unique<rill::latch>(2);
            int plain = 0;
            std::thread other([&plain, &each = *latch] {
                plain = 1;
                each.count_down();
            });
            latch->count_down();
            if (round % 2 == 0) {
                co_await latch->wait();
            } else {
                while (!latch->try_wait()) co_await rill::yield();
            }
            latch.reset();
            if (plain != 1) FAIL("what was done before is not seen");
            other.join();
        }
    };
    rill::run(body());
}

TEST_CASE("foreign coroutines wait for a latch") {
    rill::latch latch(1);
    const auto body = [&]() -> rill::task<> {
        const auto foreign = [&]() -> support::foreign_eager { co_await latch.wait(); };
        const auto waits = foreign();
        latch.count_down();
        while (!waits.done()) co_await rill::yield();
    };
    rill::run(body());
}

TEST_CASE("coroutines of several contexts meet at a latch, round after round") {
    constexpr int rounds = 300;
    std::vector<std::unique_ptr<rill::latch>> latches;
    for (int round = 0; round < rounds; ++round) latches.push_back(std::make_unique<rill::latch>(9));
    std::vector<int> plain(9);
    std::atomic<int> wrong = 0;
    const auto worker = [&](std::size_t mine) -> rill::task<> {
        for (int round = 0; round < rounds; ++round) {
            rill::latch& latch = *latches[static_cast<std::size_t>(round)];
            if (round % 2 == 0) {
                ++plain[mine];
            } else {  // all have written, and nobody writes before all have looked
                for (const int each : plain) wrong += each == round / 2 + 1 ? 0 : 1;
            }
            latch.count_down();
            co_await latch.wait();
        }
    };
    support::on_contexts(3, [&](std::size_t index) -> rill::task<> {
        co_await rill::when_all(worker(3 * index), worker(3 * index + 1), worker(3 * index + 2));
    });
    CHECK(wrong == 0);
}
