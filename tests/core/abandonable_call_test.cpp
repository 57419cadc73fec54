// SPDX-License-Identifier: MIT
#include <rill/core/abandonable_call.hpp>
#include <rill/core/as_result.hpp>
#include <rill/core/run.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "support/catch.hpp"
#include "support/forked_child.hpp"
#include "support/seeded_random.hpp"

using namespace std::chrono_literals;

namespace {

/// Waits on a thread of the pool until it is let go, as a lookup does that hangs.
class hanging {
  public:
    explicit hanging(std::shared_ptr<std::atomic<bool>> until) : until_(std::move(until)) {}
    int operator()() const {
        while (!*until_) std::this_thread::sleep_for(50us);
        return 5;
    }

  private:
    std::shared_ptr<std::atomic<bool>> until_;
};

}  // namespace

TEST_CASE("an abandonable call gives its value or its error at home") {
    const auto body = []() -> rill::task<> {
        const auto home = std::this_thread::get_id();
        const auto elsewhere = co_await rill::abandonable_call([] { return std::this_thread::get_id(); });
        CHECK(elsewhere != home);
        CHECK(std::this_thread::get_id() == home);
        bool caught = false;
        try {
            co_await rill::abandonable_call([]() -> int { throw std::runtime_error("there"); });
        } catch (const std::runtime_error&) {
            caught = true;
        }
        CHECK(caught);
    };
    rill::run(body());
}

TEST_CASE("a stop lets go of a call that hangs at once, and its late value is dropped with all that it owned") {
    const auto let_go = std::make_shared<std::atomic<bool>>(false);
    const auto taken = std::make_shared<std::atomic<bool>>(false);
    rill::stop_source source;
    const auto stop_when_taken = [&]() -> rill::task<> {
        while (!*taken) co_await rill::yield();
        source.request_stop();
    };
    const auto body = [&]() -> rill::task<> {
        const auto call = [taken, wait = hanging(let_go)] {
            *taken = true;
            return wait();
        };
        const auto [value, done] = co_await rill::when_all(
            rill::with_stop(source.get_token(), rill::abandonable_call(call)), stop_when_taken());
        CHECK_FALSE(value);
    };
    rill::run(body());
    CHECK(let_go.use_count() == 2);  // ours, and that of the call, which still hangs
    *let_go = true;
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (let_go.use_count() != 1 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    CHECK(let_go.use_count() == 1);
}

TEST_CASE("a stop drops a call that no thread has taken") {
    const auto let_go = std::make_shared<std::atomic<bool>>(false);
    const auto body = [&]() -> rill::task<> {
        for (int i = 0; i < 10; ++i) {  // more than there are threads
            const auto late = co_await rill::as_result(rill::timeout(1ms, rill::abandonable_call(hanging(let_go))));
            CHECK(late.error() == rill::errc::deadline_exceeded);
        }
    };
    rill::run(body());
    CHECK(let_go.use_count() < 6);
    *let_go = true;
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (let_go.use_count() != 1 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    CHECK(let_go.use_count() == 1);
}

TEST_CASE("stops that race with the end of an abandonable call lose no value that came first, and no memory") {
    support::seeded_random random;
    INFO(random.replay());
    const auto body = [&]() -> rill::task<> {
        for (int round = 0; round < 500; ++round) {
            const auto pause = std::chrono::microseconds(random.below(60));
            const auto owned = [pause, text = std::make_shared<int>(round)] {
                std::this_thread::sleep_for(pause);
                return *text;
            };
            const auto limit = std::chrono::microseconds(1 + random.below(300));
            const auto [error, value] = co_await rill::as_result(rill::timeout(limit, rill::abandonable_call(owned)));
            if (error ? error != rill::errc::deadline_exceeded : value != round) FAIL("round " << round);
        }
    };
    rill::run(body());
}

TEST_CASE("exits while an abandonable call hangs", "[.]") {
    const auto body = []() -> rill::task<> {
        const auto never = std::make_shared<std::atomic<bool>>(false);
        const auto late = co_await rill::as_result(rill::timeout(5ms, rill::abandonable_call(hanging(never))));
        if (late) std::exit(7);
    };
    rill::run(body());
    std::exit(6);
}

TEST_CASE("the end of the process does not wait for an abandonable call") {
    const support::child_end end = support::in_own_process("exits while an abandonable call hangs");
    CHECK(end.exit_code == 6);
}
