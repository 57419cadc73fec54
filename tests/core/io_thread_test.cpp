// SPDX-License-Identifier: MIT
#include <rill/core/as_result.hpp>
#include <rill/core/finally.hpp>
#include <rill/core/io_thread.hpp>
#include <rill/core/on.hpp>
#include <rill/core/run.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/stop_token.hpp>
#include <rill/core/task.hpp>
#include <rill/core/task_group.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/when_any.hpp>
#include <rill/core/with_stop.hpp>
#include <rill/core/with_task_group.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/every_backend.hpp"
#include "support/foreign_task.hpp"
#include "support/seeded_random.hpp"

using namespace std::chrono_literals;
using rill::task;

namespace {

task<> until(const std::atomic<bool>& condition) {
    while (!condition) co_await rill::sleep_for(50us);
}

task<> sleep_for_ever(std::atomic<bool>& begun) {
    begun = true;
    co_await rill::sleep_for(1h);
}

}  // namespace

TEST_CASE("an io_thread that is given nothing to do ends") {
    ON_EVERY_BACKEND(backend);
    for (int round = 0; round < 20; ++round) const rill::io_thread idle(backend.which);
    const rill::io_thread two[2];
}

TEST_CASE("an io_thread runs what is posted, in order, on its own thread") {
    ON_EVERY_BACKEND(backend);
    std::vector<int> order;
    std::thread::id where;
    std::atomic<bool> done = false;
    {
        rill::io_thread worker(backend.which);
        CHECK(worker.context().which() == backend.which);
        for (int i = 0; i < 3; ++i) worker.context().post([&order, i] { order.push_back(i); });
        worker.context().post([&] {
            where = std::this_thread::get_id();
            done = true;
        });
        while (!done) std::this_thread::yield();
    }
    CHECK(order == std::vector<int>{0, 1, 2});
    CHECK(where != std::this_thread::get_id());
}

TEST_CASE("an io_thread has a backend of the kind that runs where it is made") {
    ON_EVERY_BACKEND(backend);
    backend.run([&]() -> task<> {
        rill::io_thread worker;
        CHECK(worker.context().which() == backend.which);
        co_return;
    });
}

TEST_CASE("the end of an io_thread stops what runs there, waits for cleanups, and fails those who wait for it") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        std::optional<rill::io_thread> worker(std::in_place);
        std::atomic<bool> begun = false, cleaned = false;
        const auto cleanup = [&]() -> task<> {
            co_await rill::sleep_for(2ms);
            cleaned = true;
        };
        const auto waits = [&]() -> task<> {
            const auto ended =
                co_await rill::as_result(rill::on(worker->context(), rill::finally(sleep_for_ever(begun), cleanup)));
            CHECK(ended.error() == std::errc::operation_canceled);
        };
        const auto ends = [&]() -> task<> {
            co_await until(begun);
            worker.reset();
            CHECK(cleaned);
        };
        co_await rill::when_all(waits(), waits(), ends());
    });
}

TEST_CASE("what an io_thread sends on while it ends is stopped, too") {
    const auto body = []() -> task<> {
        std::optional<rill::io_thread> worker(std::in_place);
        rill::io_thread second;
        std::atomic<bool> begun = false, late = false;
        const auto chain = [&]() -> task<> { co_await rill::on(second.context(), sleep_for_ever(begun)); };
        const auto waits = [&]() -> task<> {
            const auto ended = co_await rill::as_result(rill::on(worker->context(), chain()));
            CHECK(ended.error() == std::errc::operation_canceled);
        };
        // sent when the thread has been told to end already: it never starts
        const auto sends_late = [&]() -> task<> {
            const auto send = [&]() -> task<> {
                const auto never = [&]() -> task<> {
                    late = true;
                    co_return;
                };
                co_await rill::on(worker->context(), never());
            };
            const auto cleanup = [&]() -> task<> {
                const auto ended = co_await rill::as_result(rill::on(second.context(), send()));
                CHECK(ended.error() == std::errc::operation_canceled);
            };
            std::atomic<bool> unused = false;
            const auto ended =
                co_await rill::as_result(rill::on(worker->context(), rill::finally(sleep_for_ever(unused), cleanup)));
            CHECK(ended.error() == std::errc::operation_canceled);
        };
        const auto ends = [&]() -> task<> {
            co_await until(begun);
            worker.reset();
        };
        co_await rill::when_all(waits(), sends_late(), ends());
        CHECK_FALSE(late);
    };
    rill::run(body());
}

TEST_CASE("an io_thread drops what was posted and has not run when it ends") {
    auto given = std::make_shared<int>(1);
    std::atomic<bool> busy = false, go_on = false;
    int ran = 0;
    {
        rill::io_thread worker;
        worker.context().post([&] {
            busy = true;
            while (!go_on) std::this_thread::yield();
        });
        while (!busy) std::this_thread::yield();
        for (int i = 0; i < 1000; ++i) worker.context().post([given, &ran] { ++ran; });
        CHECK(given.use_count() == 1001);
        go_on = true;
    }
    CHECK(given.use_count() == 1);
    CHECK(ran <= 1000);
}

TEST_CASE("a coroutine of another library that waits on an io_thread is left where it is when that ends") {
    std::atomic<bool> begun = false;
    bool went_on = false;
    const auto foreign = [&]() -> support::foreign_eager {
        begun = true;
        co_await rill::sleep_for(1h);
        went_on = true;
    };
    std::optional<support::foreign_eager> kept;
    {
        rill::io_thread worker;
        worker.context().post([&] { kept.emplace(foreign()); });
        while (!begun) std::this_thread::yield();
    }
    kept.reset();
    CHECK_FALSE(went_on);
}

TEST_CASE("io_threads that end at random moments leave nobody waiting") {
    support::seeded_random random;
    INFO(random.replay());
    int values = 0, canceled = 0, wrong = 0;
    const auto body = [&]() -> task<> {
        for (int round = 0; round < 100; ++round) {
            std::optional<rill::io_thread> worker(std::in_place);
            const auto work = [](std::chrono::microseconds pause) -> task<int> {
                co_await rill::sleep_for(pause);
                co_return 1;
            };
            const auto call = [&]() -> task<> {
                const auto pause = std::chrono::microseconds(random.below(300));
                const auto got = co_await rill::as_result(rill::on(worker->context(), work(pause)));
                ++(got ? values : canceled);
                if (!got && got.error() != std::errc::operation_canceled) ++wrong;
            };
            const auto end = [&]() -> task<> {
                co_await rill::sleep_for(std::chrono::microseconds(random.below(300)));
                worker.reset();
            };
            co_await rill::with_task_group([&](rill::task_group& group) -> task<> {
                for (int i = 0; i < 10; ++i) group.spawn(call());
                group.spawn(end());
                co_return;
            });
        }
    };
    rill::run(body());
    CHECK(wrong == 0);
    CHECK(values + canceled == 1000);
}
