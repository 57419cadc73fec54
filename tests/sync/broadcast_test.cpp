// SPDX-License-Identifier: MIT
#include <rill/core/as_result.hpp>
#include <rill/core/run.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/stop_token.hpp>
#include <rill/core/task.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>
#include <rill/sync/broadcast.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/foreign_task.hpp"
#include "support/seeded_random.hpp"
#include "support/several_contexts.hpp"

using namespace std::chrono_literals;

TEST_CASE("every value of a broadcast reaches every reader that had subscribed before, in order") {
    rill::broadcast<int> news(4);
    news.send(0);  // nobody hears it
    std::vector<int> first;
    std::vector<int> second;
    const auto reader = [&](std::vector<int>& into) -> rill::task<> {
        auto reading = news.subscribe();
        while (const auto got = co_await reading.recv()) {
            CHECK(got->missed == 0);
            into.push_back(got->value);
        }
    };
    const auto sender = [&]() -> rill::task<> {
        for (int i = 1; i <= 5; ++i) {
            news.send(i);
            CHECK(first.size() == static_cast<std::size_t>(i - 1));  // never inside the call
            co_await rill::yield();
        }
        news.close();
    };
    const auto body = [&]() -> rill::task<> { co_await rill::when_all(reader(first), reader(second), sender()); };
    rill::run(body());
    CHECK(first == std::vector<int>{1, 2, 3, 4, 5});
    CHECK(second == first);
}

TEST_CASE("a slow reader of a broadcast is told how many values it has missed, and goes on with the oldest") {
    rill::broadcast<int> news(3);
    auto slow = news.subscribe();
    const auto body = [&]() -> rill::task<> {
        for (int i = 0; i < 10; ++i) news.send(i);
        const auto first = co_await slow.recv();
        CHECK(first->value == 7);
        CHECK(first->missed == 7);
        const auto second = co_await slow.recv();
        CHECK(second->value == 8);
        CHECK(second->missed == 0);
        news.send(10);
        news.send(11);
        news.send(12);
        const auto third = co_await slow.recv();
        CHECK(third->value == 10);
        CHECK(third->missed == 1);
    };
    rill::run(body());
}

TEST_CASE("what a closed broadcast has kept can still be received, and nothing more is sent") {
    rill::broadcast<std::string> news(2);
    auto reading = news.subscribe();
    news.send("one");
    news.close();
    news.close();
    CHECK(support::error_of([&] { news.send("two"); }) == std::errc::broken_pipe);
    const auto body = [&]() -> rill::task<> {
        const auto got = co_await reading.recv();
        CHECK(got->value == "one");
        const auto nothing = co_await reading.recv();
        CHECK_FALSE(nothing);
        auto late = news.subscribe();
        const auto nothing_either = co_await late.recv();
        CHECK_FALSE(nothing_either);
    };
    rill::run(body());
    CHECK(support::error_of([] { rill::broadcast<int>(0); }) == std::errc::invalid_argument);
}

TEST_CASE("a stopped reader of a broadcast takes nothing, and what came before the stop is delivered") {
    rill::broadcast<int> news(2);
    auto reading = news.subscribe();
    const auto body = [&]() -> rill::task<> {
        rill::stop_source source;
        const auto stops = [&](bool sends) -> rill::task<> {
            if (sends) news.send(2);
            source.request_stop();
            co_return;
        };
        const auto [none, nothing] =
            co_await rill::when_all(rill::with_stop(source.get_token(), reading.recv()), stops(false));
        CHECK_FALSE(none);
        news.send(1);
        const auto got = co_await reading.recv();
        CHECK(got->value == 1);
        source = rill::stop_source();
        const auto [second, nothing_either] =
            co_await rill::when_all(rill::with_stop(source.get_token(), reading.recv()), stops(true));
        REQUIRE(second);
        CHECK((*second)->value == 2);
        const auto late = co_await rill::as_result(rill::timeout(1ms, reading.recv()));
        CHECK(late.error() == std::errc::timed_out);
    };
    rill::run(body());
}

TEST_CASE("a second recv on one subscription is refused, and does not disturb the first") {
    rill::broadcast<int> news(2);
    auto reading = news.subscribe();
    const auto body = [&]() -> rill::task<> {
        const auto first = [&]() -> rill::task<> {
            const auto got = co_await reading.recv();
            CHECK(got->value == 1);
        };
        const auto second = [&]() -> rill::task<> {
            const auto answer = co_await rill::as_result(reading.recv());
            CHECK(answer.error() == std::errc::operation_in_progress);
            news.send(1);
        };
        co_await rill::when_all(first(), second());
        auto moved = std::move(reading);
        news.send(2);
        const auto got = co_await moved.recv();
        CHECK(got->value == 2);
    };
    rill::run(body());
}

TEST_CASE("a copy of a broadcast value that throws leaves the value to be received") {
    struct fragile {
        int value;
        bool* throws;
        fragile(int what, bool* when) : value(what), throws(when) {}
        fragile(const fragile& other) : value(other.value), throws(other.throws) {
            if (*throws) throw std::runtime_error("no copy");
        }
        fragile(fragile&&) noexcept = default;
        fragile& operator=(fragile&&) noexcept = default;
    };
    bool throws = false;
    rill::broadcast<fragile> news(1);
    auto reading = news.subscribe();
    const auto body = [&]() -> rill::task<> {
        news.send(fragile(7, &throws));
        throws = true;
        bool caught = false;
        try {
            static_cast<void>(co_await reading.recv());
        } catch (const std::runtime_error&) {
            caught = true;
        }
        CHECK(caught);
        throws = false;
        const auto got = co_await reading.recv();
        CHECK(got->value.value == 7);
    };
    rill::run(body());
}

TEST_CASE("those who wait for a broadcast that ends are told so") {
    const auto body = []() -> rill::task<> {
        std::optional<rill::broadcast<int>> news(std::in_place, std::size_t{1});
        auto reading = news->subscribe();
        const auto waits = [&]() -> rill::task<> {
            const auto answer = co_await rill::as_result(reading.recv());
            CHECK(answer.error() == std::errc::operation_canceled);
        };
        const auto ends = [&]() -> rill::task<> {
            news.reset();
            co_return;
        };
        co_await rill::when_all(waits(), ends());
    };
    rill::run(body());
}

TEST_CASE("a broadcast that ends before the turn of those who wait gives them the next value, or that it was closed") {
    const bool closes = GENERATE(false, true);
    const auto body = [&]() -> rill::task<> {
        auto news = std::make_unique<rill::broadcast<int>>(2);
        auto reader = news->subscribe();
        const auto waits = [&]() -> rill::task<> {
            const auto got = co_await reader.recv();
            CHECK(got.has_value() != closes);
            if (got) CHECK(got->value == 1);
        };
        const auto ends = [&]() -> rill::task<> {
            if (!closes) {
                news->send(1);
                news->send(2);
            }
            news->close();
            news.reset();
            co_return;
        };
        co_await rill::when_all(waits(), ends());
    };
    rill::run(body());
}

TEST_CASE("foreign coroutines receive a broadcast, which costs one allocation in all") {
    if (!support::allocations_are_watched) WARN("this build can't count allocations");
    const std::size_t before_all = support::allocation_count();
    rill::broadcast<int> news(2);
    if (support::allocations_are_watched) CHECK(support::allocation_count() == before_all + 1);
    const auto body = [&]() -> rill::task<> {
        int last = 0;
        const auto foreign = [&]() -> support::foreign_eager {
            auto reading = news.subscribe();
            while (const auto got = co_await reading.recv()) last = got->value;
        };
        const auto reader = foreign();
        const std::size_t before = support::allocation_count();
        news.send(2);
        co_await rill::yield();
        CHECK(support::allocation_count() == before);
        CHECK(last == 2);
        news.close();
        while (!reader.done()) co_await rill::yield();
    };
    rill::run(body());
}

TEST_CASE("readers of several contexts account for every value of a broadcast, received or missed") {
    support::seeded_random seeds;
    INFO(seeds.replay());
    const std::uint64_t seed = seeds.next();
    constexpr int sent_by_each = 2000;
    rill::broadcast<int> news(8);
    std::atomic<int> subscribed = 0;
    std::atomic<int> sending = 2;
    std::atomic<int> wrong = 0;
    std::atomic<std::uint64_t> accounted = 0;
    std::atomic<std::uint64_t> missed = 0;
    const auto reader = [&](std::uint64_t mine) -> rill::task<> {
        support::seeded_random random(mine);
        auto reading = news.subscribe();
        ++subscribed;
        std::vector<int> last(2, -1);
        for (;;) {
            std::optional<rill::broadcast<int>::message> got;
            if (random.one_in(4)) {
                auto late = co_await rill::as_result(
                    rill::timeout(std::chrono::microseconds(random.below(50)), reading.recv()));
                if (!late) continue;
                got = std::move(late).value();
            } else {
                got = co_await reading.recv();
            }
            if (!got) co_return;
            accounted += 1 + got->missed;
            missed += got->missed;
            int& before = last[static_cast<std::size_t>(got->value / sent_by_each)];
            if (got->value <= before) ++wrong;
            before = got->value;
        }
    };
    const auto sender = [&](int first) -> rill::task<> {
        while (subscribed < 6) co_await rill::yield();
        for (int i = 0; i < sent_by_each; ++i) {
            news.send(first + i);
            if (i % 5 == 0) co_await rill::yield();
        }
        if (--sending == 0) news.close();
    };
    support::on_contexts(3, [&](std::size_t index) -> rill::task<> {
        const std::uint64_t base = seed + 10 * index;
        if (index < 2) {
            co_await rill::when_all(reader(base), reader(base + 1), sender(static_cast<int>(index) * sent_by_each));
        } else {
            co_await rill::when_all(reader(base), reader(base + 1));
        }
    });
    CHECK(wrong == 0);
    CHECK(accounted == 6U * 2 * sent_by_each);
    INFO("missed " << missed);
}
