// SPDX-License-Identifier: MIT
#include <rill/core/as_result.hpp>
#include <rill/core/run.hpp>
#include <rill/core/shield.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/stop_token.hpp>
#include <rill/core/task.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <version>
#ifdef __cpp_lib_jthread
#include <stop_token>
#endif

#include "support/catch.hpp"
#include "support/helper_thread.hpp"
#include "support/run_time_library.hpp"
#include "support/seeded_random.hpp"
#include "support/witness.hpp"

using namespace std::chrono_literals;
using support::testimony;
using support::witness;

namespace {

rill::task<> inner(testimony& seen) {
    const witness here(seen, 'i');
    try {
        co_await rill::sleep_for(1h);
    } catch (...) {
        seen.log += '!';  // a stop is no exception
    }
    seen.log += '?';  // and a stopped coroutine does not go on
}

rill::task<int> outer(testimony& seen) {
    const witness here(seen, 'o');
    co_await inner(seen);
    co_return 1;
}

rill::task<> ask_after(rill::stop_source source, int yields) {
    for (int i = 0; i < yields; ++i) co_await rill::yield();
    source.request_stop();
}

}  // namespace

TEST_CASE("a stop unwinds what waits below it, innermost frame first, without an exception, and with_stop goes on") {
    testimony seen;
    rill::stop_source source;
    const auto stopped = [&]() -> rill::task<> {
        const std::optional<int> value = co_await rill::with_stop(source.get_token(), outer(seen));
        CHECK_FALSE(value);
        seen.log += 's';
    };
    const auto body = [&]() -> rill::task<> { co_await rill::when_all(stopped(), ask_after(source, 3)); };
    rill::run(body());
    CHECK(seen.log == "ios");
    CHECK(seen.alive == 0);
}

TEST_CASE("with_stop gives the value when nobody asks, also void and what only moves") {
    const auto body = []() -> rill::task<> {
        rill::stop_source source;
        const auto nothing = []() -> rill::task<> { co_return; };
        const auto number = []() -> rill::task<std::unique_ptr<int>> {
            co_await rill::yield();
            co_return std::make_unique<int>(5);
        };
        const bool whole = co_await rill::with_stop(source.get_token(), nothing());
        CHECK(whole);
        const std::optional<std::unique_ptr<int>> value = co_await rill::with_stop(source.get_token(), number());
        REQUIRE(value);
        CHECK(**value == 5);
        const bool without_source = co_await rill::with_stop(rill::stop_token(), nothing());
        CHECK(without_source);
        const bool bare = co_await rill::with_stop(source.get_token(), rill::sleep_for(1us));
        CHECK(bare);
    };
    rill::run(body());
}

TEST_CASE("with_stop passes the error of what it runs") {
    const auto fails = []() -> rill::task<int> {
        co_await rill::yield();
        throw std::runtime_error("broken");
    };
    const auto body = [&]() -> rill::task<bool> {
        try {
            co_await rill::with_stop(rill::stop_source().get_token(), fails());
        } catch (const std::runtime_error&) {
            co_return true;
        }
        co_return false;
    };
    CHECK(rill::run(body()));
}

TEST_CASE("under a token that was stopped nothing starts") {
    bool started = false;
    const auto work = [&]() -> rill::task<> {
        started = true;
        co_return;
    };
    rill::stop_source source;
    source.request_stop();
    const auto body = [&]() -> rill::task<bool> { co_return co_await rill::with_stop(source.get_token(), work()); };
    CHECK_FALSE(rill::run(body()));
    CHECK_FALSE(started);
}

TEST_CASE("a coroutine that stops its own scope runs to its next operation, which does not start") {
    std::string log;
    rill::stop_source source;
    const auto child = [&]() -> rill::task<> {
        log += 'c';  // a plain task runs up to its first operation
        co_await rill::yield();
        log += '!';
    };
    const auto work = [&]() -> rill::task<> {
        source.request_stop();
        log += 'a';
        co_await child();
        log += '!';
    };
    const auto body = [&]() -> rill::task<bool> { co_return co_await rill::with_stop(source.get_token(), work()); };
    CHECK_FALSE(rill::run(body()));
    CHECK(log == "ac");
}

TEST_CASE("no kind of scope starts its children under a stop, and shield alone does") {
    int started = 0;
    int shielded = 0;
    const auto child = [&]() -> rill::task<> {
        ++started;
        co_return;
    };
    const auto finish = [&]() -> rill::task<> {
        co_await rill::yield();
        ++shielded;
    };
    const auto stop_and = [&](rill::stop_source& source, int which) -> rill::task<> {
        source.request_stop();
        switch (which) {
            case 0:
                co_await rill::timeout(1h, child());
                break;
            case 1:
                co_await rill::when_all(child(), child());
                break;
            case 2:
                co_await rill::with_stop(rill::stop_source().get_token(), child());
                break;
            case 3:
                static_cast<void>(co_await rill::as_result(rill::timeout(1h, child())));
                break;
            default:
                co_await rill::shield(finish());
                co_await rill::yield();
                break;
        }
        ++started;
    };
    const auto body = [&]() -> rill::task<> {
        for (int which = 0; which < 5; ++which) {
            rill::stop_source source;
            const bool whole = co_await rill::with_stop(source.get_token(), stop_and(source, which));
            CHECK_FALSE(whole);
        }
    };
    rill::run(body());
    CHECK(started == 0);
    CHECK(shielded == 1);
}

TEST_CASE("request_stop resumes and unwinds nobody inside the call") {
    testimony seen;
    rill::stop_source source;
    const auto stops = [&]() -> rill::task<> {
        co_await rill::yield();
        source.request_stop();
        CHECK(seen.alive == 2);
        CHECK(source.stop_requested());
        co_await rill::yield();
        CHECK(seen.alive == 0);
    };
    const auto body = [&]() -> rill::task<> {
        co_await rill::when_all(rill::with_stop(source.get_token(), outer(seen)), stops());
    };
    rill::run(body());
}

TEST_CASE("a stop that comes after the value is there leaves the value") {
    rill::stop_source source;
    std::string log;
    const auto work = [&]() -> rill::task<int> {
        co_await rill::yield();
        log += 'w';
        co_return 3;
    };
    const auto stops = [&]() -> rill::task<> {
        co_await rill::yield();
        log += 's';  // the work has ended in this turn, and its awaiter has not gone on yet
        source.request_stop();
    };
    const auto body = [&]() -> rill::task<> {
        const auto [value, done] = co_await rill::when_all(rill::with_stop(source.get_token(), work()), stops());
        CHECK(value == 3);
    };
    rill::run(body());
    CHECK(log == "ws");
}

TEST_CASE("when an outer and an inner scope are stopped by one request, the outer one wins") {
    rill::stop_source source;
    bool told_inside = false;
    const auto nested = [&]() -> rill::task<> {
        co_await rill::with_stop(source.get_token(), rill::sleep_for(1h));
        told_inside = true;
    };
    const auto body = [&]() -> rill::task<> {
        const auto [whole, done] =
            co_await rill::when_all(rill::with_stop(source.get_token(), nested()), ask_after(source, 2));
        CHECK_FALSE(whole);
    };
    rill::run(body());
    CHECK_FALSE(told_inside);
}

TEST_CASE("when one request of another thread stops an outer and an inner scope, the outer one wins") {
    rill::stop_source source;
    std::atomic<bool> told_inside{false};
    const auto nested = [&]() -> rill::task<> {
        // Registered between the two scopes: it holds the asking thread for a while between them.
        const rill::stop_callback between(source.get_token(), [&] {
            for (int i = 0; i < 30 && !told_inside; ++i) std::this_thread::sleep_for(1ms);
        });
        co_await rill::with_stop(source.get_token(), rill::sleep_for(1h));
        told_inside = true;
    };
    const auto body = [&]() -> rill::task<bool> { co_return co_await rill::with_stop(source.get_token(), nested()); };
    support::helper_thread other;
    other.call([mine = source]() mutable {
        std::this_thread::sleep_for(2ms);
        mine.request_stop();
    });
    const bool whole = rill::run(body());
    other.wait();
    CHECK_FALSE(whole);
    CHECK_FALSE(told_inside);
}

TEST_CASE("an inner scope that is stopped alone leaves the outer one running") {
    rill::stop_source outside;
    rill::stop_source inside;
    const auto nested = [&]() -> rill::task<int> {
        const bool whole = co_await rill::with_stop(inside.get_token(), rill::sleep_for(1h));
        CHECK_FALSE(whole);
        co_await rill::yield();
        co_return 6;
    };
    const auto body = [&]() -> rill::task<> {
        const auto [value, done] =
            co_await rill::when_all(rill::with_stop(outside.get_token(), nested()), ask_after(inside, 1));
        CHECK(value == 6);
    };
    rill::run(body());
}

TEST_CASE("a destructor that runs while a chain is unwound may ask for further stops") {
    testimony seen;
    rill::stop_source first;
    rill::stop_source second;
    class stops_at_end {
      public:
        explicit stops_at_end(rill::stop_source& source) : source_(source) {}
        ~stops_at_end() {
            source_.request_stop();
            source_.request_stop();
        }

      private:
        rill::stop_source& source_;
    };
    const auto one = [&]() -> rill::task<> {
        const stops_at_end here(second);
        co_await outer(seen);
    };
    const auto own = [&]() -> rill::task<> {
        const stops_at_end here(first);  // its own scope, for the second time
        co_await one();
    };
    const auto body = [&]() -> rill::task<> {
        const auto [a, b, done] =
            co_await rill::when_all(rill::with_stop(first.get_token(), own()),
                                    rill::with_stop(second.get_token(), outer(seen)), ask_after(first, 1));
        CHECK_FALSE(a);
        CHECK_FALSE(b);
    };
    rill::run(body());
    CHECK(seen.log == "ioio");
}

TEST_CASE("a stop from another thread wakes a loop that sleeps, and nothing is lost in 10 000 races") {
    support::helper_thread other;
    support::seeded_random random;
    INFO(random.replay());
    int stopped = 0;
    int ended = 0;
    int resumed = 0;
    testimony seen;
    const auto work = [&](std::size_t yields) -> rill::task<int> {
        const witness here(seen);
        for (std::size_t i = 0; i < yields; ++i) co_await rill::yield();
        if (yields % 8 == 0) co_await rill::sleep_for(1h);
        ++resumed;
        co_return 7;
    };
    const auto body = [&]() -> rill::task<> {
        for (int round = 0; round < 10'000; ++round) {
            rill::stop_source source;
            other.call([mine = source]() mutable { mine.request_stop(); });
            const std::optional<int> value = co_await rill::with_stop(source.get_token(), work(random.below(300)));
            ++(value ? ended : stopped);
        }
    };
    rill::run(body());
    other.wait();
    CHECK(ended + stopped == 10'000);
    CHECK(ended == resumed);
    CHECK(seen.alive == 0);
}

TEST_CASE("a source may end on another thread as soon as it has asked") {
    support::helper_thread other;
    const auto body = [&]() -> rill::task<> {
        for (int round = 0; round < 1000; ++round) {
            auto source = std::make_unique<rill::stop_source>();
            const rill::stop_token token = source->get_token();
            other.call([mine = std::make_shared<rill::stop_source>(std::move(*source))]() mutable {
                mine->request_stop();
                mine.reset();
            });
            source.reset();
            const bool whole = co_await rill::with_stop(token, rill::sleep_for(1h));
            CHECK_FALSE(whole);
        }
    };
    rill::run(body());
}

TEST_CASE("a context may end as soon as the stop from another thread has ended its last task") {
    support::helper_thread other;
    int wrong = 0;
    for (int round = 0; round < 2000; ++round) {
        rill::stop_source source;
        const auto spin = [&]() -> rill::task<> {  // awake: the stop is taken in without a wake-up
            for (;;) co_await rill::yield();
        };
        const auto body = [&]() -> rill::task<bool> { co_return co_await rill::with_stop(source.get_token(), spin()); };
        const auto context = std::make_unique<rill::io_context>();
        other.call([mine = source]() mutable { mine.request_stop(); });
        if (context->run(body())) ++wrong;
    }
    CHECK(wrong == 0);
}

#ifdef __cpp_lib_jthread
TEST_CASE("with_stop takes the standard's token: stopped before, during, and from another thread") {
    testimony seen;
    support::helper_thread other;
    const auto body = [&]() -> rill::task<> {
        std::stop_source before;
        before.request_stop();
        const std::optional<int> never = co_await rill::with_stop(before.get_token(), outer(seen));
        CHECK_FALSE(never);
        CHECK(seen.made == 0);

        std::stop_source during;
        const auto stops = [&]() -> rill::task<> {
            co_await rill::yield();
            during.request_stop();
        };
        const auto [stopped, done] = co_await rill::when_all(rill::with_stop(during.get_token(), outer(seen)), stops());
        CHECK_FALSE(stopped);
        CHECK(seen.log == "io");

        // The standard's own wait for a callback that runs on another thread can last for ever there: see
        // backend/windows_atomic_wait.hpp.
        const int rounds = support::standard_waits_are_sound ? 2000 : 0;
        for (int round = 0; round < rounds; ++round) {
            std::stop_source source;
            other.call([mine = source]() mutable { mine.request_stop(); });
            const bool whole = co_await rill::with_stop(source.get_token(), rill::sleep_for(1h));
            CHECK_FALSE(whole);
        }
        const bool whole = co_await rill::with_stop(std::stop_token(), rill::yield());
        CHECK(whole);
    };
    rill::run(body());
    other.wait();
}
#endif
