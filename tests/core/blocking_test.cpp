// SPDX-License-Identifier: MIT
#include <rill/core/as_result.hpp>
#include <rill/core/blocking.hpp>
#include <rill/core/run.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/stop_token.hpp>
#include <rill/core/task.hpp>
#include <rill/core/task_group.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>
#include <version>
#ifdef __cpp_lib_jthread
#include <stop_token>
#endif

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/forked_child.hpp"
#include "support/run_time_library.hpp"
#include "support/seeded_random.hpp"

using namespace std::chrono_literals;

namespace {

/// A door that threads wait at, each with a limit that fails loudly in the end.
class door {
  public:
    void open() noexcept {
        open_ = true;
        rill::backend::wake_all(open_);
    }
    void pass() const noexcept { rill::backend::wait_while(open_, false); }

  private:
    std::atomic<bool> open_{false};
};

rill::task<> until(const std::atomic<bool>& condition) {
    while (!condition) co_await rill::sleep_for(50us);
}
rill::task<> until_more_than(const std::atomic<int>& number, int least) {
    while (number <= least) co_await rill::sleep_for(50us);
}

/// The limit that the other tests expect, whatever a test did.
struct limit_returns {
    ~limit_returns() { rill::blocking_threads(4); }
};

int twice(int number) { return 2 * number; }

struct counter {
    int value = 3;
    int plus(int more) const { return value + more; }
};

}  // namespace

TEST_CASE("a blocking function runs on another thread, and its caller goes on at home with its value") {
    const auto home = std::this_thread::get_id();
    const auto body = [&]() -> rill::task<> {
        const auto elsewhere = co_await rill::blocking([] { return std::this_thread::get_id(); });
        CHECK(elsewhere != home);
        CHECK(std::this_thread::get_id() == home);
    };
    rill::run(body());
}

TEST_CASE("the loop goes on while a blocking function runs") {
    const auto body = []() -> rill::task<> {
        door here;
        const auto waits = [&]() -> rill::task<> { co_await rill::blocking([&here] { here.pass(); }); };
        const auto opens = [&]() -> rill::task<> {
            co_await rill::yield();
            here.open();
        };
        co_await rill::when_all(waits(), opens());
    };
    rill::run(body());
}

TEST_CASE("blocking gives void, references, what only moves and what has no default, and takes such arguments") {
    const auto body = []() -> rill::task<> {
        int number = 1;
        co_await rill::blocking([&number] { number = 2; });
        CHECK(number == 2);
        int& same = co_await rill::blocking([&number]() -> int& { return number; });
        CHECK(&same == &number);
        static_assert(std::is_same_v<decltype(rill::blocking([&number]() -> int& { return number; }).result()), int&>);

        auto given = std::make_unique<int>(5);
        const auto owned = co_await rill::blocking([](std::unique_ptr<int> from) { return from; }, std::move(given));
        CHECK(*owned == 5);
        struct no_default {
            explicit no_default(int of) : value(of) {}
            int value;
        };
        const no_default made = co_await rill::blocking([](int of) { return no_default(of); }, 7);
        CHECK(made.value == 7);
        const int doubled = co_await rill::blocking(twice, 4);
        CHECK(doubled == 8);
        const int member = co_await rill::blocking(&counter::plus, counter(), 4);
        CHECK(member == 7);
    };
    rill::run(body());
}

TEST_CASE("blocking keeps copies of a named function and of its arguments until it has ended") {
    const auto body = []() -> rill::task<> {
        const std::string text(100, 'a');
        const auto size_of_both = [text](const std::string& more) { return text.size() + more.size(); };
        auto waiting = rill::blocking(size_of_both, std::string(50, 'b'));
        auto moved = std::move(waiting);
        const std::size_t size = co_await std::move(moved);
        CHECK(size == 150);
        const std::size_t again = co_await rill::blocking(size_of_both, text);
        CHECK(again == 200);
    };
    rill::run(body());
}

TEST_CASE("an exception of a blocking function comes home, and a system error becomes a result") {
    const auto body = []() -> rill::task<> {
        bool caught = false;
        try {
            co_await rill::blocking([]() -> int { throw std::runtime_error("over there"); });
        } catch (const std::runtime_error& error) {
            caught = error.what() == std::string("over there");
        }
        CHECK(caught);
        const auto [error, value] = co_await rill::as_result(rill::blocking(
            []() -> int { throw std::system_error(std::make_error_code(std::errc::no_such_file_or_directory)); }));
        CHECK(error == std::errc::no_such_file_or_directory);
    };
    rill::run(body());
}

TEST_CASE("no more than the given number of functions run at a time, the others wait in their order") {
    const limit_returns after;
    for (const int threads : {1, 3, 2}) {
        rill::blocking_threads(static_cast<std::size_t>(threads));
        std::atomic<int> running = 0, most = 0, next = 0;
        std::atomic<bool> in_order = true;
        const auto work = [&](int number) {
            if (threads == 1 && next++ != number) in_order = false;
            const int now = ++running;
            for (int before = most; before < now && !most.compare_exchange_weak(before, now);) {
            }
            std::this_thread::sleep_for(200us);
            --running;
        };
        const auto body = [&]() -> rill::task<> {
            const auto call = [&](int number) -> rill::task<> { co_await rill::blocking(work, number); };
            std::vector<rill::task<>> many;
            for (int i = 0; i < 30; ++i) many.push_back(call(i));
            co_await rill::when_all(std::move(many));
        };
        rill::run(body());
        CHECK(most <= threads);
        CHECK(in_order);
    }
    CHECK_THROWS_AS(rill::blocking_threads(0), std::system_error);
}

TEST_CASE("as many functions run at a time as there may be threads, also when the number grows while they wait") {
    const limit_returns after;
    rill::blocking_threads(1);
    std::atomic<int> arrived = 0;
    door everybody;
    const auto meet = [&] {
        if (++arrived == 3) everybody.open();
        everybody.pass();
    };
    const auto body = [&]() -> rill::task<> {
        const auto call = [&]() -> rill::task<> { co_await rill::blocking(meet); };
        const auto grow = [&]() -> rill::task<> {
            co_await until_more_than(arrived, 0);
            rill::blocking_threads(3);
        };
        co_await rill::when_all(call(), call(), call(), grow());
    };
    rill::run(body());
    CHECK(arrived == 3);
}

TEST_CASE("a stop drops what no thread has taken, and the function is never called") {
    const limit_returns after;
    rill::blocking_threads(1);
    std::atomic<bool> called = false, busy = false;
    door here;
    const auto body = [&]() -> rill::task<> {
        const auto occupy = [&]() -> rill::task<> {
            co_await rill::blocking([&] {
                busy = true;
                here.pass();
            });
        };
        const auto queued = [&]() -> rill::task<> {
            co_await until(busy);
            const auto late =
                co_await rill::as_result(rill::timeout(1ms, rill::blocking([&called] { called = true; })));
            CHECK(late.error() == rill::errc::deadline_exceeded);
            here.open();
        };
        co_await rill::when_all(occupy(), queued());
        co_await rill::blocking([] {});  // behind where it was
    };
    rill::run(body());
    CHECK_FALSE(called);
}

TEST_CASE("nothing is called under a stop") {
    std::atomic<bool> called = false;
    const auto body = [&]() -> rill::task<> {
        rill::stop_source over;
        over.request_stop();
        const bool whole = co_await rill::with_stop(over.get_token(), rill::blocking([&called] { called = true; }));
        CHECK_FALSE(whole);
        co_await rill::blocking([] {});
    };
    rill::run(body());
    CHECK_FALSE(called);
}

TEST_CASE("a stop waits for a function that runs, whose value wins, and lands at the next await") {
    std::atomic<bool> busy = false;
    bool went_on = false;
    bool went_too_far = false;
    door here;
    const auto body = [&]() -> rill::task<> {
        rill::stop_source source;
        const auto call = [&]() -> rill::task<> {
            const int value = co_await rill::blocking([&] {
                busy = true;
                here.pass();
                return 5;
            });
            went_on = value == 5;
            co_await rill::yield();
            went_too_far = true;
        };
        const auto stopped = [&]() -> rill::task<> {
            const bool whole = co_await rill::with_stop(source.get_token(), call());
            CHECK_FALSE(whole);
        };
        const auto stopper = [&]() -> rill::task<> {
            co_await until(busy);
            source.request_stop();
            for (int i = 0; i < 5; ++i) co_await rill::yield();
            CHECK_FALSE(went_on);
            here.open();
        };
        co_await rill::when_all(stopped(), stopper());
    };
    rill::run(body());
    CHECK(went_on);
    CHECK_FALSE(went_too_far);
}

TEST_CASE("a function that takes a stop token is given one that is stopped with its caller") {
    std::atomic<bool> busy = false;
    const auto wait_for_stop = [&busy](const auto& token, int value) {
        busy = true;
        while (!token.stop_requested()) std::this_thread::yield();
        return value;
    };
    const auto of_rill = [&](rill::stop_token token, int value) { return wait_for_stop(token, value); };
    rill::stop_source source;
    const auto stop_when_busy = [&]() -> rill::task<> {
        co_await until(busy);  // before, a stop would drop the call
        source.request_stop();
    };
    const auto body = [&]() -> rill::task<> {
        const auto [value, done] =
            co_await rill::when_all(rill::with_stop(source.get_token(), rill::blocking(of_rill, 5)), stop_when_busy());
        CHECK(value == 5);
        const bool untouched = co_await rill::blocking([](rill::stop_token token) { return !token.stop_requested(); });
        CHECK(untouched);
#ifdef __cpp_lib_jthread
        source = rill::stop_source();
        busy = false;
        const auto of_std = [&](std::stop_token token, int other) { return wait_for_stop(token, other); };
        const auto [again, stopped] =
            co_await rill::when_all(rill::with_stop(source.get_token(), rill::blocking(of_std, 6)), stop_when_busy());
        CHECK(again == 6);
#endif
    };
    rill::run(body());
}

TEST_CASE("a context that is abandoned waits for the functions that run") {
    const limit_returns after;
    rill::blocking_threads(1);
    std::atomic<bool> busy = false, ended = false;
    const auto body = [&]() -> rill::task<> {
        const auto runs = [&]() -> rill::task<> {
            co_await rill::blocking([&] {
                busy = true;
                std::this_thread::sleep_for(5ms);
                ended = true;
            });
        };
        const auto waits = [&]() -> rill::task<> { co_await rill::blocking([] {}); };
        const auto crash = [&]() -> rill::task<> {
            co_await until(busy);
            rill::this_context().post([context = &rill::this_context()] { context->abandon(); });
            co_await rill::sleep_for(1h);
        };
        co_await rill::when_all(runs(), waits(), crash());
    };
    CHECK_THROWS_AS(rill::run(body()), std::system_error);
    CHECK(ended);
}

TEST_CASE("a context that is abandoned calls nothing that waits for a thread") {
    const limit_returns after;
    rill::blocking_threads(1);
    std::atomic<bool> busy = false;
    std::atomic<int> called = 0;
    std::atomic<int> gone = 0;
    int queued = 0;
    struct witness {
        explicit witness(std::atomic<int>& told) : count(told) {}
        ~witness() { ++count; }
        std::atomic<int>& count;
    };
    struct lingering {  // nothing may happen meanwhile: no time is long enough to prove it, a short one would not try
        lingering() noexcept {}
        ~lingering() { std::this_thread::sleep_for(50ms); }
    };
    const auto body = [&]() -> rill::task<> {
        // It ends when those before it are gone, and those behind it are still there.
        const auto runs = [&]() -> rill::task<> {
            const lingering time_to_call_others;
            co_await rill::blocking([&busy, &gone] {
                busy = true;
                while (gone < 10) std::this_thread::yield();
            });
        };
        const auto waits = [&]() -> rill::task<> {
            const witness tells(gone);
            co_await until(busy);
            ++queued;
            co_await rill::blocking([&called] { ++called; });
        };
        std::vector<rill::task<>> before, behind;
        for (int i = 0; i < 10; ++i) before.push_back(waits());
        for (int i = 0; i < 10; ++i) behind.push_back(waits());
        const auto crash = [&]() -> rill::task<> {
            while (queued < 20) co_await rill::yield();
            rill::this_context().post([context = &rill::this_context()] { context->abandon(); });
            co_await rill::sleep_for(1h);
        };
        co_await rill::when_all(rill::when_all(std::move(before)), runs(), rill::when_all(std::move(behind)), crash());
    };
    CHECK_THROWS_AS(rill::run(body()), std::system_error);
    CHECK(called == 0);
    CHECK(gone == 20);
}

TEST_CASE("blocking costs no allocation once its threads are there") {
    if (!support::allocations_are_watched) {
        WARN("this build can't count allocations");
        return;
    }
    const limit_returns after;
    rill::blocking_threads(1);
    const auto body = []() -> rill::task<> {
        co_await rill::blocking(twice, 1);
        const std::size_t before = support::allocation_count();
        for (int i = 0; i < 100; ++i) co_await rill::blocking(twice, i);
        CHECK(support::allocation_count() == before);
    };
    rill::run(body());
}

TEST_CASE("several contexts share the threads, with stops at random moments, and every value comes home") {
    support::seeded_random seeds;
    INFO(seeds.replay());
    std::atomic<int> values = 0, called = 0, wrong = 0;
    const auto loop = [&](std::uint64_t seed) {
        support::seeded_random random(seed);
        const auto call = [&]() -> rill::task<> {
            const auto wanted = static_cast<int>(random.below(1000));
            const auto pause = std::chrono::microseconds(random.below(50));
            const auto limit = std::chrono::microseconds(1 + random.below(400));
            const auto [error, value] = co_await rill::as_result(
                rill::timeout(limit, rill::blocking(
                                         [&called](std::chrono::microseconds length, int back) {
                                             std::this_thread::sleep_for(length);
                                             ++called;
                                             return back;
                                         },
                                         pause, wanted)));
            if (!error) ++values;
            if (error ? error != rill::errc::deadline_exceeded : value != wanted) ++wrong;
        };
        const auto body = [&]() -> rill::task<> {
            for (int round = 0; round < 20; ++round)
                co_await rill::with_task_group([&](rill::task_group& group) -> rill::task<> {
                    for (int i = 0; i < 10; ++i) group.spawn(call());
                    co_return;
                });
        };
        rill::run(body());
    };
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) threads.emplace_back(loop, seeds.next());
    for (auto& each : threads) each.join();
    CHECK(wrong == 0);
    CHECK(values == called);
}

TEST_CASE("exits while a blocking function runs and another one waits", "[.]") {
    static std::atomic<bool> busy{false}, ended{false}, refused{false};
    struct last {
        ~last() { std::_Exit(ended && refused ? 7 : 8); }
    };
    static const last made_before_the_pool;  // and so destroyed after it was closed
    rill::blocking_threads(1);
    std::thread([] {
        const auto runs = []() -> rill::task<> {
            co_await rill::blocking([] {
                busy = true;
                while (!refused) std::this_thread::yield();
                ended = true;
            });
        };
        const auto waits = []() -> rill::task<> {
            co_await until(busy);
            const auto dropped = co_await rill::as_result(rill::blocking([] {}));
            const auto late = co_await rill::as_result(rill::blocking([] {}));
            refused = dropped.error() == std::errc::operation_canceled && late.error() == std::errc::operation_canceled;
        };
        const auto body = [&]() -> rill::task<> { co_await rill::when_all(runs(), waits()); };
        rill::run(body());
    }).detach();
    while (!busy) std::this_thread::yield();
    std::exit(9);
}

TEST_CASE("exits inside a blocking function", "[.]") {
    rill::run(rill::blocking([] { std::exit(6); }));
}

TEST_CASE("the end of the process waits for a function that runs, and what waits on other threads ends with an error") {
    if (!support::exit_lets_others_go_on) {
        WARN("left out: it hangs with this run-time library, it seems in a lock of the library's own");
        return;
    }
    CHECK(support::in_own_process("exits while a blocking function runs and another one waits").exit_code == 7);
}

TEST_CASE("a blocking function may end the process") {
    CHECK(support::in_own_process("exits inside a blocking function").exit_code == 6);
}
