// SPDX-License-Identifier: MIT
#include <rill/core/get_stop_token.hpp>
#include <rill/core/run.hpp>
#include <rill/core/shield.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>
#include <rill/core/task_group.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/when_any.hpp>
#include <rill/core/with_stop.hpp>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/foreign_task.hpp"
#include "support/helper_thread.hpp"

using namespace std::chrono_literals;

TEST_CASE("the token of a coroutine that was not stopped says so, also after its end, and can be stopped") {
    const auto body = []() -> rill::task<rill::stop_token> {
        rill::stop_token token = co_await rill::get_stop_token();
        CHECK_FALSE(token.stop_requested());
        CHECK(token.stop_possible());
        co_return token;
    };
    const rill::stop_token token = rill::run(body());
    CHECK_FALSE(token.stop_requested());
}

TEST_CASE("the token tells of the stop of any scope around it, at once") {
    const auto tells = [](rill::stop_token& token) -> rill::task<> {
        token = co_await rill::get_stop_token();
        co_await rill::sleep_for(1h);
    };
    const auto nested = [&](rill::stop_token& token) -> rill::task<> {
        co_await rill::timeout(1h, rill::when_all(rill::sleep_for(1h), tells(token)));
    };
    const auto body = [&]() -> rill::task<> {
        rill::stop_token by_token;
        rill::stop_source source;
        const auto stops = [&]() -> rill::task<> {
            co_await rill::yield();
            CHECK_FALSE(by_token.stop_requested());
            source.request_stop();
            CHECK(by_token.stop_requested());  // though nothing has been unwound yet
        };
        co_await rill::when_all(rill::with_stop(source.get_token(), nested(by_token)), stops());

        rill::stop_token by_sibling;
        static_cast<void>(co_await rill::when_any(nested(by_sibling), rill::yield()));
        CHECK(by_sibling.stop_requested());

        rill::stop_token by_time;
        bool late = false;
        try {
            co_await rill::timeout(1ms, nested(by_time));
        } catch (const std::system_error&) {
            late = true;
        }
        CHECK(late);
        CHECK(by_time.stop_requested());

        rill::stop_token by_group;
        const auto group = [&](rill::task_group& children) -> rill::task<> {
            children.spawn(nested(by_group));
            co_await rill::yield();
            children.stop();
            CHECK(by_group.stop_requested());
            CHECK_FALSE((co_await rill::get_stop_token()).stop_requested());  // the body was not stopped
        };
        co_await rill::with_task_group(group);
    };
    rill::run(body());
}

TEST_CASE("a coroutine that was stopped gets a token that says so, whether or not it had asked before") {
    for (const bool asked_before : {false, true}) {
        bool told = false;
        rill::stop_source source;
        const auto work = [&]() -> rill::task<> {
            if (asked_before) static_cast<void>(co_await rill::get_stop_token());
            source.request_stop();
            told = (co_await rill::get_stop_token()).stop_requested();
            co_await rill::yield();
            told = false;
        };
        const auto body = [&]() -> rill::task<bool> { co_return co_await rill::with_stop(source.get_token(), work()); };
        CHECK_FALSE(rill::run(body()));
        CHECK(told);
    }
}

TEST_CASE("under a shield the token does not tell of the stop outside it, but of one inside it") {
    rill::stop_source outside;
    rill::stop_source inside;
    rill::stop_token outer;
    rill::stop_token inner;
    const auto asks = [](rill::stop_token& token, rill::stop_source& source) -> rill::task<> {
        token = co_await rill::get_stop_token();
        source.request_stop();
    };
    const auto shielded = [&]() -> rill::task<> {
        co_await asks(outer, outside);
        CHECK_FALSE(outer.stop_requested());
        static_cast<void>(co_await rill::with_stop(inside.get_token(), asks(inner, inside)));
        CHECK(inner.stop_requested());
    };
    const auto work = [&]() -> rill::task<> { co_await rill::shield(shielded()); };
    rill::run(rill::with_stop(outside.get_token(), work()));
    CHECK_FALSE(outer.stop_requested());
}

TEST_CASE(
    "a callback on the token is called before anything is unwound, on the thread of the loop, the outermost first") {
    std::string log;
    support::helper_thread other;
    rill::stop_source source;
    const std::thread::id home = std::this_thread::get_id();
    class unwound {
      public:
        explicit unwound(std::string& log) : log_(log) {}
        ~unwound() { log_ += '~'; }
        unwound(const unwound&) = delete;
        unwound& operator=(const unwound&) = delete;

      private:
        std::string& log_;
    };
    const auto inner = [&]() -> rill::task<> {
        const unwound here(log);
        const rill::stop_callback on_stop(co_await rill::get_stop_token(), [&] { log += 'i'; });
        other.call([mine = source]() mutable { mine.request_stop(); });
        co_await rill::sleep_for(1h);
    };
    const auto outer = [&]() -> rill::task<> {
        const unwound here(log);
        const rill::stop_callback on_stop(co_await rill::get_stop_token(),
                                          [&] { log += std::this_thread::get_id() == home ? 'o' : '?'; });
        co_await rill::timeout(1h, inner());
    };
    CHECK_FALSE(rill::run(rill::with_stop(source.get_token(), outer())));
    other.wait();
    CHECK(log == "oi~~");
}

TEST_CASE("a callback may stop other scopes, spawn and ask again") {
    const auto body = [](rill::task_group& group) -> rill::task<> {
        rill::stop_source other;
        int spawned = 0;
        bool asked = false;
        const auto counts = [&]() -> rill::task<> {
            ++spawned;
            co_return;
        };
        const auto waits = [&]() -> rill::task<> {
            const rill::stop_token token = co_await rill::get_stop_token();
            const rill::stop_callback on_stop(token, [&] {
                other.request_stop();
                group.spawn(counts());
                asked = token.stop_requested();
            });
            co_await rill::sleep_for(1h);
        };
        rill::stop_source first;
        const auto stops = [&]() -> rill::task<> {
            co_await rill::yield();
            first.request_stop();
        };
        const auto [a, b, c] =
            co_await rill::when_all(rill::with_stop(first.get_token(), waits()),
                                    rill::with_stop(other.get_token(), rill::sleep_for(1h)), stops());
        CHECK_FALSE(a);
        CHECK_FALSE(b);
        CHECK(asked);
        co_await group.join();
        CHECK(spawned == 1);
    };
    rill::run(rill::with_task_group(body));
}

TEST_CASE("all on one branch have the same token, and only the first allocates") {
    const auto inner = []() -> rill::task<rill::stop_token> { co_return co_await rill::get_stop_token(); };
    const auto body = [&]() -> rill::task<> {
        const rill::stop_token mine = co_await rill::get_stop_token();
        const std::size_t before = support::allocation_count();
        const rill::stop_token again = co_await rill::get_stop_token();
        CHECK(support::allocation_count() == before);
        CHECK(again == mine);
        const rill::stop_token below = co_await inner();
        CHECK(below == mine);
        const auto [child, other] = co_await rill::when_all(inner(), rill::get_stop_token());
        CHECK_FALSE(child == mine);
        CHECK_FALSE(other == child);
    };
    rill::run(body());
}

TEST_CASE("when there is no memory for a token, that is thrown, and the next one may succeed") {
    if (!support::allocations_are_watched) {
        WARN("this build can't make allocations fail");
        return;
    }
    const auto body = []() -> rill::task<> {
        for (const std::size_t number : {std::size_t{0}, std::size_t{1}}) {
            bool failed = false;
            auto asks = rill::get_stop_token();
            try {
                const support::failing_allocation here(number);
                static_cast<void>(co_await std::move(asks));
                failed = !here.happened();
            } catch (const std::bad_alloc&) {
                failed = true;
            }
            CHECK(failed);
        }
        CHECK_FALSE((co_await rill::get_stop_token()).stop_requested());
    };
    rill::run(body());
}

TEST_CASE("another thread may watch the token, and outlive the coroutine with it") {
    support::helper_thread other;
    for (int round = 0; round < 500; ++round) {
        rill::stop_source source;
        std::atomic<bool> seen{false};
        const auto work = [&]() -> rill::task<> {
            const rill::stop_token token = co_await rill::get_stop_token();
            other.call([token, &seen] {
                const rill::stop_callback on_stop(token, [] {});
                while (!token.stop_requested()) std::this_thread::yield();
                seen = true;
            });
            source.request_stop();
            co_await rill::yield();
        };
        const auto body = [&]() -> rill::task<bool> { co_return co_await rill::with_stop(source.get_token(), work()); };
        CHECK_FALSE(rill::run(body()));
        other.wait();
        CHECK(seen);
    }
}

TEST_CASE("a foreign coroutine has a token of its own, which nothing stops") {
    rill::io_context context;
    std::optional<rill::stop_token> token;
    const auto foreign = [&]() -> support::foreign_eager { token = co_await rill::get_stop_token(); };
    const auto body = [&]() -> rill::task<> {
        const auto started = foreign();
        co_await rill::yield();
    };
    context.run(body());
    REQUIRE(token);
    CHECK_FALSE(token->stop_requested());
}
