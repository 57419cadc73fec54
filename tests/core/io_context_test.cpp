// SPDX-License-Identifier: MIT
#include <rill/core/io_context.hpp>
#include <rill/core/run.hpp>
#include <rill/core/shield.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>
#include <rill/core/task_group.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/environment_variable.hpp"
#include "support/foreign_task.hpp"
#include "support/helper_thread.hpp"
#include "support/witness.hpp"

using namespace std::chrono_literals;
using support::testimony;
using support::witness;

namespace {

rill::task<> yields(int count) {
    for (int i = 0; i < count; ++i) co_await rill::yield();
}

rill::task<> sleep_forever(testimony& seen, char letter) {
    const witness here(seen, letter);
    co_await rill::sleep_for(1h);
    seen.log += '!';
}

/// Posts once more when it is dropped.
class posts_at_end {
  public:
    posts_at_end(rill::io_context& to, testimony& seen) : to_(&to), here_(seen), seen_(seen) {}
    posts_at_end(posts_at_end&& other) noexcept
        : to_(std::exchange(other.to_, nullptr)), here_(std::move(other.here_)), seen_(other.seen_) {}
    posts_at_end& operator=(posts_at_end&&) = delete;
    ~posts_at_end() {
        if (to_ != nullptr) to_->post([mine = std::make_unique<witness>(seen_)] {});
    }
    void operator()() const {}

  private:
    rill::io_context* to_;
    witness here_;
    testimony& seen_;
};

}  // namespace

TEST_CASE("a context has the backend that it was asked for, or says that this system does not have it") {
    const support::environment_variable none("RILL_BACKEND", "");
    for (const auto& each : rill::backend::available()) CHECK(rill::io_context(each.which).which() == each.which);
    CHECK_THROWS_AS(rill::io_context(rill::backend::simulated), std::system_error);
}

TEST_CASE("the environment's RILL_BACKEND chooses the backend of every context") {
    for (const auto& each : rill::backend::available()) {
        const support::environment_variable chosen("RILL_BACKEND", each.name);
        CHECK(rill::io_context().which() == each.which);
        CHECK(rill::io_context(rill::backend::simulated).which() == each.which);
    }
}

TEST_CASE("an empty RILL_BACKEND is none") {
    const support::environment_variable chosen("RILL_BACKEND", "");
    CHECK_NOTHROW(rill::io_context());
}

TEST_CASE("a RILL_BACKEND that is unknown is an error that tells its name and what there is") {
    const support::environment_variable chosen("RILL_BACKEND", "carrier-pigeon");
    std::string what;
    try {
        rill::io_context context;
    } catch (const std::system_error& error) {
        what = error.what();
    }
    CHECK(what.find("RILL_BACKEND") != what.npos);
    CHECK(what.find("carrier-pigeon") != what.npos);
    for (const auto& each : rill::backend::available()) CHECK(what.find(each.name) != what.npos);
}

TEST_CASE("this_context is the one that runs, and an error where none does") {
    CHECK_THROWS_AS(rill::this_context(), std::system_error);
    rill::io_context outer;
    rill::io_context inner;
    const auto in_inner = [&]() -> rill::task<bool> { co_return &rill::this_context() == &inner; };
    const auto in_outer = [&]() -> rill::task<bool> {
        const bool before = &rill::this_context() == &outer;
        const bool nested = inner.run(in_inner());
        co_await rill::yield();
        co_return before&& nested && &rill::this_context() == &outer;
    };
    CHECK(outer.run(in_outer()));
    CHECK_THROWS_AS(rill::this_context(), std::system_error);
}

TEST_CASE("posted functions run in the order in which they were posted, in turn with branches, and never inline") {
    std::string log;
    rill::io_context context;
    context.post([&] { log += '0'; });
    const auto body = [&]() -> rill::task<> {
        log += 'a';
        context.post([&] {
            log += '1';
            context.post([&] { log += '3'; });
        });
        context.post([&] { log += '2'; });
        log += 'b';
        co_await rill::yield();
        log += 'c';
        co_await rill::yield();
        log += 'd';
    };
    context.run(body());
    CHECK(log == "ab120c3d");
}

TEST_CASE("a posted function may own what only moves, and has ended when it has run") {
    testimony seen;
    rill::io_context context;
    bool ran = false;
    context.post([mine = std::make_unique<witness>(seen), &ran] { ran = true; });
    context.run(yields(3));
    CHECK(ran);
    CHECK(seen.alive == 0);
}

TEST_CASE("posts of another thread run in their order, on the thread of the loop") {
    rill::io_context context;
    support::helper_thread other;
    std::vector<int> order;
    bool elsewhere = false;
    const auto home = std::this_thread::get_id();
    std::atomic<bool> last{false};
    const auto body = [&]() -> rill::task<> {
        other.call([&] {
            for (int i = 0; i < 5000; ++i) {
                context.post([&, i] {
                    order.push_back(i);
                    elsewhere = elsewhere || std::this_thread::get_id() != home;
                    if (i == 4999) last = true;
                });
            }
        });
        while (!last) co_await rill::yield();
    };
    context.run(body());
    other.wait();
    REQUIRE(order.size() == 5000);
    CHECK(std::is_sorted(order.begin(), order.end()));
    CHECK_FALSE(elsewhere);
}

TEST_CASE("a post of another thread wakes a loop that sleeps") {
    rill::io_context context;
    support::helper_thread other;
    rill::stop_source source;
    const auto before = std::chrono::steady_clock::now();
    const auto body = [&]() -> rill::task<> {
        for (int i = 0; i < 200; ++i) {
            source = rill::stop_source();
            other.call([&, mine = source]() { context.post([mine]() mutable { mine.request_stop(); }); });
            co_await rill::with_stop(source.get_token(), rill::sleep_for(1min));
        }
    };
    context.run(body());
    other.wait();
    CHECK(std::chrono::steady_clock::now() - before < 50s);
}

TEST_CASE("what was posted and has not run by the end of the context is dropped, and nothing of it is left") {
    testimony seen;
    int ran = 0;
    {
        rill::io_context context;
        const auto body = [&]() -> rill::task<> {
            context.post([mine = std::make_unique<witness>(seen), &ran] { ++ran; });
            co_return;
        };
        context.run(body());
        std::thread other([&] { context.post([mine = std::make_unique<witness>(seen), &ran] { ++ran; }); });
        other.join();
        CHECK(seen.alive == 2);
    }
    CHECK(seen.alive == 0);
    CHECK(ran == 0);
}

TEST_CASE("what is posted while a context drops what was posted is dropped, too") {
    testimony seen;
    {
        rill::io_context context;
        context.post(posts_at_end(context, seen));
    }
    CHECK(seen.made == 2);
    CHECK(seen.alive == 0);
}

TEST_CASE("wake ends a wait, the present one or the next one") {
    rill::io_context context;
    const auto before = std::chrono::steady_clock::now();
    context.wake();
    context.wait(1min);
    support::helper_thread other;
    other.call([&] {
        std::this_thread::sleep_for(5ms);
        context.wake();
    });
    context.wait(-1ns);
    CHECK(std::chrono::steady_clock::now() - before < 50s);
}

TEST_CASE("a loop that is driven by hand says for how long it may wait: more to do, a timer, nothing") {
    rill::io_context context;
    CHECK(context.turn() < 0ns);
    std::string log;
    std::optional<support::foreign_eager> coroutine;
    const auto sleeper = [&](std::chrono::nanoseconds how_long) -> support::foreign_eager {
        log += 'a';
        co_await rill::yield();
        log += 'b';
        co_await rill::sleep_for(how_long);
        log += 'c';
    };
    context.post([&] { coroutine.emplace(sleeper(1h)); });
    std::chrono::nanoseconds limit = context.turn();
    while (limit == 0ns) limit = context.turn();
    CHECK(log == "ab");
    CHECK(limit > 0ns);
    CHECK(limit <= 1h);
    coroutine.reset();
    CHECK(context.turn() < 0ns);
    context.post([&] { coroutine.emplace(sleeper(5ms)); });
    limit = context.turn();
    while (log != "ababc") {
        context.wait(limit);
        limit = context.turn();
    }
    CHECK(limit < 0ns);
    CHECK(coroutine->done());
}

TEST_CASE("wait returns by its limit, and not before it without a cause") {
    rill::io_context context;
    for (const auto limit : {1'000'000ns, 1'500'001ns, 0ns}) {
        const auto before = std::chrono::steady_clock::now();
        context.wait(limit);
        CHECK(std::chrono::steady_clock::now() - before >= limit);
    }
}

TEST_CASE("abandon destroys a whole tree, leaves first, resumes nothing, and run says that it was cancelled") {
    testimony seen;
    rill::io_context context;
    support::foreign_event event;
    const auto group = [&](rill::task_group& in) -> rill::task<> {
        const witness here(seen, 'b');
        in.spawn(sleep_forever(seen, 'c'));
        in.spawn(sleep_forever(seen, 'd'));
        co_await in.join();
        seen.log += '!';
    };
    const auto with_group = [&]() -> rill::task<> {
        const witness here(seen, 'g');
        co_await rill::with_task_group(group);
        seen.log += '!';
    };
    const auto waits = [&]() -> rill::task<> {
        const witness here(seen, 'e');
        co_await event;
        seen.log += '!';
    };
    const auto shielded = [&]() -> rill::task<> {
        const witness here(seen, 's');
        co_await rill::shield(rill::timeout(1h, sleep_forever(seen, 't')));
        seen.log += '!';
    };
    const auto root = [&]() -> rill::task<> {
        const witness here(seen, 'r');
        rill::stop_source source;
        context.post([&] { context.post([&] { context.abandon(); }); });
        co_await rill::when_all(with_group(), rill::with_stop(source.get_token(), waits()), shielded(), yields(100));
        seen.log += '!';
    };
    std::error_code code;
    try {
        context.run(root());
    } catch (const std::system_error& error) {
        code = error.code();
    }
    CHECK(code == std::errc::operation_canceled);
    CHECK(seen.log == "cdbgetsr");
    CHECK(seen.alive == 0);
    CHECK(context.timers().empty());
    const auto again = []() -> rill::task<int> {
        co_await rill::sleep_for(1us);
        co_return 3;
    };
    CHECK(context.run(again()) == 3);  // the context itself is as good as new
}

TEST_CASE("abandon takes what is ready, what waits to be unwound and what has not started as well") {
    testimony seen;
    rill::io_context context;
    rill::stop_source source;
    const auto spins = [&]() -> rill::task<> {
        const witness here(seen);
        for (;;) co_await rill::yield();
    };
    const auto group = [&](rill::task_group& in) -> rill::task<> {
        for (int i = 0; i < 5; ++i) in.spawn(spins());
        for (int i = 0; i < 5; ++i) in.spawn(sleep_forever(seen, '.'));
        co_await yields(3);
        for (int i = 0; i < 5; ++i) in.spawn(sleep_forever(seen, '.'));
        source.request_stop();
        context.post([&] { context.abandon(); });
        co_await rill::sleep_for(1h);
    };
    const auto first = [&]() -> rill::task<> { co_await rill::with_task_group(group); };
    const auto root = [&]() -> rill::task<> {
        co_await rill::when_all(first(), rill::with_stop(source.get_token(), sleep_forever(seen, '.')),
                                rill::with_stop(source.get_token(), spins()));
    };
    CHECK_THROWS_AS(context.run(root()), std::system_error);
    CHECK(seen.alive == 0);
    context.run(yields(5));
}

TEST_CASE("abandon destroys a group whose body has returned, and one that drains") {
    for (const bool drains : {false, true}) {
        testimony seen;
        rill::io_context context;
        rill::stop_source source;
        const auto group = [&](rill::task_group& in) -> rill::task<> {
            in.spawn(sleep_forever(seen, 'c'));
            if (drains) co_await rill::sleep_for(1h);
        };
        const auto work = [&]() -> rill::task<> {
            const witness here(seen, 'w');
            if (drains) {
                co_await rill::with_draining_task_group(group, rill::task_group::unlimited,
                                                        std::chrono::nanoseconds(1h).count());
            } else {
                co_await rill::with_task_group(group);
            }
        };
        const auto later = [&]() -> rill::task<> {
            co_await yields(3);
            if (drains) source.request_stop();
            co_await yields(3);
            context.post([&] { context.abandon(); });
        };
        const auto root = [&]() -> rill::task<> {
            co_await rill::when_all(rill::with_stop(source.get_token(), work()), later());
        };
        CHECK_THROWS_AS(context.run(root()), std::system_error);
        CHECK(seen.log == "cw");
        CHECK(seen.alive == 0);
        CHECK(context.timers().empty());
    }
}

TEST_CASE("destructors that run while a context is abandoned may post, ask for stops and spawn") {
    testimony seen;
    enum class what { posts, stops, spawns };
    class acts_at_end {
      public:
        acts_at_end(what todo, rill::io_context& context, rill::stop_source& source, rill::task_group& group,
                    testimony& to)
            : todo_(todo), context_(context), source_(source), group_(group), seen_(to) {}
        ~acts_at_end() {
            switch (todo_) {
                case what::posts:
                    context_.post([mine = std::make_unique<witness>(seen_)] {});
                    break;
                case what::stops:
                    source_.request_stop();
                    break;
                case what::spawns:
                    group_.spawn(sleep_forever(seen_, '.'));
                    break;
            }
        }

      private:
        what todo_;
        rill::io_context& context_;
        rill::stop_source& source_;
        rill::task_group& group_;
        testimony& seen_;
    };
    for (const what todo : {what::posts, what::stops, what::spawns}) {
        {
            rill::io_context context;
            rill::stop_source source;
            const auto group = [&](rill::task_group& in) -> rill::task<> {
                const acts_at_end here(todo, context, source, in, seen);
                in.spawn(sleep_forever(seen, '.'));
                co_await rill::sleep_for(1h);
            };
            const auto work = [&]() -> rill::task<> { co_await rill::with_task_group(group); };
            const auto root = [&]() -> rill::task<> {
                context.post([&] { context.post([&] { context.abandon(); }); });
                co_await rill::when_all(rill::with_stop(source.get_token(), work()),
                                        rill::with_stop(source.get_token(), sleep_forever(seen, '.')));
            };
            try {
                context.run(root());
            } catch (const std::system_error&) {
            }
        }
        CAPTURE(static_cast<int>(todo));
        CHECK(seen.alive == 0);
    }
}

TEST_CASE("a context that ends takes everything with it that is still parked there") {
    testimony seen;
    std::vector<support::foreign_eager> coroutines;
    {
        rill::io_context context;
        const auto parked = [&]() -> support::foreign_eager { co_await sleep_forever(seen, 'f'); };
        const auto body = [&]() -> rill::task<> {
            for (int i = 0; i < 3; ++i) coroutines.push_back(parked());
            co_return;
        };
        context.run(body());
        CHECK(seen.alive == 3);
    }
    CHECK(seen.alive == 0);
    CHECK(seen.log == "fff");
}

TEST_CASE("branches that are always ready do not keep timers and posts of other threads from their turn") {
    rill::io_context context;
    support::helper_thread other;
    bool posted = false;
    const auto spins = [&](const bool& until) -> rill::task<> {
        while (!until) co_await rill::yield();
    };
    bool slept = false;
    const auto sleeps = [&]() -> rill::task<> {
        co_await rill::sleep_for(2ms);
        slept = true;
    };
    const auto body = [&]() -> rill::task<> {
        other.call([&] { context.post([&] { posted = true; }); });
        co_await rill::when_all(spins(posted), spins(slept), sleeps());
    };
    context.run(body());
    CHECK(posted);
    CHECK(slept);
}
