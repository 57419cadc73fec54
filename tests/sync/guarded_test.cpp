// SPDX-License-Identifier: MIT
#include <rill/core/as_result.hpp>
#include <rill/core/io_thread.hpp>
#include <rill/core/on.hpp>
#include <rill/core/run.hpp>
#include <rill/core/run_per_core.hpp>
#include <rill/core/shield.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/stop_token.hpp>
#include <rill/core/task.hpp>
#include <rill/core/task_group.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/when_any.hpp>
#include <rill/core/with_stop.hpp>
#include <rill/core/with_task_group.hpp>
#include <rill/sync/guarded.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/seeded_random.hpp"
#include "support/turns_beside.hpp"

using namespace std::chrono_literals;
using rill::guarded;
using rill::task;

namespace {

constexpr auto value_of = [](const auto& value) { return value; };
constexpr auto one_more = [](auto& value) { value += 1; };
constexpr auto not_empty = [](const auto& items) { return !items.empty(); };
constexpr auto take_first = [](auto& items) {
    auto first = std::move(items.front());
    items.pop_front();
    return first;
};

bool is_deadlock(std::error_code code) { return code == std::errc::resource_deadlock_would_occur; }

task<> turns(int count) {
    for (int i = 0; i < count; ++i) co_await rill::yield();
}

}  // namespace

TEST_CASE("a function inside of a guarded gives nothing, a copy, or what only moves") {
    guarded<std::unique_ptr<int>> owner(std::make_unique<int>(3));
    owner.with([](std::unique_ptr<int>& inside) { *inside = 4; });
    CHECK(owner.with([](auto& inside) { return *inside; }) == 4);
    const auto taken = owner.with([](auto& inside) { return std::move(inside); });
    CHECK(*taken == 4);
    CHECK(owner.read([](const auto& inside) { return inside == nullptr; }));
    const guarded<std::string> text("hello");
    CHECK(text.read(value_of) == "hello");
    static_assert(std::is_same_v<decltype(text.read(value_of)), std::string>);
    static_assert(!std::is_copy_constructible_v<guarded<int>> && !std::is_move_constructible_v<guarded<int>>);
    struct stays {
        stays(int one, int other) : sum(one + other) {}
        stays(stays&&) = delete;
        int sum;
    };
    guarded<stays> made(1, 2);
    CHECK(made.with([](stays& each) { return each.sum; }) == 3);
}

TEST_CASE("what a function inside of a guarded throws leaves the lock and the value as it was then") {
    guarded<int> value(1);
    const auto fails = [](int& inside) {
        inside = 2;
        throw std::runtime_error("inside");
    };
    CHECK_THROWS_AS(value.with(fails), std::runtime_error);
    CHECK(value.read(value_of) == 2);
    CHECK_THROWS_AS(value.read([](const int&) -> int { throw std::runtime_error("inside"); }), std::runtime_error);
    CHECK(value.try_with_for(0s, value_of) == 2);
}

TEST_CASE("a million additions from eight threads are a million") {
    guarded<long> total(0);
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 125'000; ++i) total.with(one_more);
        });
    }
    for (auto& each : threads) each.join();
    CHECK(total.read(value_of) == 1'000'000);
}

TEST_CASE("a million additions from a thousand coroutines on four contexts are a million") {
    guarded<long> total(0);
    rill::run_per_core(4, [&](std::size_t) -> task<> {
        const auto adds = [&]() -> task<> {
            for (int i = 0; i < 1'000; ++i) {
                total.with(one_more);
                if (i % 100 == 0) co_await rill::yield();
            }
        };
        std::vector<task<>> many;
        for (int i = 0; i < 250; ++i) many.push_back(adds());
        co_await rill::when_all(std::move(many));
        const auto complete = [](const long& sum) { return sum == 1'000'000; };
        co_await total.wait(complete);  // of all four
    });
    CHECK(total.read(value_of) == 1'000'000);
}

TEST_CASE("readers are inside at the same time") {
    const guarded<int> value(5);
    std::atomic<int> inside = 0;
    const auto reads = [&] {
        value.read([&](const int&) {
            ++inside;
            while (inside < 3) std::this_thread::yield();
        });
    };
    std::thread one(reads), other(reads);
    reads();
    one.join();
    other.join();
    CHECK(inside == 3);
}

TEST_CASE("a writer is inside alone") {
    guarded<std::pair<int, int>> twins(0, 0);
    std::atomic<bool> over = false;
    std::atomic<int> wrong = 0;
    std::thread reader([&] {
        while (!over) wrong += twins.read([](const auto& both) { return both.first == both.second ? 0 : 1; });
    });
    for (int i = 0; i < 10'000; ++i) {
        twins.with([](auto& both) {
            ++both.first;
            ++both.second;
        });
    }
    over = true;
    reader.join();
    CHECK(wrong == 0);
}

TEST_CASE("try_with_for gives up when its time is over, and not before") {
    guarded<int> value(7);
    CHECK(value.try_with_for(1ms, value_of) == 7);
    CHECK(value.try_with_for(-1s, value_of) == 7);
    CHECK(value.try_with_for(0s, [](int& inside) { inside = 8; }));
    static_assert(std::is_same_v<decltype(value.try_with_for(0s, value_of)), std::optional<int>>);
    static_assert(std::is_same_v<decltype(value.try_with_for(0s, one_more)), bool>);
    value.with([&](int&) {
        std::thread([&] {
            const auto begin = std::chrono::steady_clock::now();
            const auto got = value.try_with_for(5ms, value_of);
            CHECK(std::chrono::steady_clock::now() - begin >= 5ms);
            CHECK_FALSE(got);
            CHECK_FALSE(value.try_with_for(0s, one_more));
        }).join();
    });
    CHECK(value.try_with_for(std::chrono::hours::max(), value_of) == 8);
}

TEST_CASE("try_with_for has its turn when the lock comes free in time") {
    guarded<int> value(1);
    std::atomic<bool> inside = false, leave = false;
    std::thread holder([&] {
        value.with([&](int&) {
            inside = true;
            while (!leave) std::this_thread::yield();
        });
    });
    while (!inside) std::this_thread::yield();
    std::thread later([&] { leave = true; });
    CHECK(value.try_with_for(1h, value_of) == 1);
    holder.join();
    later.join();
}

TEST_CASE("a second entry from inside is resource_deadlock_would_occur, and the first goes on") {
    guarded<int> value(1), other(2);
    const auto inside = [&](auto& mine) {
        CHECK(is_deadlock(support::error_of([&] { value.with(one_more); })));
        CHECK(is_deadlock(support::error_of([&] { value.read(value_of); })));
        CHECK(is_deadlock(support::error_of([&] { static_cast<void>(value.try_with_for(1h, one_more)); })));
        CHECK(is_deadlock(support::error_of([&] { rill::with_all([](int&, int&) {}, other, value); })));
        CHECK(other.with([&](int& its) {
            CHECK(is_deadlock(support::error_of([&] { value.with(one_more); })));
            return its + mine;
        }) == 3);
    };
    value.with([&](int& mine) { inside(mine); });
    value.read([&](const int& mine) { inside(mine); });
    const auto with_both = [&](int& mine, int&) {
        CHECK(is_deadlock(support::error_of([&] { other.read(value_of); })));
        ++mine;
    };
    rill::with_all(with_both, value, other);
    CHECK(value.read(value_of) == 2);
    CHECK(other.read(value_of) == 2);
}

TEST_CASE("with_all of the same value twice is resource_deadlock_would_occur, and locks nothing") {
    guarded<int> one(1), other(2), third(3);
    const auto three = [](int&, int&, int&) {};
    CHECK(is_deadlock(support::error_of([&] { rill::with_all([](int&, int&) {}, one, one); })));
    CHECK(is_deadlock(support::error_of([&] { rill::with_all(three, one, other, one); })));
    CHECK(is_deadlock(support::error_of([&] { rill::with_all(three, other, one, one); })));
    CHECK(is_deadlock(support::error_of([&] { rill::with_all(three, one, one, other); })));
    CHECK(rill::with_all([](int& a, int& b, int& c) { return a * 100 + b * 10 + c; }, third, one, other) == 312);
}

TEST_CASE("with_all in every order, and with beside it, never hang") {
    guarded<int> values[3] = {guarded<int>(0), guarded<int>(0), guarded<int>(0)};
    const auto moves = [&](std::size_t a, std::size_t b, std::size_t c) {
        for (int i = 0; i < 2'000; ++i) {
            rill::with_all(
                [](int& x, int& y, int& z) {
                    x += 2;
                    --y;
                    --z;
                },
                values[a], values[b], values[c]);
            values[b].with(one_more);
        }
    };
    std::thread one(moves, 0, 1, 2), other(moves, 2, 1, 0), third(moves, 1, 0, 2);
    one.join();
    other.join();
    third.join();
    CHECK(rill::with_all([](int& a, int& b, int& c) { return a + b + c; }, values[0], values[1], values[2]) == 6'000);
}

TEST_CASE("wait goes on at once where its predicate holds already, and gives what its function returns") {
    const auto body = []() -> task<> {
        guarded<std::deque<int>> items(std::deque<int>{3});
        co_await items.wait(not_empty);
        const int taken = co_await items.wait(not_empty, take_first);
        CHECK(taken == 3);
        guarded<int> value(1);
        co_await value.wait([](int inside) { return inside == 1; }, one_more);
        CHECK(value.read(value_of) == 2);
        const guarded<int> constant(2);
        co_await constant.wait([](int inside) { return inside == 2; });
        auto stored = value.wait([](int inside) { return inside == 2; }, value_of);
        const int got = co_await std::move(stored);
        CHECK(got == 2);
    };
    rill::run(body());
}

TEST_CASE("wait suspends its coroutine and not its thread, and goes on at home when another thread makes it true") {
    const auto body = []() -> task<> {
        guarded<int> value(0);
        const auto home = std::this_thread::get_id();
        std::atomic<int> elsewhere = 0;
        int turns_meanwhile = 0;
        bool over = false;
        std::thread other;
        const auto waits = [&]() -> task<> {
            const auto at_home = [&](int inside) {
                if (std::this_thread::get_id() != home) ++elsewhere;
                return inside == 3;
            };
            co_await value.wait(at_home);
            CHECK(std::this_thread::get_id() == home);
            over = true;
        };
        const auto goes_on = [&]() -> task<> {
            co_await turns(3);
            other = std::thread([&] {
                for (int i = 0; i < 3; ++i) value.with(one_more);
            });
            while (!over) {
                ++turns_meanwhile;
                co_await rill::yield();
            }
        };
        co_await rill::when_all(waits(), goes_on());
        other.join();
        CHECK(elsewhere == 0);
        CHECK(turns_meanwhile > 0);
    };
    rill::run(body());
}

TEST_CASE("with resumes nobody inline, and each change goes to those who wait in the order in which they came") {
    const auto body = []() -> task<> {
        guarded<std::deque<int>> items;
        std::string log;
        const auto takes = [&](char name) -> task<> {
            const int item = co_await items.wait(not_empty, take_first);
            log += name;
            log += std::to_string(item);
        };
        const auto gives = [&]() -> task<> {
            co_await rill::yield();
            items.with([](auto& all) { all.push_back(1); });
            CHECK(log.empty());
            co_await turns(10);
            CHECK(log == "a1");
            items.with([](auto& all) {
                all.push_back(2);
                all.push_back(3);
            });
            co_await turns(10);
        };
        co_await rill::when_all(takes('a'), takes('b'), takes('c'), gives());
        CHECK(log == "a1b2c3");
    };
    rill::run(body());
}

TEST_CASE("who comes later does not pass those who wait and have not been asked about a change") {
    const auto body = []() -> task<> {
        guarded<std::deque<int>> items;
        std::string log;
        const auto takes = [&](char name) -> task<> {
            co_await items.wait(not_empty, take_first);
            log += name;
        };
        const auto gives = [&]() -> task<> {
            co_await rill::yield();
            items.with([](auto& all) { all.push_back(1); });
            co_await rill::when_all(takes('b'), [](auto& all) -> task<> {
                co_await turns(10);
                all.with([](auto& more) { more.push_back(2); });
            }(items));
        };
        co_await rill::when_all(takes('a'), gives());
        CHECK(log == "ab");
    };
    rill::run(body());
}

TEST_CASE("those whose predicate does not hold are left where they are, and others are asked behind them") {
    const auto body = []() -> task<> {
        guarded<int> value(0);
        std::string log;
        const auto waits_for = [&](int wanted) -> task<> {
            co_await value.wait([wanted](int inside) { return inside == wanted; });
            log += std::to_string(wanted);
        };
        const auto counts = [&]() -> task<> {
            for (int i = 0; i < 4; ++i) {
                value.with(one_more);
                co_await turns(10);
            }
        };
        co_await rill::when_all(waits_for(3), waits_for(1), waits_for(4), waits_for(2), counts());
        CHECK(log == "1234");
    };
    rill::run(body());
}

TEST_CASE("a writer that never rests does not keep from those behind that their predicate holds") {
    guarded<long> value(0);
    std::atomic<bool> over = false;
    std::thread writer([&] {
        while (!over) value.with(one_more);
    });
    const auto body = [&]() -> task<> {
        const auto never = [&]() -> task<> { co_await value.wait([](long) { return false; }); };
        const auto always = [&]() -> task<> {
            co_await rill::yield();  // behind the other one
            co_await value.wait([](long inside) { return inside > 1000; });
        };
        const auto both = co_await rill::when_any(never(), always());
        CHECK_FALSE(std::get<0>(both));
        CHECK(std::get<1>(both));
    };
    rill::run(body());
    over = true;
    writer.join();
}

TEST_CASE("a change at each turn does not keep those from being asked that stand behind others") {
    const auto body = []() -> task<> {
        guarded<long> value(0);
        bool asked = false;
        const auto never = [&]() -> task<> { co_await value.wait([](long) { return false; }); };
        const auto always = [&]() -> task<> {
            co_await value.wait([](long inside) { return inside > 0; });
            asked = true;
        };
        const auto writes = [&]() -> task<> {
            co_await rill::yield();
            for (int turn = 0; turn < 1'000 && !asked; ++turn) {
                value.with(one_more);  // those in front are asked about this first
                co_await rill::yield();
            }
        };
        const auto all = co_await rill::when_any(never(), never(), never(), never(), always(), writes());
        CHECK(std::get<4>(all));
        CHECK(asked);
    };
    rill::run(body());
}

TEST_CASE("who never has to wait for a change lets the others have their turn") {
    rill::guarded<int> value(1);
    const auto greedy = [&]() -> rill::task<> {
        for (int i = 0; i < 1000; ++i) co_await value.wait([](int n) { return n == 1; });
    };
    CHECK(support::turns_beside(greedy) >= support::turns_beside_a_thousand);
}

TEST_CASE("a waiter that is stopped leaves the queue, and passes on what it was to be asked") {
    const auto body = []() -> task<> {
        guarded<std::deque<int>> items;
        rill::stop_source source;
        int got = 0;
        const auto stopped = [&]() -> task<> {
            const auto first = co_await rill::with_stop(source.get_token(), items.wait(not_empty, take_first));
            CHECK_FALSE(first);
        };
        const auto takes = [&]() -> task<> { got = co_await items.wait(not_empty, take_first); };
        const auto gives = [&]() -> task<> {
            co_await rill::yield();
            items.with([](auto& all) { all.push_back(5); });  // it is asked now,
            source.request_stop();                            // and stopped before it has answered
            co_return;
        };
        co_await rill::when_all(stopped(), takes(), gives());
        CHECK(got == 5);
        const auto late = co_await rill::as_result(rill::timeout(1ms, items.wait(not_empty)));
        CHECK(late.error() == rill::errc::deadline_exceeded);
        items.with([](auto& all) { all.push_back(6); });  // nobody is there any more
        const auto next = items.read([](const auto& all) { return all.size(); });
        CHECK(next == 1);
    };
    rill::run(body());
}

TEST_CASE("under a stop a wait takes nothing") {
    const auto body = []() -> task<> {
        guarded<std::deque<int>> items(std::deque<int>{1});
        rill::stop_source source;
        const auto waits = [&]() -> task<> {
            source.request_stop();
            co_await items.wait(not_empty, take_first);
        };
        const bool whole = co_await rill::with_stop(source.get_token(), waits());
        CHECK_FALSE(whole);
        CHECK(items.read([](const auto& all) { return all.size(); }) == 1);
    };
    rill::run(body());
}

TEST_CASE("what the predicate or the function of a wait throws goes to the one who waits, and the others go on") {
    const auto body = []() -> task<> {
        guarded<int> value(0);
        int caught = 0;
        const auto fails = [&](bool in_predicate) -> task<> {
            const auto predicate = [&](int inside) {
                if (inside != 0 && in_predicate) throw std::runtime_error("predicate");
                return inside != 0;
            };
            const auto function = [](int&) -> int { throw std::runtime_error("function"); };
            try {
                co_await value.wait(predicate, function);
            } catch (const std::runtime_error&) {
                ++caught;
            }
        };
        const auto waits = [&]() -> task<> { co_await value.wait([](int inside) { return inside == 1; }); };
        const auto gives = [&]() -> task<> {
            co_await rill::yield();
            value.with(one_more);
        };
        co_await rill::when_all(fails(true), fails(false), waits(), gives());
        CHECK(caught == 2);
        const auto refused = co_await rill::as_result(
            value.wait([](int) -> bool { throw std::system_error(std::make_error_code(std::errc::timed_out)); }));
        CHECK(refused.error() == std::errc::timed_out);
    };
    rill::run(body());
}

TEST_CASE("those who wait for a guarded that ends get the error operation_canceled") {
    const auto body = []() -> task<> {
        std::optional<guarded<int>> value(std::in_place, 0);
        const auto waits = [&]() -> task<> {
            const auto ended = co_await rill::as_result(value->wait([](int inside) { return inside != 0; }));
            CHECK(ended.error() == std::errc::operation_canceled);
        };
        const auto ends = [&]() -> task<> {
            co_await rill::yield();
            value.reset();
        };
        co_await rill::when_all(waits(), waits(), ends());
    };
    rill::run(body());
}

TEST_CASE("a wait inside of a function that turns its loop is resource_deadlock_would_occur") {
    rill::io_context context;
    guarded<int> value(0);
    std::error_code refused;
    const auto waits = [&]() -> task<> {
        const auto ended = co_await rill::as_result(value.wait([](int inside) { return inside != 0; }));
        refused = ended.error();
    };
    rill::io_thread worker;
    const auto body = [&]() -> task<> { co_await rill::on(context, waits()); };
    std::thread other([&] { rill::run(body()); });
    value.with([&](int&) {
        while (!refused) {
            context.turn();
            std::this_thread::yield();
        }
    });
    context.turn();
    other.join();
    CHECK(is_deadlock(refused));
}

TEST_CASE("waits on several contexts take every item once, each context in the order in which it waits") {
    guarded<std::deque<int>> items;
    guarded<std::vector<int>> taken;
    constexpr int each_takes = 50;
    rill::run_per_core(3, [&](std::size_t index) -> task<> {
        if (index == 0) {
            for (int i = 0; i < 2 * 4 * each_takes; ++i) {
                items.with([i](auto& all) { all.push_back(i); });
                if (i % 7 == 0) co_await rill::yield();
            }
            co_return;
        }
        const auto takes = [&]() -> task<> {
            for (int i = 0; i < each_takes; ++i) {
                const int item = co_await items.wait(not_empty, take_first);
                taken.with([item](auto& all) { all.push_back(item); });
            }
        };
        co_await rill::when_all(takes(), takes(), takes(), takes());
    });
    auto all = taken.with([](auto& those) { return std::move(those); });
    std::sort(all.begin(), all.end());
    CHECK(all.size() == 2 * 4 * each_takes);
    for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i] == static_cast<int>(i));
}

TEST_CASE("a guarded costs no allocation") {
    if (!support::allocations_are_watched) {
        WARN("this build can't count allocations");
        return;
    }
    const auto body = []() -> task<> {
        guarded<int> value(0);
        const auto waits = [&](int wanted) -> task<> {
            co_await value.wait([wanted](int inside) { return inside >= wanted; });
        };
        const auto counts = [&]() -> task<> {
            for (int i = 0; i < 3; ++i) {
                co_await rill::yield();
                value.with(one_more);
            }
        };
        co_await rill::when_all(waits(1), waits(2), waits(3), counts());  // frames are recycled from here on
        value.with([](int& inside) { inside = 0; });
        const std::size_t before = support::allocation_count();
        co_await rill::when_all(waits(1), waits(2), waits(3), counts());
        static_cast<void>(value.try_with_for(1ms, value_of));
#if RILL_RECYCLE_FRAMES
        CHECK(support::allocation_count() == before);
#else
        CHECK(support::allocation_count() - before == 4);  // the frames
#endif
    };
    rill::run(body());
}

TEST_CASE("a guarded in the hands of threads and coroutines with stops at random moments loses nothing") {
    support::seeded_random seeds;
    INFO(seeds.replay());
    guarded<std::deque<int>> items;
    guarded<long> taken(0);
    std::atomic<int> given = 0, wrong = 0;
    std::atomic<bool> over = false;
    std::thread plain([&, seed = seeds.next()] {
        support::seeded_random random(seed);
        while (!over) {
            if (random.one_in(3)) {
                items.with([&](auto& all) { all.push_back(1); });
                ++given;
            } else if (random.one_in(2)) {
                const auto got = items.try_with_for(std::chrono::microseconds(random.below(20)), [](auto& all) {
                    if (all.empty()) return 0;
                    return take_first(all);
                });
                if (got && *got == 1) taken.with(one_more);
            } else {
                if (items.read([](const auto& all) { return all.size(); }) > 100'000) ++wrong;
            }
            if (random.one_in(50)) std::this_thread::yield();
        }
    });
    rill::run_per_core(3, [&, first = seeds.next()](std::size_t index) -> task<> {
        support::seeded_random random(first + index);
        const auto work = [&]() -> task<> {
            for (int i = 0; i < 300; ++i) {
                const auto limit = std::chrono::microseconds(random.below(100));
                if (random.one_in(2)) {
                    const auto got = co_await rill::as_result(rill::timeout(limit, items.wait(not_empty, take_first)));
                    if (got) taken.with(one_more);
                    if (!got && got.error() != rill::errc::deadline_exceeded) ++wrong;
                } else if (random.one_in(2)) {
                    items.with([](auto& all) { all.push_back(1); });
                    ++given;
                } else {
                    rill::with_all(
                        [](auto& all, long& sum) {
                            if (all.empty()) return;
                            take_first(all);
                            ++sum;
                        },
                        items, taken);
                }
                if (random.one_in(4)) co_await rill::yield();
            }
        };
        std::vector<task<>> many;
        for (int i = 0; i < 6; ++i) many.push_back(work());
        co_await rill::when_all(std::move(many));
    });
    over = true;
    plain.join();
    const long left = items.with([](auto& all) { return static_cast<long>(all.size()); });
    CHECK(wrong == 0);
    CHECK(taken.read(value_of) + left == given);
}
