// SPDX-License-Identifier: MIT
#include <rill/core/as_result.hpp>
#include <rill/core/foreign.hpp>
#include <rill/core/run.hpp>
#include <rill/core/shield.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>
#include <rill/core/task_group.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>

#include <chrono>
#include <coroutine>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "support/catch.hpp"
#include "support/foreign_task.hpp"
#include "support/helper_thread.hpp"
#include "support/witness.hpp"

using namespace std::chrono_literals;
using support::foreign_eager;
using support::foreign_event;
using support::foreign_task;
using support::testimony;
using support::witness;

namespace {

rill::task<> yields(int count) {
    for (int i = 0; i < count; ++i) co_await rill::yield();
}
rill::task<int> seven_later() {
    co_await rill::sleep_for(1us);
    co_return 7;
}

/// Itself an awaiter, and tells who it is.
class plain_awaiter {
  public:
    plain_awaiter() = default;
    bool await_ready() const noexcept { return true; }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    const plain_awaiter* await_resume() const noexcept { return this; }
};

/// Awaited through a free function.
class by_free_function {
  public:
    explicit by_free_function(int given) : value(given) {}
    int value;
};
class free_awaiter {
  public:
    explicit free_awaiter(int given) : value(given) {}
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<>) const noexcept { return false; }  // goes on at once
    int await_resume() const noexcept { return value; }
    int value;
};
free_awaiter operator co_await(by_free_function from) { return free_awaiter(from.value); }

/// Goes on on another thread.
class elsewhere {
  public:
    explicit elsewhere(support::helper_thread& thread) : thread_(thread) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> who) const {
        thread_.call([who] { who.resume(); });
    }
    std::thread::id await_resume() const noexcept { return std::this_thread::get_id(); }

  private:
    support::helper_thread& thread_;
};

/// What it gives lives in its awaiter, which lives until the end of the expression with the await.
class gives_own_member {
  public:
    class awaiter {
      public:
        awaiter() = default;
        bool await_ready() const noexcept { return true; }
        void await_suspend(std::coroutine_handle<>) const noexcept {}
        const std::string& await_resume() const noexcept { return text_; }

      private:
        std::string text_ = "a text that is long enough to stand on the heap";
    };
    gives_own_member() = default;
    awaiter operator co_await() const { return {}; }
};

/// Whatever throws where it may.
class throwing_awaiter {
  public:
    enum class where { ready, suspend, resume };
    explicit throwing_awaiter(where at) : at_(at) {}
    bool await_ready() const { return throw_at(where::ready), false; }
    bool await_suspend(std::coroutine_handle<>) const { return throw_at(where::suspend), false; }
    int await_resume() const { return throw_at(where::resume), 1; }

  private:
    void throw_at(where here) const {
        if (here == at_) throw std::runtime_error("thrown");
    }
    where at_;
};

foreign_task<int> foreign_value(int value) { co_return value; }
foreign_task<int> foreign_failure() {
    throw std::runtime_error("foreign");
    co_return 0;
}

}  // namespace

// ---- their coroutines, our awaitables ----

TEST_CASE("a foreign coroutine awaits sleeps, yields, tasks, timeouts and combinators, and is resumed by the loop") {
    std::string log;
    const auto foreign = [&]() -> foreign_task<int> {
        co_await rill::yield();
        log += 'y';
        co_await rill::sleep_for(1ms);
        log += 's';
        const int seven = co_await seven_later();
        const auto late = co_await rill::as_result(rill::timeout(1ms, rill::sleep_for(1h)));
        CHECK(late.error() == std::errc::timed_out);
        const auto [a, b] = co_await rill::when_all(seven_later(), seven_later());
        const bool whole = co_await rill::with_stop(rill::stop_token(), yields(2));
        CHECK(whole);
        co_return seven + a + b;
    };
    CHECK(rill::run(foreign()) == 21);
    CHECK(log == "ys");
}

TEST_CASE("the errors of our awaitables are exceptions in a foreign coroutine") {
    const auto fails = []() -> rill::task<> {
        co_await rill::yield();
        throw std::runtime_error("ours");
    };
    const auto foreign = [&]() -> foreign_task<std::string> {
        std::string what;
        try {
            co_await fails();
        } catch (const std::runtime_error& error) {
            what = error.what();
        }
        try {
            co_await rill::task<>();
        } catch (const std::logic_error&) {
            what += " and empty";
        }
        co_return what;
    };
    CHECK(rill::run(foreign()) == "ours and empty");
}

TEST_CASE("a foreign coroutine that awaits one of ours where no context runs gets operation_not_permitted") {
    const auto foreign = []() -> foreign_task<bool> {
        try {
            co_await rill::yield();
        } catch (const std::system_error& error) {
            co_return error.code() == std::errc::operation_not_permitted;
        }
        co_return false;
    };
    auto coroutine = foreign();
    coroutine.start();
    REQUIRE(coroutine.done());
    CHECK(coroutine.result());
}

TEST_CASE("a foreign coroutine that is destroyed while it is parked takes what it waits for back") {
    testimony seen;
    const auto ours = [&]() -> rill::task<> {
        const witness here(seen, 'o');
        co_await rill::sleep_for(1h);
    };
    const auto group = [&](rill::task_group& in) -> rill::task<> {
        in.spawn(ours());
        co_await ours();
    };
    const auto parked = [&](int which) -> foreign_eager {
        const witness here(seen, 'f');
        switch (which) {
            case 0:
                co_await rill::sleep_for(1h);
                break;
            case 1:
                co_await ours();
                break;
            case 2:
                co_await rill::timeout(1h, ours());
                break;
            case 3:
                co_await rill::when_all(ours(), ours());
                break;
            case 4:
                co_await rill::with_task_group(group);
                break;
            case 5:
                co_await rill::yield();
                break;
            case 6:
                co_await rill::with_stop(rill::stop_source().get_token(), rill::shield(ours()));
                break;
            default:
                break;
        }
    };
    const auto body = [&]() -> rill::task<> {
        for (int which = 0; which < 7; ++which) {
            for (const bool wait_a_while : {true, false}) {
                std::optional<foreign_eager> coroutine(parked(which));
                if (wait_a_while && which != 5) co_await yields(3);
                CHECK_FALSE(coroutine->done());
                coroutine.reset();
                CHECK(seen.alive == 0);
                co_await yields(2);
            }
        }
    };
    rill::io_context context;
    context.run(body());
    CHECK(context.timers().empty());
}

TEST_CASE("a context may end before the foreign coroutine that is parked there, which never goes on") {
    testimony seen;
    const auto ours = [&]() -> rill::task<> {
        const witness here(seen, 'o');
        co_await rill::sleep_for(1h);
    };
    const auto parked = [&]() -> foreign_eager {
        const witness here(seen, 'f');
        co_await rill::timeout(1h, ours());
        seen.log += '!';
    };
    std::optional<foreign_eager> coroutine;
    {
        rill::io_context context;
        const auto body = [&]() -> rill::task<> {
            coroutine.emplace(parked());
            co_await rill::yield();
        };
        context.run(body());
        CHECK(seen.alive == 2);
    }
    CHECK(seen.log == "o");  // what ran on the context is gone, the foreign frame is not ours
    CHECK_FALSE(coroutine->done());
    coroutine.reset();
    CHECK(seen.alive == 0);
}

TEST_CASE("a foreign coroutine that outlives one run goes on in the next") {
    rill::io_context context;
    std::string log;
    const auto parked = [&]() -> foreign_eager {
        co_await rill::sleep_for(2ms);
        log += 'f';
    };
    std::optional<foreign_eager> coroutine;
    const auto first = [&]() -> rill::task<> {
        coroutine.emplace(parked());
        co_return;
    };
    const auto second = []() -> rill::task<> { co_await rill::sleep_for(20ms); };
    context.run(first());
    CHECK(log.empty());
    context.run(second());
    CHECK(log == "f");
    CHECK(coroutine->done());
}

TEST_CASE("a foreign coroutine may be destroyed by a task that is unwound") {
    testimony seen;
    rill::stop_source source;
    const auto parked = [&]() -> foreign_eager {
        const witness here(seen, 'f');
        co_await rill::sleep_for(1h);
    };
    const auto owner = [&]() -> rill::task<> {
        const foreign_eager owned = parked();
        co_await rill::sleep_for(1h);
    };
    const auto stops = [&]() -> rill::task<> {
        co_await yields(3);
        source.request_stop();
    };
    const auto body = [&]() -> rill::task<> {
        co_await rill::when_all(rill::with_stop(source.get_token(), owner()), stops());
    };
    rill::run(body());
    CHECK(seen.alive == 0);
}

TEST_CASE("a hundred thousand awaits of a foreign coroutine keep the stack flat") {
    const auto foreign = []() -> foreign_task<int> {
        int sum = 0;
        for (int i = 0; i < 100'000; ++i) {
            co_await rill::yield();
            sum += 1;
        }
        co_return sum;
    };
    CHECK(rill::run(foreign()) == 100'000);
}

// ---- our coroutines, their awaitables ----

TEST_CASE("a task awaits what has a member or a free operator co_await, and what is an awaiter itself") {
    const auto body = []() -> rill::task<> {
        const int member = co_await foreign_value(1);
        const int free = co_await by_free_function(2);
        CHECK(member + free == 3);
        const plain_awaiter* const temporary = co_await plain_awaiter();
        CHECK(temporary != nullptr);
    };
    rill::run(body());
}

TEST_CASE("a foreign awaiter that is awaited as an lvalue is awaited itself, and not a copy of it") {
    const auto body = []() -> rill::task<> {
        plain_awaiter mine;
        const plain_awaiter* const who = co_await mine;
        CHECK(who == &mine);
    };
    rill::run(body());
}

TEST_CASE("what a foreign await gives may live in its awaiter, as it would without us") {
    const auto body = []() -> rill::task<> {
        const std::string copied = co_await gives_own_member();
        CHECK(copied == "a text that is long enough to stand on the heap");
    };
    rill::run(body());
}

TEST_CASE("an exception of a foreign awaitable is thrown by the await, wherever it comes from") {
    const auto body = []() -> rill::task<> {
        int thrown = 0;
        using where = throwing_awaiter::where;
        for (const where at : {where::ready, where::suspend, where::resume}) {
            try {
                co_await throwing_awaiter(at);
            } catch (const std::runtime_error&) {
                ++thrown;
            }
        }
        try {
            co_await foreign_failure();
        } catch (const std::runtime_error&) {
            ++thrown;
        }
        CHECK(thrown == 4);
    };
    rill::run(body());
}

TEST_CASE("a task that awaits a foreign awaitable goes on in its turn, and never inside the call that resumes it") {
    foreign_event event;
    std::string log;
    const auto waits = [&]() -> rill::task<> {
        co_await event;
        log += 'w';
    };
    const auto fires = [&]() -> rill::task<> {
        co_await rill::yield();
        event.fire();
        log += 'f';
    };
    const auto body = [&]() -> rill::task<> { co_await rill::when_all(waits(), fires()); };
    rill::run(body());
    CHECK(log == "fw");
}

TEST_CASE("a task goes on at home when a foreign awaitable resumes it on another thread") {
    support::helper_thread other;
    const auto home = std::this_thread::get_id();
    int wrong = 0;
    const auto body = [&]() -> rill::task<> {
        for (int i = 0; i < 1000; ++i) {
            const std::thread::id there = co_await elsewhere(other);
            if (there == home || std::this_thread::get_id() != home) ++wrong;
        }
    };
    rill::run(body());
    CHECK(wrong == 0);
}

TEST_CASE("a context may end as soon as the last task has come back from another thread") {
    support::helper_thread other;
    int rounds = 0;
    for (int i = 0; i < 3000; ++i) {
        bool back = false;
        const auto goes = [&]() -> rill::task<> {
            co_await elsewhere(other);
            back = true;
        };
        const auto spins = [&]() -> rill::task<> {  // so that the loop does not sleep, and needs no wake-up
            while (!back) co_await rill::yield();
        };
        const auto body = [&]() -> rill::task<> { co_await rill::when_all(goes(), spins()); };
        const auto context = std::make_unique<rill::io_context>();
        context->run(body());
        ++rounds;
    }
    CHECK(rounds == 3000);
}

TEST_CASE("a stop that comes while a task waits for a foreign awaitable lands after it has come back") {
    foreign_event event;
    rill::stop_source source;
    std::string log;
    const auto waits = [&]() -> rill::task<> {
        co_await event;
        log += 'w';
        co_await rill::yield();
        log += '!';
    };
    const auto fires = [&]() -> rill::task<> {
        co_await rill::yield();
        source.request_stop();
        co_await yields(3);
        log += 'f';
        event.fire();
    };
    const auto body = [&]() -> rill::task<bool> {
        const auto [whole, done] = co_await rill::when_all(rill::with_stop(source.get_token(), waits()), fires());
        co_return whole;
    };
    CHECK_FALSE(rill::run(body()));
    CHECK(log == "fw");
}

TEST_CASE("a stop and the foreign resumption in the same turn resume the task once") {
    foreign_event event;
    rill::stop_source source;
    std::string log;
    const auto waits = [&]() -> rill::task<> {
        co_await event;
        log += 'w';
        co_await rill::yield();
        log += '!';
    };
    const auto fires = [&]() -> rill::task<> {
        co_await rill::yield();
        source.request_stop();
        event.fire();
    };
    const auto body = [&]() -> rill::task<bool> {
        const auto [whole, done] = co_await rill::when_all(rill::with_stop(source.get_token(), waits()), fires());
        co_return whole;
    };
    CHECK_FALSE(rill::run(body()));
    CHECK(log == "w");
}

TEST_CASE("stops and resumptions from two threads at once lose no task") {
    support::helper_thread stopper;
    support::helper_thread other;
    int resumed = 0;
    const auto goes = [&]() -> rill::task<> {
        co_await elsewhere(other);
        ++resumed;
    };
    const auto body = [&]() -> rill::task<> {
        for (int i = 0; i < 2000; ++i) {
            rill::stop_source source;
            stopper.call([mine = source]() mutable { mine.request_stop(); });
            static_cast<void>(co_await rill::with_stop(source.get_token(), goes()));
        }
    };
    rill::run(body());
    stopper.wait();
    other.wait();
    CHECK(resumed <= 2000);
}

TEST_CASE("under a stop a foreign awaitable is not started") {
    rill::stop_source source;
    foreign_event event;
    const auto waits = [&]() -> rill::task<> {
        source.request_stop();
        co_await event;
    };
    const auto body = [&]() -> rill::task<bool> { co_return co_await rill::with_stop(source.get_token(), waits()); };
    CHECK_FALSE(rill::run(body()));
    CHECK_FALSE(event.has_waiter());
}

TEST_CASE("a task that waits for a foreign awaitable is destroyed with its context, and the awaiter with it") {
    testimony seen;
    class kept_waiting {
      public:
        kept_waiting(testimony& to) : here_(to, 'a') {}
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<>) const noexcept {}
        void await_resume() const noexcept {}

      private:
        witness here_;
    };
    rill::io_context context;
    const auto waits = [&]() -> rill::task<> {
        const witness here(seen, 't');
        co_await kept_waiting(seen);
    };
    const auto crash = [&]() -> rill::task<> {
        context.post([&] { context.abandon(); });
        co_await waits();
    };
    CHECK_THROWS_AS(context.run(crash()), std::system_error);
    CHECK(seen.alive == 0);
}

namespace {

/// Foreign code that stops the group in which it is awaited, and is ready at once.
struct stops_its_group {
    rill::task_group& group;
    bool await_ready() const {
        group.stop();
        return true;
    }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    void await_resume() const noexcept {}
};

}  // namespace

TEST_CASE("foreign code that stops the task which awaits it, inside that await, leaves the queues whole") {
    int after = 0;
    const auto child = [&](rill::task_group& group) -> rill::task<> {
        co_await stops_its_group{group};
        ++after;
        co_await rill::yield();  // where the stop lands
        ++after;
    };
    rill::run(rill::with_task_group([&](rill::task_group& group) -> rill::task<> {
        for (int i = 0; i < 3; ++i) group.spawn(child(group));
        co_await group.join();
        co_await rill::yield();
    }));
    CHECK(after == 1);  // the others never started
}
