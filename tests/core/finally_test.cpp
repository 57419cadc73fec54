// SPDX-License-Identifier: MIT
#include <rill/core/finally.hpp>
#include <rill/core/run.hpp>
#include <rill/core/shield.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>

#include <chrono>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/foreign_task.hpp"
#include "support/witness.hpp"

using namespace std::chrono_literals;
using support::testimony;
using support::witness;

namespace {

rill::task<> stop_after(rill::stop_source source, int yields) {
    for (int i = 0; i < yields; ++i) co_await rill::yield();
    source.request_stop();
}

/// A cleanup that takes a few turns.
class slow_cleanup {
  public:
    explicit slow_cleanup(std::string& log) : log_(log) {}
    rill::task<> operator()() const {
        log_ += '(';
        co_await rill::yield();
        co_await rill::sleep_for(1us);
        log_ += ')';
    }

  private:
    std::string& log_;
};

/// Runs it beside a stop of the whole that comes after some turns; whether it ended, and in `log` what it did.
template <class Coroutine>
bool ends_under_a_stop(Coroutine work, int yields) {
    rill::stop_source source;
    const auto body = [&]() -> rill::task<bool> {
        const auto [whole, done] =
            co_await rill::when_all(rill::with_stop(source.get_token(), work()), stop_after(source, yields));
        co_return whole;
    };
    return rill::run(body());
}

}  // namespace

TEST_CASE("finally gives the value of the body after the cleanup has ended: void, references and what only moves") {
    std::string log;
    int number = 0;
    const auto refers = [&]() -> rill::task<int&> {
        log += 'r';
        co_return number;
    };
    const auto owned = [&]() -> rill::task<std::unique_ptr<int>> {
        co_await rill::yield();
        log += 'o';
        co_return std::make_unique<int>(5);
    };
    const auto body = [&]() -> rill::task<> {
        const slow_cleanup cleanup(log);
        int& same = co_await rill::finally(refers(), cleanup);
        CHECK(&same == &number);
        const std::unique_ptr<int> moved = co_await rill::finally(owned(), cleanup);
        CHECK(*moved == 5);
        co_await rill::finally(rill::yield(), cleanup);
    };
    rill::run(body());
    CHECK(log == "r()o()()");
}

TEST_CASE("the cleanup runs after an error of the body, which is thrown then") {
    std::string log;
    const auto fails = []() -> rill::task<> {
        co_await rill::yield();
        throw std::runtime_error("body");
    };
    const auto body = [&]() -> rill::task<> {
        try {
            co_await rill::finally(fails(), slow_cleanup(log));
        } catch (const std::runtime_error& error) {
            log += error.what();
        }
    };
    rill::run(body());
    CHECK(log == "()body");
}

TEST_CASE("the error of a cleanup is thrown after a value and after a stop, and that of the body wins over it") {
    std::string log;
    const auto bad_cleanup = []() -> rill::task<> {
        co_await rill::yield();
        throw std::runtime_error("cleanup");
    };
    const auto whole = [&](bool fails, bool waits) -> rill::task<> {
        const auto work = [&]() -> rill::task<int> {
            co_await rill::yield();
            if (fails) throw std::runtime_error("body");
            if (waits) co_await rill::sleep_for(1h);
            co_return 1;
        };
        try {
            co_await rill::finally(work(), bad_cleanup);
        } catch (const std::runtime_error& error) {
            log += error.what();
            log += ' ';
        }
        if (waits) co_await rill::yield();  // where the stop goes on
        log += "after ";
    };
    rill::run(whole(false, false));
    rill::run(whole(true, false));
    CHECK_FALSE(ends_under_a_stop([&] { return whole(false, true); }, 3));
    CHECK(log == "cleanup after body after cleanup ");
}

TEST_CASE("a stop unwinds the body, then the cleanup runs to its end, and then the stop goes on") {
    std::string log;
    testimony seen;
    const auto work = [&]() -> rill::task<> {
        const witness here(seen, 'w');
        co_await rill::sleep_for(1h);
    };
    const auto whole = [&]() -> rill::task<> {
        const witness here(seen, 'o');
        const auto cleanup = [&]() -> rill::task<> {
            log += seen.log;  // the body is gone
            co_await rill::sleep_for(1ms);
            log += '!';
        };
        co_await rill::finally(work(), cleanup);
        log += '?';
    };
    CHECK_FALSE(ends_under_a_stop(whole, 2));
    CHECK(log == "w!");
    CHECK(seen.log == "wo");
}

TEST_CASE("a stop that comes during the cleanup lets it end, and the value of the body is delivered") {
    std::string log;
    const auto whole = [&]() -> rill::task<> {
        const auto work = []() -> rill::task<int> { co_return 4; };
        const int four = co_await rill::finally(work(), slow_cleanup(log));
        log += std::to_string(four);
        co_await rill::yield();
        log += '?';
    };
    CHECK_FALSE(ends_under_a_stop(whole, 0));
    CHECK(log == "()4");
}

TEST_CASE("under a stop that came before, the cleanup runs, and the body is not started") {
    std::string log;
    rill::stop_source source;
    const auto work = [&]() -> rill::task<> {
        log += 'b';
        co_return;
    };
    const auto whole = [&]() -> rill::task<> {
        source.request_stop();
        co_await rill::finally(work(), slow_cleanup(log));
        log += '?';
    };
    const auto body = [&]() -> rill::task<bool> { co_return co_await rill::with_stop(source.get_token(), whole()); };
    CHECK_FALSE(rill::run(body()));
    CHECK(log == "()");
}

TEST_CASE("a time-out of finally waits for the cleanup and is then thrown") {
    std::string log;
    const auto body = [&]() -> rill::task<> {
        try {
            co_await rill::timeout(1ms, rill::finally(rill::sleep_for(1h), slow_cleanup(log)));
        } catch (const std::system_error& error) {
            if (error.code() == rill::errc::deadline_exceeded) log += 'd';
        }
    };
    rill::run(body());
    CHECK(log == "()d");
}

TEST_CASE("the cleanup is made before the body starts, and when that fails the body does not") {
    std::string log;
    const auto work = [&]() -> rill::task<> {
        log += 'b';
        co_return;
    };
    const auto made_first = [&]() {
        log += 'm';
        return rill::sleep_for(0ns);
    };
    const auto throws = [&]() -> rill::task<> {
        throw std::bad_alloc();
        co_return;
    };
    const auto throws_when_called = [&]() {
        if (!log.empty()) throw std::bad_alloc();
        return rill::yield();
    };
    rill::run(rill::finally(work(), made_first));
    CHECK(log == "mb");
    CHECK_THROWS_AS(rill::run(rill::finally(work(), throws_when_called)), std::bad_alloc);
    CHECK(log == "mb");
    CHECK_THROWS_AS(rill::run(rill::finally(work(), throws)), std::bad_alloc);  // a coroutine throws when it runs
    CHECK(log == "mbb");
}

TEST_CASE("a failing allocation of the cleanup's frame is told before the body has started") {
    if (!support::allocations_are_watched) {
        WARN("this build can't make allocations fail");
        return;
    }
    bool started = false;
    bool failed = false;
    const auto work = [&]() -> rill::task<> {
        started = true;
        co_return;
    };
    const auto cleanup = []() -> rill::task<> { co_return; };
    const auto body = [&]() -> rill::task<> {
        auto whole = rill::finally(work(), [&cleanup] {
            const support::failing_allocation here(0);
            return cleanup();
        });
        try {
            co_await std::move(whole);
        } catch (const std::bad_alloc&) {
            failed = true;
        }
    };
    rill::run(body());
    if (RILL_RECYCLE_FRAMES == 0) CHECK(failed);  // else there may have been a block to recycle
    CHECK(started == !failed);
}

TEST_CASE("a finally that was stored owns body and cleanup, and one that is never awaited runs neither") {
    testimony seen;
    std::string log;
    const auto work = [](witness) -> rill::task<> { co_return; };
    {
        const auto unused = rill::finally(work(witness(seen)), slow_cleanup(log));
        CHECK(seen.alive == 1);
    }
    CHECK(seen.alive == 0);
    CHECK(log.empty());
    const auto body = [&]() -> rill::task<> {
        auto shared = std::make_shared<std::string>("s");
        const auto cleanup = [shared, &log]() -> rill::task<> {
            co_await rill::yield();
            log += *shared;
        };
        auto stored = rill::finally(work(witness(seen)), cleanup);
        auto moved = std::move(stored);
        co_await rill::yield();
        co_await std::move(moved);
    };
    rill::run(body());
    CHECK(log == "s");
    CHECK(seen.alive == 0);
}

TEST_CASE("cleanups of finally within finally run from the innermost to the outermost") {
    std::string log;
    const auto cleanup = [&log](char letter) {
        return [&log, letter]() -> rill::task<> {
            co_await rill::yield();
            log += letter;
        };
    };
    const auto whole = [&]() -> rill::task<> {
        co_await rill::finally(rill::finally(rill::finally(rill::sleep_for(1h), cleanup('a')), cleanup('b')),
                               cleanup('c'));
    };
    CHECK_FALSE(ends_under_a_stop(whole, 1));
    CHECK(log == "abc");
}

TEST_CASE("a context that is abandoned destroys body and cleanup, and runs nothing of either") {
    testimony seen;
    std::string log;
    {
        rill::io_context context;
        const auto cleanup = [&]() -> rill::task<> {
            const witness here(seen);
            log += '!';
            co_await rill::sleep_for(1h);
        };
        const auto work = [&]() -> rill::task<> {
            const witness here(seen);
            co_await rill::sleep_for(1h);
        };
        const auto foreign = [&]() -> support::foreign_eager { co_await rill::finally(work(), cleanup); };
        const auto in_cleanup = [&]() -> support::foreign_eager { co_await rill::finally(rill::yield(), cleanup); };
        std::optional<support::foreign_eager> first;
        std::optional<support::foreign_eager> second;
        context.post([&] {
            first.emplace(foreign());
            second.emplace(in_cleanup());
        });
        for (int i = 0; i < 4; ++i) context.turn();
        CHECK(seen.alive == 2);
        CHECK(log == "!");
        context.abandon();
        CHECK(seen.alive == 0);
    }
    CHECK(log == "!");
}
