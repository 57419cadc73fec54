// SPDX-License-Identifier: MIT
#include <rill/core/as_result.hpp>
#include <rill/core/run.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/stop_token.hpp>
#include <rill/core/task.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>
#include <rill/sync/watch.hpp>

#include <atomic>
#include <chrono>
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
#include "support/helper_thread.hpp"
#include "support/seeded_random.hpp"
#include "support/several_contexts.hpp"

using namespace std::chrono_literals;

TEST_CASE("a subscription of a watch gives the value there is, and then each newer one") {
    rill::watch<int> watch(1);
    std::vector<int> seen;
    const auto reader = [&]() -> rill::task<> {
        auto changes = watch.subscribe();
        while (const auto value = co_await changes.next()) seen.push_back(*value);
    };
    const auto writer = [&]() -> rill::task<> {
        co_await rill::yield();
        CHECK(watch.get() == 1);
        watch.set(2);
        CHECK(seen == std::vector<int>{1});  // never inside the call
        co_await rill::yield();
        watch.set(3);
        watch.set(4);  // before the reader has looked
        CHECK(watch.get() == 4);
        co_await rill::yield();
        watch.close();
        watch.close();
    };
    const auto body = [&]() -> rill::task<> { co_await rill::when_all(reader(), writer()); };
    rill::run(body());
    CHECK(seen == std::vector<int>{1, 2, 4});
}

TEST_CASE("the last value of a watch that is closed is given to who has not seen it, and can't be replaced") {
    rill::watch<std::string> watch("first");
    auto changes = watch.subscribe();
    watch.set("last");
    watch.close();
    CHECK(support::error_of([&] { watch.set("later"); }) == std::errc::broken_pipe);
    const auto body = [&]() -> rill::task<> {
        const auto last = co_await changes.next();
        CHECK(last == "last");
        const auto nothing = co_await changes.next();
        CHECK_FALSE(nothing);
        auto late = watch.subscribe();
        const auto same = co_await late.next();
        CHECK(same == "last");
    };
    rill::run(body());
    CHECK(watch.get() == "last");
}

TEST_CASE("a subscription that is moved goes on where the other was") {
    rill::watch<int> watch(1);
    const auto body = [&]() -> rill::task<> {
        auto first = watch.subscribe();
        static_cast<void>(co_await first.next());
        auto second = std::move(first);
        const auto late = co_await rill::as_result(rill::timeout(1ms, second.next()));
        CHECK(late.error() == std::errc::timed_out);
    };
    rill::run(body());
}

TEST_CASE("a stopped wait for a newer value leaves it to the next") {
    rill::watch<int> watch(1);
    const auto body = [&]() -> rill::task<> {
        auto changes = watch.subscribe();
        static_cast<void>(co_await changes.next());
        rill::stop_source source;
        const auto stops = [&](bool sets) -> rill::task<> {
            if (sets) watch.set(3);
            source.request_stop();
            co_return;
        };
        const auto [none, nothing] =
            co_await rill::when_all(rill::with_stop(source.get_token(), changes.next()), stops(false));
        CHECK_FALSE(none);
        watch.set(2);
        const auto value = co_await changes.next();
        CHECK(value == 2);
        source = rill::stop_source();
        const auto [got, nothing_either] =
            co_await rill::when_all(rill::with_stop(source.get_token(), changes.next()), stops(true));
        CHECK(got == std::optional(std::optional(3)));  // it came before the stop
    };
    rill::run(body());
}

TEST_CASE("a second wait on one subscription is refused, and does not disturb the first") {
    rill::watch<int> watch(1);
    const auto body = [&]() -> rill::task<> {
        auto changes = watch.subscribe();
        static_cast<void>(co_await changes.next());
        const auto first = [&]() -> rill::task<> {
            const auto value = co_await changes.next();
            CHECK(value == 2);
        };
        const auto second = [&]() -> rill::task<> {
            const auto answer = co_await rill::as_result(changes.next());
            CHECK(answer.error() == std::errc::operation_in_progress);
            watch.set(2);
        };
        co_await rill::when_all(first(), second());
        watch.set(3);
        const auto value = co_await changes.next();
        CHECK(value == 3);
    };
    rill::run(body());
}

TEST_CASE("two waits at once on one subscription are refused also where a newer value is there already") {
    rill::watch<int> watch(1);
    const auto body = [&]() -> rill::task<> {
        auto changes = watch.subscribe();
        const auto [first, second] =
            co_await rill::when_all(rill::as_result(changes.next()), rill::as_result(changes.next()));
        CHECK(first.value() == std::optional(1));
        CHECK(second.error() == std::errc::operation_in_progress);  // and not the nothing of a watch that is closed
    };
    rill::run(body());
}

TEST_CASE("a subscription can be awaited again while the wait that has ended still exists") {
    rill::watch<int> watch(1);
    const auto body = [&]() -> rill::task<> {
        auto changes = watch.subscribe();
        static_cast<void>(co_await changes.next());
        auto stored = changes.next();
        const auto waits = [&]() -> rill::task<> {
            const auto value = co_await std::move(stored);
            CHECK(value == 2);
        };
        const auto sets = [&]() -> rill::task<> {
            watch.set(2);
            co_return;
        };
        co_await rill::when_all(waits(), sets());
        watch.set(3);
        const auto value = co_await changes.next();
        CHECK(value == 3);
    };
    rill::run(body());
}

TEST_CASE("a copy of a watched value that throws leaves the value to be given") {
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
    rill::watch<fragile> watch(fragile(7, &throws));
    const auto body = [&]() -> rill::task<> {
        auto changes = watch.subscribe();
        throws = true;
        bool caught = false;
        try {
            static_cast<void>(co_await changes.next());
        } catch (const std::runtime_error&) {
            caught = true;
        }
        CHECK(caught);
        throws = false;
        const auto value = co_await changes.next();
        CHECK(value->value == 7);
    };
    rill::run(body());
}

TEST_CASE("those who wait for a watch that ends are told so") {
    const auto body = []() -> rill::task<> {
        std::optional<rill::watch<int>> watch(std::in_place, 1);
        auto changes = watch->subscribe();
        static_cast<void>(co_await changes.next());
        const auto waits = [&]() -> rill::task<> {
            const auto answer = co_await rill::as_result(changes.next());
            CHECK(answer.error() == std::errc::operation_canceled);
        };
        const auto ends = [&]() -> rill::task<> {
            watch.reset();
            co_return;
        };
        co_await rill::when_all(waits(), ends());
    };
    rill::run(body());
}

TEST_CASE("a watch that ends before the turn of those who wait gives them what was set, or that it was closed") {
    const bool closes = GENERATE(false, true);
    const auto body = [&]() -> rill::task<> {
        auto watch = std::make_unique<rill::watch<int>>(1);
        auto changes = watch->subscribe();
        static_cast<void>(co_await changes.next());
        const auto waits = [&]() -> rill::task<> {
            const auto value = co_await changes.next();
            CHECK(value == (closes ? std::nullopt : std::optional(2)));
        };
        const auto ends = [&]() -> rill::task<> {
            closes ? watch->close() : watch->set(2);
            watch.reset();
            co_return;
        };
        co_await rill::when_all(waits(), ends());
    };
    rill::run(body());
}

TEST_CASE("a value that was set on another thread, where the watch then ended, is given under a stop") {
    support::helper_thread other;
    const auto body = [&]() -> rill::task<> {
        auto watch = std::make_unique<rill::watch<int>>(1);
        auto changes = watch->subscribe();
        static_cast<void>(co_await changes.next());
        rill::stop_source source;
        const auto ends = [&]() -> rill::task<> {
            co_await rill::yield();  // into a turn of the loop, which looks into the inbox only where it begins
            other.call([&] {
                watch->set(2);
                watch.reset();
            });
            other.wait();
            source.request_stop();
            co_return;
        };
        const auto [value, nothing] =
            co_await rill::when_all(rill::with_stop(source.get_token(), changes.next()), ends());
        CHECK(value == std::optional(std::optional(2)));
    };
    rill::run(body());
}

TEST_CASE("a copy of a watched value that throws stops what runs beside the wait") {
    struct fragile {
        fragile() = default;
        fragile(const fragile&) { throw std::runtime_error("no copy"); }
        fragile(fragile&&) noexcept {}
        fragile& operator=(fragile&&) noexcept { return *this; }
    };
    rill::watch<fragile> watch{fragile()};
    auto changes = watch.subscribe();
    const auto body = [&]() -> rill::task<> {
        co_await rill::when_all(changes.next(), rill::sleep_for(std::chrono::hours(1)));
    };
    CHECK_THROWS_WITH(rill::run(rill::timeout(50s, body())), "no copy");
}

TEST_CASE("foreign coroutines wait for a newer value, and waiting costs no allocation") {
    rill::watch<int> watch(1);
    const auto body = [&]() -> rill::task<> {
        int last = 0;
        const auto foreign = [&]() -> support::foreign_eager {
            auto changes = watch.subscribe();
            while (const auto value = co_await changes.next()) last = *value;
        };
        const auto reader = foreign();
        CHECK(last == 1);
        const std::size_t before = support::allocation_count();
        watch.set(2);
        co_await rill::yield();
        CHECK(support::allocation_count() == before);
        CHECK(last == 2);
        watch.close();
        while (!reader.done()) co_await rill::yield();
    };
    rill::run(body());
}

TEST_CASE("readers of several contexts see a watched value grow, and all see the last one") {
    support::seeded_random seeds;
    INFO(seeds.replay());
    const std::uint64_t seed = seeds.next();
    constexpr int last = 3000;
    rill::watch<int> watch(0);
    std::atomic<int> wrong = 0;
    std::atomic<int> ended = 0;
    const auto reader = [&](std::uint64_t mine) -> rill::task<> {
        support::seeded_random random(mine);
        auto changes = watch.subscribe();
        int before = -1;
        for (;;) {
            std::optional<int> value;
            if (random.one_in(4)) {
                auto late = co_await rill::as_result(
                    rill::timeout(std::chrono::microseconds(random.below(50)), changes.next()));
                if (!late) continue;
                value = std::move(late).value();
            } else {
                value = co_await changes.next();
            }
            if (!value) break;
            if (*value <= before) ++wrong;
            before = *value;
        }
        if (before == last) ++ended;
    };
    const auto writer = [&]() -> rill::task<> {
        for (int i = 1; i <= last; ++i) {
            watch.set(i);
            if (i % 7 == 0) co_await rill::yield();
        }
        watch.close();
    };
    support::on_contexts(3, [&](std::size_t index) -> rill::task<> {
        const std::uint64_t base = seed + 10 * index;
        if (index == 0) {
            co_await rill::when_all(reader(base), writer());
        } else {
            co_await rill::when_all(reader(base), reader(base + 1));
        }
    });
    CHECK(wrong == 0);
    CHECK(ended == 5);
}
