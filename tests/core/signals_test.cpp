// SPDX-License-Identifier: MIT
#include <rill/core/as_result.hpp>
#include <rill/core/run.hpp>
#include <rill/core/shield.hpp>
#include <rill/core/signals.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/stop_on.hpp>
#include <rill/core/task.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/every_backend.hpp"
#include "support/forked_child.hpp"
#include "support/signals.hpp"

using namespace std::chrono_literals;

namespace {

constexpr int one = support::spare_signal;
constexpr int two = support::other_spare_signal;
constexpr int three = support::third_spare_signal;

template <class... Numbers>
rill::task<std::error_code> error_of(Numbers... numbers) {
    try {
        const rill::signals watched(numbers...);
    } catch (const std::system_error& error) {
        co_return error.code();
    }
    co_return std::error_code();
}

/// Lets the loop look at what has arrived.
rill::task<> some_turns() {
    for (int i = 0; i < 3; ++i) co_await rill::sleep_for(1us);
}

}  // namespace

TEST_CASE("a signal that is raised while a coroutine waits for it arrives there") {
    ON_EVERY_BACKEND(backend);
    const auto body = []() -> rill::task<> {
        const auto waiter = []() -> rill::task<> {
            rill::signals usr(SIGTERM);
            const int number = co_await usr.next();
            CHECK(number == SIGTERM);
        };
        const auto sender = []() -> rill::task<> {
            co_await rill::yield();
            std::raise(SIGTERM);
        };
        co_await rill::when_all(waiter(), sender());
    };
    backend.run(body);
}

TEST_CASE("a signal that another thread sends wakes a loop that sleeps") {
    ON_EVERY_BACKEND(backend);
    std::atomic<bool> watched = false;
    std::thread other([&] {
        while (!watched) std::this_thread::yield();
        support::send_to_process(one);
    });
    const auto body = [&]() -> rill::task<> {
        rill::signals usr(one);
        watched = true;
        const int number = co_await usr.next();
        CHECK(number == one);
    };
    backend.run(body);
    other.join();
}

TEST_CASE("signals that arrive between two next are kept, each delivery counts, and the first argument comes first") {
    ON_EVERY_BACKEND(backend);
    const auto body = []() -> rill::task<> {
        rill::signals several(two, one, three);
        for (const int number : {one, three, two, one}) std::raise(number);
        std::vector<int> heard;
        for (int i = 0; i < 4; ++i) {
            co_await rill::yield();
            const int number = co_await several.next();
            heard.push_back(number);
        }
        CHECK(heard == std::vector{two, one, one, three});
        const auto none = co_await rill::as_result(rill::timeout(1ms, several.next()));
        CHECK(none.error() == rill::errc::deadline_exceeded);
    };
    backend.run(body);
}

TEST_CASE("all watchers of a signal hear it, also on two contexts") {
    std::atomic<int> watching = 0;
    const auto hears = [&]() -> rill::task<int> {
        rill::signals usr(one);
        ++watching;
        const int number = co_await usr.next();
        co_return number;
    };
    int there = 0;
    std::thread other([&] { there = rill::run(hears()); });
    const auto body = [&]() -> rill::task<> {
        const auto sender = [&]() -> rill::task<> {
            while (watching != 3) co_await rill::sleep_for(50us);
            std::raise(one);
        };
        const auto [left, right, nothing] = co_await rill::when_all(hears(), hears(), sender());
        CHECK(left == one);
        CHECK(right == one);
    };
    rill::run(body());
    other.join();
    CHECK(there == one);
}

TEST_CASE("of several that wait at one watcher each gets a signal of its own, in the order of their coming") {
    const auto body = []() -> rill::task<> {
        rill::signals several(one, two);
        std::vector<int> heard;
        const auto waiter = [&]() -> rill::task<> {
            const int number = co_await several.next();
            heard.push_back(number);
        };
        const auto sender = [&]() -> rill::task<> {
            co_await rill::yield();
            std::raise(two);
            co_await some_turns();
            CHECK(heard == std::vector{two});
            std::raise(two);
            std::raise(one);
        };
        co_await rill::when_all(waiter(), waiter(), waiter(), sender());
        CHECK(heard == std::vector{two, one, two});
    };
    rill::run(body());
}

TEST_CASE("a stop takes no signal: one that comes with it is for the next who asks") {
    const auto body = []() -> rill::task<> {
        rill::signals usr(one);
        rill::stop_source over;
        const auto stopped = [&]() -> rill::task<> {
            const auto none = co_await rill::with_stop(over.get_token(), usr.next());
            CHECK_FALSE(none);
        };
        const auto second = [&]() -> rill::task<> {
            const int number = co_await usr.next();
            CHECK(number == one);
        };
        const auto sender = [&]() -> rill::task<> {
            co_await rill::yield();
            over.request_stop();
            std::raise(one);
        };
        co_await rill::when_all(stopped(), second(), sender());
        std::raise(one);
        const auto refused = co_await rill::with_stop(over.get_token(), usr.next());
        CHECK_FALSE(refused);
        const int kept = co_await usr.next();
        CHECK(kept == one);
    };
    rill::run(body());
}

TEST_CASE("a signal whose first waiter is stopped at any moment goes to that one or to the next, and is not lost") {
    for (int moment = 0; moment < 130; ++moment) {  // the loop looks for signals once in so many branches
        INFO("after " << moment << " yields");
        bool first_heard = false;
        bool second_heard = false;
        const auto body = [&]() -> rill::task<> {
            rill::signals usr(one);
            rill::stop_source over;
            const auto first = [&]() -> rill::task<> {
                const auto number = co_await rill::with_stop(over.get_token(), usr.next());
                first_heard = number.has_value();
            };
            const auto second = [&]() -> rill::task<> {
                co_await usr.next();
                second_heard = true;
            };
            const auto sender = [&]() -> rill::task<> {
                std::raise(one);
                for (int i = 0; i < moment; ++i) co_await rill::yield();
                over.request_stop();
                co_await some_turns();
                CHECK(first_heard != second_heard);
                if (!second_heard) std::raise(one);
            };
            co_await rill::when_all(first(), second(), rill::timeout(10s, sender()));
        };
        rill::run(rill::timeout(10s, body()));
    }
}

TEST_CASE("when the last watcher goes, a signal does what it did before, and its mask was never touched") {
    const auto mine = [](int) {};
    const auto before = std::signal(one, mine);
    const auto body = [&]() -> rill::task<> {
        const bool masked_before = support::is_masked(one);
        {
            const rill::signals outer(one);
            CHECK(support::action_of(one) != +mine);
            {
                const rill::signals inner(one, two);
            }
            CHECK(support::action_of(one) != +mine);
            CHECK(support::action_of(two) == SIG_DFL);
            CHECK(support::is_masked(one) == masked_before);
        }
        CHECK(support::action_of(one) == +mine);
        co_return;
    };
    rill::run(body());
    std::signal(one, before);
}

TEST_CASE("what cannot be watched is an error, and leaves the others as they were") {
    const auto body = []() -> rill::task<> {
        const auto before = support::action_of(SIGTERM);
        for (const int wrong : {support::unwatchable_signal, 0, -1, 10'000}) {
            const std::error_code error = co_await error_of(SIGTERM, wrong);
            CHECK(error == std::errc::invalid_argument);
            CHECK(support::action_of(SIGTERM) == before);
        }
    };
    rill::run(body());
    try {
        const rill::signals nowhere(one);
        FAIL("no error");
    } catch (const std::system_error& error) {
        CHECK(error.code() == std::errc::operation_not_permitted);
    }
}

TEST_CASE("signals are refused on another context than their own") {
    const auto body = []() -> rill::task<> {
        rill::signals usr(one);
        std::raise(one);
        co_await some_turns();
        std::error_code error;
        std::thread([&] {
            try {
                rill::run(usr.next());
            } catch (const std::system_error& failed) {
                error = failed.code();
            }
        }).join();
        CHECK(error == std::errc::operation_not_permitted);
        const int kept = co_await usr.next();
        CHECK(kept == one);
    };
    rill::run(body());
}

TEST_CASE("beside stop_on a watcher hears the first SIGINT, and the second one ends the process") {
    const support::child_end end = support::in_forked_child([] {
        const auto body = []() -> rill::task<> {
            rill::signals interrupt(SIGINT);
            const auto shielded = [&]() -> rill::task<> {
                std::raise(SIGINT);
                const int number = co_await interrupt.next();
                if (number == SIGINT) std::raise(SIGINT);
            };
            co_await rill::shield(shielded());
        };
        rill::run(body(), rill::stop_on(SIGINT));
        return 5;
    });
    CHECK(support::was_ended_by(end, SIGINT));
}

TEST_CASE("many signals from another thread are all told, or are one where the system makes them one") {
    ON_EVERY_BACKEND(backend);
    constexpr int count = 200;
    std::atomic<bool> watched = false, sent = false;
    std::thread other([&] {
        while (!watched) std::this_thread::yield();
        for (int i = 0; i < count; ++i) support::send_to_process(one);
        sent = true;
        support::send_to_process(two);
    });
    const auto body = [&]() -> rill::task<> {
        rill::signals usr(one, two);
        watched = true;
        // The system may run the handler of the last first: of two signals that a thread is given at once, it is the inner one.
        int heard = 0;
        bool last = false;
        while (!last || heard == 0) {
            const int number = co_await usr.next();
            if (number == one) ++heard;
            if (number == two) last = true;
        }
        CHECK(sent);
        CHECK(heard <= count);
    };
    backend.run(body);
    other.join();
}
