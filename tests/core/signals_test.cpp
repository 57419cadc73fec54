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

#include <signal.h>
#include <unistd.h>

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

using namespace std::chrono_literals;

namespace {

void (*handler_of(int number))(int) {
    struct sigaction now{};
    ::sigaction(number, nullptr, &now);
    return now.sa_handler;
}

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
        ::kill(::getpid(), SIGUSR1);
    });
    const auto body = [&]() -> rill::task<> {
        rill::signals usr(SIGUSR1);
        watched = true;
        const int number = co_await usr.next();
        CHECK(number == SIGUSR1);
    };
    backend.run(body);
    other.join();
}

TEST_CASE("signals that arrive between two next are kept, each delivery counts, and the first argument comes first") {
    ON_EVERY_BACKEND(backend);
    const auto body = []() -> rill::task<> {
        rill::signals several(SIGUSR2, SIGUSR1, SIGHUP);
        for (const int number : {SIGUSR1, SIGHUP, SIGUSR2, SIGUSR1}) std::raise(number);
        std::vector<int> heard;
        for (int i = 0; i < 4; ++i) {
            co_await rill::yield();
            const int number = co_await several.next();
            heard.push_back(number);
        }
        CHECK(heard == std::vector{SIGUSR2, SIGUSR1, SIGUSR1, SIGHUP});
        const auto none = co_await rill::as_result(rill::timeout(1ms, several.next()));
        CHECK(none.error() == rill::errc::deadline_exceeded);
    };
    backend.run(body);
}

TEST_CASE("all watchers of a signal hear it, also on two contexts") {
    std::atomic<int> watching = 0;
    const auto hears = [&]() -> rill::task<int> {
        rill::signals usr(SIGUSR1);
        ++watching;
        const int number = co_await usr.next();
        co_return number;
    };
    int there = 0;
    std::thread other([&] { there = rill::run(hears()); });
    const auto body = [&]() -> rill::task<> {
        const auto sender = [&]() -> rill::task<> {
            while (watching != 3) co_await rill::sleep_for(50us);
            std::raise(SIGUSR1);
        };
        const auto [left, right, nothing] = co_await rill::when_all(hears(), hears(), sender());
        CHECK(left == SIGUSR1);
        CHECK(right == SIGUSR1);
    };
    rill::run(body());
    other.join();
    CHECK(there == SIGUSR1);
}

TEST_CASE("of several that wait at one watcher each gets a signal of its own, in the order of their coming") {
    const auto body = []() -> rill::task<> {
        rill::signals several(SIGUSR1, SIGUSR2);
        std::vector<int> heard;
        const auto waiter = [&]() -> rill::task<> {
            const int number = co_await several.next();
            heard.push_back(number);
        };
        const auto sender = [&]() -> rill::task<> {
            co_await rill::yield();
            std::raise(SIGUSR2);
            co_await some_turns();
            CHECK(heard == std::vector{SIGUSR2});
            std::raise(SIGUSR2);
            std::raise(SIGUSR1);
        };
        co_await rill::when_all(waiter(), waiter(), waiter(), sender());
        CHECK(heard == std::vector{SIGUSR2, SIGUSR1, SIGUSR2});
    };
    rill::run(body());
}

TEST_CASE("a stop takes no signal: one that comes with it is for the next who asks") {
    const auto body = []() -> rill::task<> {
        rill::signals usr(SIGUSR1);
        rill::stop_source over;
        const auto stopped = [&]() -> rill::task<> {
            const auto none = co_await rill::with_stop(over.get_token(), usr.next());
            CHECK_FALSE(none);
        };
        const auto second = [&]() -> rill::task<> {
            const int number = co_await usr.next();
            CHECK(number == SIGUSR1);
        };
        const auto sender = [&]() -> rill::task<> {
            co_await rill::yield();
            over.request_stop();
            std::raise(SIGUSR1);
        };
        co_await rill::when_all(stopped(), second(), sender());
        std::raise(SIGUSR1);
        const auto refused = co_await rill::with_stop(over.get_token(), usr.next());
        CHECK_FALSE(refused);
        const int kept = co_await usr.next();
        CHECK(kept == SIGUSR1);
    };
    rill::run(body());
}

TEST_CASE("a signal whose first waiter is stopped at any moment goes to that one or to the next, and is not lost") {
    for (int moment = 0; moment < 130; ++moment) {  // the loop looks for signals once in so many branches
        INFO("after " << moment << " yields");
        bool first_heard = false;
        bool second_heard = false;
        const auto body = [&]() -> rill::task<> {
            rill::signals usr(SIGUSR1);
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
                std::raise(SIGUSR1);
                for (int i = 0; i < moment; ++i) co_await rill::yield();
                over.request_stop();
                co_await some_turns();
                CHECK(first_heard != second_heard);
                if (!second_heard) std::raise(SIGUSR1);
            };
            co_await rill::when_all(first(), second(), rill::timeout(10s, sender()));
        };
        rill::run(rill::timeout(10s, body()));
    }
}

TEST_CASE("when the last watcher goes, a signal does what it did before, and its mask was never touched") {
    const auto mine = [](int) {};
    const auto before = std::signal(SIGUSR1, mine);
    const auto body = [&]() -> rill::task<> {
        sigset_t mask_before, mask_now;
        ::pthread_sigmask(SIG_SETMASK, nullptr, &mask_before);
        {
            const rill::signals outer(SIGUSR1);
            CHECK(handler_of(SIGUSR1) != +mine);
            {
                const rill::signals inner(SIGUSR1, SIGUSR2);
            }
            CHECK(handler_of(SIGUSR1) != +mine);
            CHECK(handler_of(SIGUSR2) == SIG_DFL);
            ::pthread_sigmask(SIG_SETMASK, nullptr, &mask_now);
            CHECK(sigismember(&mask_now, SIGUSR1) == sigismember(&mask_before, SIGUSR1));
        }
        CHECK(handler_of(SIGUSR1) == +mine);
        co_return;
    };
    rill::run(body());
    std::signal(SIGUSR1, before);
}

TEST_CASE("what cannot be watched is an error, and leaves the others as they were") {
    const auto body = []() -> rill::task<> {
        const auto before = handler_of(SIGTERM);
        for (const int wrong : {SIGKILL, 0, -1, 10'000}) {
            const std::error_code error = co_await error_of(SIGTERM, wrong);
            CHECK(error == std::errc::invalid_argument);
            CHECK(handler_of(SIGTERM) == before);
        }
    };
    rill::run(body());
    try {
        const rill::signals nowhere(SIGUSR1);
        FAIL("no error");
    } catch (const std::system_error& error) {
        CHECK(error.code() == std::errc::operation_not_permitted);
    }
}

TEST_CASE("signals are refused on another context than their own") {
    const auto body = []() -> rill::task<> {
        rill::signals usr(SIGUSR1);
        std::raise(SIGUSR1);
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
        CHECK(kept == SIGUSR1);
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
        return 3;
    });
    CHECK(end.signal == SIGINT);
}

TEST_CASE("many signals from another thread are all told, or are one where the system makes them one") {
    ON_EVERY_BACKEND(backend);
    constexpr int count = 200;
    std::atomic<bool> watched = false, sent = false;
    std::thread other([&] {
        while (!watched) std::this_thread::yield();
        for (int i = 0; i < count; ++i) ::kill(::getpid(), SIGUSR1);
        sent = true;
        ::kill(::getpid(), SIGUSR2);
    });
    const auto body = [&]() -> rill::task<> {
        rill::signals usr(SIGUSR1, SIGUSR2);
        watched = true;
        int heard = 0;
        for (;;) {
            const int number = co_await usr.next();
            if (number == SIGUSR2 && sent) break;
            ++heard;
        }
        CHECK(heard >= 1);
        CHECK(heard <= count);
    };
    backend.run(body);
    other.join();
}
