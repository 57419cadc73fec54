// SPDX-License-Identifier: MIT
#include <rill/core/as_result.hpp>
#include <rill/core/finally.hpp>
#include <rill/core/get_stop_token.hpp>
#include <rill/core/io_thread.hpp>
#include <rill/core/on.hpp>
#include <rill/core/run.hpp>
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

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/every_backend.hpp"
#include "support/foreign_task.hpp"
#include "support/seeded_random.hpp"

using namespace std::chrono_literals;
using rill::task;

namespace {

task<std::thread::id> whereabouts() {
    co_await rill::yield();
    co_return std::this_thread::get_id();
}

task<> until(const std::atomic<bool>& condition) {
    while (!condition) co_await rill::sleep_for(50us);
}

/// Where it was destroyed, unless it was moved from.
class mark_of_end {
  public:
    explicit mark_of_end(std::thread::id& where) : where_(&where) {}
    mark_of_end(mark_of_end&& other) noexcept : where_(std::exchange(other.where_, nullptr)) {}
    mark_of_end& operator=(mark_of_end&&) = delete;
    ~mark_of_end() {
        if (where_ != nullptr) *where_ = std::this_thread::get_id();
    }

  private:
    std::thread::id* where_;
};

/// Sleeps for ever, and says that it has begun.
task<int> sleeps_with(std::atomic<bool>& begun, mark_of_end kept) {
    const mark_of_end mine(std::move(kept));
    begun = true;
    co_await rill::sleep_for(1h);
    co_return 1;
}

}  // namespace

TEST_CASE("on runs a task on the other thread, and its caller goes on at home with the value") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        const auto home = std::this_thread::get_id();
        rill::io_thread worker;
        std::optional<std::thread::id> first;
        for (int round = 0; round < 100; ++round) {
            const auto there = co_await rill::on(worker.context(), whereabouts());
            CHECK(there != home);
            CHECK(std::this_thread::get_id() == home);
            CHECK(first.value_or(there) == there);
            first = there;
        }
    });
}

TEST_CASE("on brings back nothing, references, what only moves and what has no default") {
    const auto body = []() -> task<> {
        rill::io_thread worker;
        int number = 1;
        const auto set = [&]() -> task<> {
            co_await rill::yield();
            number = 2;
        };
        co_await rill::on(worker.context(), set());
        CHECK(number == 2);
        const auto same = [&]() -> task<int&> {
            co_await rill::yield();
            co_return number;
        };
        int& there = co_await rill::on(worker.context(), same());
        CHECK(&there == &number);
        static_assert(std::is_same_v<decltype(rill::on(worker.context(), same()).result()), int&>);
        const auto doubled = [](std::unique_ptr<int> given) -> task<std::unique_ptr<int>> {
            *given *= 2;
            co_return given;
        };
        const auto owned = co_await rill::on(worker.context(), doubled(std::make_unique<int>(5)));
        CHECK(*owned == 10);
        struct no_default {
            explicit no_default(int of) : value(of) {}
            int value;
        };
        const auto make = [](int of) -> task<no_default> { co_return no_default(of); };
        const no_default made = co_await rill::on(worker.context(), make(7));
        CHECK(made.value == 7);
        const auto [one, other] = co_await rill::on(worker.context(), rill::when_all(make(1), make(2)));
        CHECK(one.value + other.value == 3);
    };
    rill::run(body());
}

TEST_CASE("on runs operations, combinators and what other libraries await") {
    const auto body = []() -> task<> {
        rill::io_thread worker;
        co_await rill::on(worker.context(), rill::sleep_for(1ms));
        const auto late = co_await rill::as_result(rill::on(worker.context(), rill::timeout(1ms, rill::sleep_for(1h))));
        CHECK(late.error() == rill::errc::deadline_exceeded);
        const auto foreign = [](std::thread::id& where) -> support::foreign_task<int> {
            co_await rill::yield();
            where = std::this_thread::get_id();
            co_return 4;
        };
        std::thread::id where;
        const int four = co_await rill::on(worker.context(), foreign(where));
        CHECK(four == 4);
        CHECK(where != std::thread::id());
        CHECK(where != std::this_thread::get_id());
    };
    rill::run(body());
}

TEST_CASE("an error of the other context comes home as it was thrown") {
    const auto body = []() -> task<> {
        rill::io_thread worker;
        const auto fails = []() -> task<int> {
            co_await rill::yield();
            throw std::runtime_error("over there");
        };
        std::string caught;
        try {
            co_await rill::on(worker.context(), fails());
        } catch (const std::runtime_error& error) {
            caught = error.what();
        }
        CHECK(caught == "over there");
        const auto refused = []() -> task<> {
            throw std::system_error(std::make_error_code(std::errc::connection_refused));
            co_return;
        };
        const auto result = co_await rill::as_result(rill::on(worker.context(), refused()));
        CHECK(result.error() == std::errc::connection_refused);
    };
    rill::run(body());
}

TEST_CASE("on the own context it is the plain await") {
    const auto body = []() -> task<> {
        const auto home = std::this_thread::get_id();
        auto& here = rill::this_context();
        const auto there = co_await rill::on(here, whereabouts());
        CHECK(there == home);
        const auto fails = []() -> task<> {
            throw std::runtime_error("here");
            co_return;
        };
        bool caught = false;
        try {
            co_await rill::on(here, fails());
        } catch (const std::runtime_error&) {
            caught = true;
        }
        CHECK(caught);
        const auto late = co_await rill::as_result(rill::timeout(1ms, rill::on(here, rill::sleep_for(1h))));
        CHECK(late.error() == rill::errc::deadline_exceeded);
        const bool whole = co_await rill::with_stop(rill::stop_token(), rill::on(here, rill::yield()));
        CHECK(whole);
    };
    rill::run(body());
}

TEST_CASE("work that goes to another context may send work back") {
    const auto body = []() -> task<> {
        const auto home = std::this_thread::get_id();
        auto& here = rill::this_context();
        rill::io_thread worker;
        const auto there_and_back = [&]() -> task<int> {
            const auto back = co_await rill::on(here, whereabouts());
            co_return back == home&& std::this_thread::get_id() != home ? 1 : 0;
        };
        const int right = co_await rill::on(worker.context(), there_and_back());
        CHECK(right == 1);
        std::atomic<bool> begun = false;
        const auto sleeps_back_home = [&]() -> task<> {
            std::thread::id unused;
            co_await rill::on(here, sleeps_with(begun, mark_of_end(unused)));
        };
        const auto both = co_await rill::when_any(rill::on(worker.context(), sleeps_back_home()), until(begun));
        CHECK_FALSE(std::get<0>(both));
    };
    rill::run(body());
}

TEST_CASE("a stop crosses over, unwinds the work on its own thread, and comes back") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        rill::io_thread worker;
        const auto there = co_await rill::on(worker.context(), whereabouts());
        std::atomic<bool> begun = false;
        std::thread::id unwound, left;
        const auto waits = [&]() -> task<> {
            const mark_of_end here(left);
            co_await rill::on(worker.context(), sleeps_with(begun, mark_of_end(unwound)));
        };
        const auto which = co_await rill::when_any(waits(), until(begun));
        CHECK_FALSE(std::get<0>(which));
        CHECK(unwound == there);
        CHECK(left == std::this_thread::get_id());
    });
}

TEST_CASE("what work has completed with is delivered although a stop was on its way") {
    const auto body = []() -> task<> {
        rill::io_thread worker;
        std::atomic<bool> begun = false, finish = false;
        int got = 0;
        bool went_too_far = false;
        const auto slow = [&]() -> task<int> {
            begun = true;
            co_await rill::shield(until(finish));  // no stop hurries it
            co_return 5;
        };
        const auto waits = [&]() -> task<> {
            got = co_await rill::on(worker.context(), slow());
            co_await rill::yield();
            went_too_far = true;
        };
        rill::stop_source source;
        const auto stops = [&]() -> task<> {
            co_await until(begun);
            source.request_stop();
            co_await rill::yield();
            finish = true;
        };
        const auto both = co_await rill::when_all(rill::with_stop(source.get_token(), waits()), stops());
        CHECK_FALSE(std::get<0>(both));
        CHECK(got == 5);
        CHECK_FALSE(went_too_far);
    };
    rill::run(body());
}

TEST_CASE("a cleanup over there is run to its end before a stop comes back") {
    const auto body = []() -> task<> {
        rill::io_thread worker;
        std::atomic<bool> begun = false;
        bool cleaned = false;
        std::thread::id unused;
        const auto cleanup = [&]() -> task<> {
            co_await rill::sleep_for(2ms);
            cleaned = true;
        };
        const auto whole = [&]() -> task<> {
            co_await rill::finally(sleeps_with(begun, mark_of_end(unused)), cleanup);
        };
        co_await rill::when_any(rill::on(worker.context(), whole()), until(begun));
        CHECK(cleaned);
    };
    rill::run(body());
}

TEST_CASE("under a stop nothing is sent to another context") {
    const auto body = []() -> task<> {
        rill::io_thread worker;
        rill::stop_source over;
        over.request_stop();
        bool started = false;
        std::thread::id ended;
        const auto work = [&](mark_of_end) -> task<> {
            started = true;
            co_return;
        };
        for (auto* context : {&worker.context(), &rill::this_context()}) {
            const bool whole = co_await rill::with_stop(over.get_token(), rill::on(*context, work(mark_of_end(ended))));
            CHECK_FALSE(whole);
        }
        CHECK_FALSE(started);
        CHECK(ended == std::this_thread::get_id());
    };
    rill::run(body());
}

TEST_CASE("shielded from a stop, work on another context is waited for") {
    const auto body = []() -> task<> {
        rill::io_thread worker;
        rill::stop_source over;
        int got = 0;
        const auto waits = [&]() -> task<> {
            over.request_stop();
            const auto work = []() -> task<int> {
                co_await rill::sleep_for(1ms);
                co_return 3;
            };
            got = co_await rill::shield(rill::on(worker.context(), work()));
        };
        co_await rill::with_stop(over.get_token(), waits());
        CHECK(got == 3);
    };
    rill::run(body());
}

TEST_CASE("a token over there is stopped when the caller is") {
    const auto body = []() -> task<> {
        rill::io_thread worker;
        std::atomic<bool> begun = false, told = false;
        const auto work = [&]() -> task<> {
            const rill::stop_token token = co_await rill::get_stop_token();
            const rill::stop_callback telling(token, [&] { told = true; });
            begun = true;
            co_await rill::shield(until(told));
        };
        co_await rill::when_any(rill::on(worker.context(), work()), until(begun));
        CHECK(told);
    };
    rill::run(body());
}

TEST_CASE("what work has used is destroyed on its thread, also its arguments, whatever it ends with") {
    const auto body = []() -> task<> {
        rill::io_thread worker;
        const auto there = co_await rill::on(worker.context(), whereabouts());
        std::thread::id argument, local;
        const auto work = [&](mark_of_end, bool fails) -> task<> {
            const mark_of_end mine(local);
            co_await rill::yield();
            if (fails) throw std::runtime_error("over there");
        };
        for (const bool fails : {false, true}) {
            argument = local = std::thread::id();
            try {
                co_await rill::on(worker.context(), work(mark_of_end(argument), fails));
            } catch (const std::runtime_error&) {
            }
            CHECK(argument == there);
            CHECK(local == there);
        }
        // also what a scope keeps until its own end
        argument = local = std::thread::id();
        const auto fails = []() -> task<> {
            co_await rill::sleep_for(1ms);
            throw std::runtime_error("the other one");
        };
        const auto failed = [&]() -> task<bool> {
            try {
                co_await rill::on(worker.context(), rill::when_all(work(mark_of_end(argument), false), fails()));
            } catch (const std::runtime_error&) {
                co_return true;
            }
            co_return false;
        };
        const bool caught = co_await failed();
        CHECK(caught);
        CHECK(argument == there);
    };
    rill::run(body());
}

TEST_CASE("a context that ends before it has begun or finished the work fails it with operation_canceled") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        for (const int turns : {0, 1, 3}) {
            std::optional<rill::io_context> other(std::in_place);
            std::atomic<bool> begun = false;
            std::thread::id ended;
            const auto ends = [&]() -> task<> {
                co_await rill::yield();
                for (int turn = 0; turn < turns; ++turn) other->turn();
                CHECK(begun == (turns > 0));
                other.reset();
            };
            const auto waits = [&]() -> task<std::string> {
                try {
                    co_await rill::on(*other, sleeps_with(begun, mark_of_end(ended)));
                } catch (const std::system_error& error) {
                    co_return error.code() == std::errc::operation_canceled ? error.what() : "another code";
                }
                co_return "no error";
            };
            const auto [text, nothing] = co_await rill::when_all(waits(), ends());
            CHECK_THAT(text, Catch::Matchers::StartsWith("on another io_context: "));
            CHECK(ended == std::this_thread::get_id());
        }
    });
}

TEST_CASE("work that is abandoned over there is told from a stop of the caller, which wins") {
    const auto body = []() -> task<> {
        rill::io_context other;
        rill::stop_source source;
        std::atomic<bool> begun = false;
        std::thread::id ended;
        bool went_on = false;
        const auto waits = [&]() -> task<> {
            static_cast<void>(co_await rill::as_result(rill::on(other, sleeps_with(begun, mark_of_end(ended)))));
            went_on = true;
        };
        const auto crash = [&]() -> task<> {
            co_await rill::yield();
            other.turn();
            CHECK(begun);
            source.request_stop();
            other.abandon();
            co_return;
        };
        const auto both = co_await rill::when_all(rill::with_stop(source.get_token(), waits()), crash());
        CHECK_FALSE(std::get<0>(both));
        CHECK_FALSE(went_on);
        CHECK(ended == std::this_thread::get_id());
    };
    rill::run(body());
}

TEST_CASE("a context that is abandoned waits until the work that it has sent away has unwound") {
    rill::io_thread worker;
    std::atomic<bool> begun = false, cleaned = false;
    std::thread::id ended;
    const auto cleanup = [&]() -> task<> {
        co_await rill::sleep_for(2ms);
        cleaned = true;
    };
    const auto body = [&]() -> task<> {
        const auto work = [&]() -> task<> { co_await rill::finally(sleeps_with(begun, mark_of_end(ended)), cleanup); };
        const auto crash = [&]() -> task<> {
            co_await until(begun);
            rill::this_context().post([context = &rill::this_context()] { context->abandon(); });
            co_await rill::sleep_for(1h);
        };
        co_await rill::when_all(rill::on(worker.context(), work()), crash());
    };
    CHECK_THROWS_AS(rill::run(body()), std::system_error);
    CHECK(cleaned);
    CHECK(ended != std::thread::id());
    CHECK(ended != std::this_thread::get_id());
}

TEST_CASE("on costs no allocation") {
    if (!support::allocations_are_watched) {
        WARN("this build can't count allocations");
        return;
    }
    const auto body = []() -> task<> {
        rill::io_thread worker;
        co_await rill::on(worker.context(), rill::yield());
        std::size_t here = 0, there = 0;
        const auto count = [&there]() -> task<> {
            there = support::allocation_count();
            co_return;
        };
        co_await rill::on(worker.context(), count());
        const std::size_t before = there;
        here = support::allocation_count();
        for (int i = 0; i < 100; ++i) co_await rill::on(worker.context(), rill::yield());
        CHECK(support::allocation_count() == here);
        co_await rill::on(worker.context(), count());
        CHECK(there == before);
    };
    rill::run(body());
}

TEST_CASE("work on other contexts with stops at random moments ends once, and nothing of it is left") {
    support::seeded_random seeds;
    INFO(seeds.replay());
    std::atomic<int> values = 0, stops = 0, wrong = 0, alive = 0;
    class counted {
      public:
        explicit counted(std::atomic<int>& in) : in_(in) { ++in_; }
        ~counted() { --in_; }
        counted(const counted&) = delete;
        counted& operator=(const counted&) = delete;

      private:
        std::atomic<int>& in_;
    };
    rill::io_thread workers[2];
    const auto loop = [&](std::uint64_t seed) {
        support::seeded_random random(seed);
        const auto work = [&alive](std::chrono::microseconds pause, int yields, int back) -> task<int> {
            const counted here(alive);
            if (pause.count() != 0) co_await rill::sleep_for(pause);
            for (int i = 0; i < yields; ++i) co_await rill::yield();
            co_return back;
        };
        const auto call = [&]() -> task<> {
            const auto wanted = static_cast<int>(random.below(1000));
            const auto pause = std::chrono::microseconds(random.one_in(2) ? random.below(200) : 0);
            const auto yields = static_cast<int>(random.below(3));
            const auto limit = std::chrono::microseconds(random.below(200));
            auto& there = workers[random.below(2)].context();
            const auto got =
                co_await rill::as_result(rill::timeout(limit, rill::on(there, work(pause, yields, wanted))));
            ++(got ? values : stops);
            if (got ? got.value() != wanted : got.error() != rill::errc::deadline_exceeded) ++wrong;
        };
        const auto body = [&]() -> task<> {
            for (int round = 0; round < 100; ++round) {
                co_await rill::with_task_group([&](rill::task_group& group) -> task<> {
                    for (int i = 0; i < 10; ++i) group.spawn(call());
                    co_return;
                });
            }
        };
        rill::run(body());
    };
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t) threads.emplace_back(loop, seeds.next());
    for (auto& each : threads) each.join();
    CHECK(wrong == 0);
    CHECK(alive == 0);
    CHECK(values + stops == 2000);
    CHECK(values > 0);
    CHECK(stops > 0);
}

TEST_CASE("work that is sent back and forth between contexts, stopped and abandoned at random moments, ends once") {
    support::seeded_random seeds;
    INFO(seeds.replay());
    std::atomic<int> values = 0, late = 0, canceled = 0, wrong = 0;
    rill::io_thread workers[2];
    std::atomic<bool> over = false;
    const auto loop = [&](std::uint64_t seed) {
        support::seeded_random random(seed);
        struct bouncing {
            rill::io_thread (&between)[2];
            task<int> bounce(std::size_t depth) {
                if (depth == 0) {
                    co_await rill::sleep_for(20us);
                    co_return 1;
                }
                co_return 1 + co_await rill::on(between[depth % 2].context(), bounce(depth - 1));
            }
        } ball{workers};
        const auto call = [&]() -> task<> {
            const std::size_t depth = 1 + random.below(4);
            const auto limit = std::chrono::microseconds(random.below(400));
            const auto got = co_await rill::as_result(rill::timeout(limit, ball.bounce(depth)));
            if (got) {
                ++values;
                if (got.value() != static_cast<int>(depth) + 1) ++wrong;
            } else if (got.error() == rill::errc::deadline_exceeded) {
                ++late;
            } else {
                ++(got.error() == std::errc::operation_canceled ? canceled : wrong);
            }
        };
        const auto body = [&]() -> task<> {
            for (int round = 0; round < 60; ++round) {
                co_await rill::with_task_group([&](rill::task_group& group) -> task<> {
                    for (int i = 0; i < 10; ++i) group.spawn(call());
                    co_return;
                });
            }
        };
        rill::run(body());
    };
    std::thread one(loop, seeds.next()), other(loop, seeds.next());
    // Only one of the two is abandoned: abandoned while each waits for the other, they would wait for ever.
    std::thread crashes([&, random = support::seeded_random(seeds.next())]() mutable {
        rill::io_context& unlucky = workers[0].context();
        std::atomic<bool> done = true;
        while (!over) {
            if (done.exchange(false)) {
                unlucky.post([&] {
                    unlucky.abandon();
                    done = true;
                });
            }
            std::this_thread::sleep_for(std::chrono::microseconds(100 + random.below(1000)));
        }
        while (!done) std::this_thread::yield();
    });
    one.join();
    other.join();
    over = true;
    crashes.join();
    CHECK(wrong == 0);
    CHECK(values + late + canceled == 1200);
    CHECK(values > 0);
}
