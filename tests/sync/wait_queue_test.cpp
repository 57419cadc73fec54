// SPDX-License-Identifier: MIT
#include <rill/core/as_result.hpp>
#include <rill/core/run.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/stop_token.hpp>
#include <rill/core/task.hpp>
#include <rill/core/task_dump.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/when_any.hpp>
#include <rill/core/with_stop.hpp>
#include <rill/sync/broadcast.hpp>
#include <rill/sync/channel.hpp>
#include <rill/sync/event.hpp>
#include <rill/sync/latch.hpp>
#include <rill/sync/lock_all.hpp>
#include <rill/sync/mutex.hpp>
#include <rill/sync/semaphore.hpp>
#include <rill/sync/shared_mutex.hpp>
#include <rill/sync/wait_queue.hpp>
#include <rill/sync/watch.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/every_backend.hpp"
#include "support/helper_thread.hpp"
#include "support/seeded_random.hpp"
#include "support/stopping_thread.hpp"
#include "support/turns_beside.hpp"

namespace {

constexpr int rounds = 500;  // of a race

/// Waits until it is granted.
class waits_in final : public rill::queued_waiter {
  public:
    explicit waits_in(rill::wait_queue& queue) noexcept : queued_waiter("a test"), queue_(queue) {}
    waits_in(waits_in&&) noexcept = default;

    bool start(rill::branch& on) noexcept { return may_start(on) && retry() && keeps_turn(); }
    void result() const { throw_if_failed(); }

  private:
    bool retry() noexcept override {
        rill::wait_queue_section section(queue_);
        section.add(*this);
        return false;
    }

    rill::wait_queue& queue_;
};

/// Waits until a flag is set, which it takes back.
class waits_for final : public rill::queued_waiter {
  public:
    waits_for(rill::wait_queue& queue, std::atomic<int>& flags) noexcept
        : queued_waiter("a flag"), queue_(queue), flags_(flags) {}
    waits_for(waits_for&&) noexcept = default;

    bool start(rill::branch& on) noexcept { return may_start(on) && retry() && keeps_turn(); }
    void result() const { throw_if_failed(); }

  private:
    bool retry() noexcept override {
        rill::wait_queue_section section(queue_);
        if (flags_ > 0) {
            --flags_;
            return in_queue() ? section.take_out(*this) : true;
        }
        if (!in_queue()) section.add(*this);
        return false;
    }

    rill::wait_queue& queue_;
    std::atomic<int>& flags_;
};

/// Grants to who has waited longest. Says whether there was one.
bool grant_one(rill::wait_queue& queue) {
    rill::wait_queue_section section(queue);
    if (section.first() == nullptr) return false;
    section.grant(*section.first());
    return true;
}

void nudge_all(rill::wait_queue& queue) {
    rill::wait_queue_section section(queue);
    for (auto* each = section.first(); each != nullptr; each = each->after) section.nudge(*each);
}

/// Writes a letter when it has what it waited for, or in small when it was stopped.
rill::task<> note(std::string& log, char letter, rill::wait_queue& queue) {
    co_await waits_in(queue);
    log += letter;
}

}  // namespace

TEST_CASE("waiters that are granted go on in the order in which they were granted, and never inside the call") {
    rill::wait_queue queue;
    std::string log;
    const auto granter = [&]() -> rill::task<> {
        CHECK(queue.state() == rill::wait_queue::waited_for);
        while (grant_one(queue)) log += '.';
        CHECK(queue.state() == 0);
        co_return;
    };
    const auto body = [&]() -> rill::task<> {
        co_await rill::when_all(note(log, 'a', queue), note(log, 'b', queue), note(log, 'c', queue), granter());
    };
    rill::run(body());
    CHECK(log == "...abc");
}

TEST_CASE("a waiter that another thread grants goes on at home") {
    ON_EVERY_BACKEND(backend);
    support::helper_thread other;
    backend.run([&]() -> rill::task<> {
        rill::wait_queue queue;
        const auto home = std::this_thread::get_id();
        other.call([&] {
            while (!grant_one(queue)) std::this_thread::yield();
        });
        co_await waits_in(queue);
        CHECK(std::this_thread::get_id() == home);
        other.wait();
    });
}

TEST_CASE("a stopped waiter leaves the queue, and those behind it get what is granted") {
    rill::wait_queue queue;
    std::string log;
    const auto body = [&]() -> rill::task<> {
        rill::stop_source source;
        const auto granter = [&]() -> rill::task<> {
            source.request_stop();
            co_await rill::yield();
            co_await rill::yield();
            CHECK(grant_one(queue));
            CHECK_FALSE(grant_one(queue));
        };
        const auto [first, second, nothing] = co_await rill::when_all(
            rill::with_stop(source.get_token(), note(log, 'a', queue)), note(log, 'b', queue), granter());
        CHECK_FALSE(first);
    };
    rill::run(body());
    CHECK(log == "b");
}

TEST_CASE("a waiter that was granted before its stop goes on") {
    rill::wait_queue queue;
    std::string log;
    const auto body = [&]() -> rill::task<> {
        rill::stop_source source;
        const auto granter = [&]() -> rill::task<> {
            grant_one(queue);
            source.request_stop();
            co_return;
        };
        const auto [whole, nothing] =
            co_await rill::when_all(rill::with_stop(source.get_token(), note(log, 'a', queue)), granter());
        CHECK(whole);
    };
    rill::run(body());
    CHECK(log == "a");
}

TEST_CASE("who is nudged looks again in its turn and keeps its place") {
    rill::wait_queue queue;
    std::atomic<int> flags = 0;
    std::string log;
    const auto waiter = [&](char letter) -> rill::task<> {
        co_await waits_for(queue, flags);
        log += letter;
    };
    const auto nudger = [&]() -> rill::task<> {
        nudge_all(queue);  // in vain
        co_await rill::yield();
        flags = 1;
        nudge_all(queue);
        co_await rill::yield();
        co_await rill::yield();
        CHECK(log == "a");
        flags = 2;
        nudge_all(queue);
    };
    const auto body = [&]() -> rill::task<> {
        co_await rill::when_all(waiter('a'), waiter('b'), waiter('c'), nudger());
    };
    rill::run(body());
    CHECK(log == "abc");
}

TEST_CASE("a stop that races with a grant of another thread loses nothing") {
    support::seeded_random random;
    INFO(random.replay());
    support::even_chances chances(random);
    support::stopping_thread stopper;
    support::helper_thread granter;
    int granted = 0;
    const auto body = [&]() -> rill::task<> {
        for (int round = 0; round < rounds; ++round) {
            rill::wait_queue queue;
            rill::stop_source source;
            std::atomic<bool> over = false;
            std::atomic<bool> given = false;
            granter.call([&] {
                for (; !over && !given; std::this_thread::yield()) given = grant_one(queue);
            });
            stopper.stop_soon(source, chances.spins());
            const bool whole = co_await rill::with_stop(source.get_token(), waits_in(queue));
            over = true;
            granter.wait();
            stopper.wait();
            if (whole != given) FAIL("whole " << whole << ", given " << given << " in round " << round);
            granted += whole ? 1 : 0;
            chances.stop_came_first(!whole);
        }
    };
    rill::run(body());
    CHECK(granted > 0);
    CHECK(granted < rounds);
}

TEST_CASE("a waiter that is stopped while a grant of another thread is on its way goes on") {
    support::helper_thread other;
    const auto body = [&]() -> rill::task<> {
        rill::wait_queue queue;
        rill::stop_source source;
        const auto stops = [&]() -> rill::task<> {
            co_await rill::yield();  // into a turn of the loop, which looks into the inbox only where it begins
            other.call([&] { grant_one(queue); });
            other.wait();  // it is in the inbox, and nobody looks into that before the stop
            source.request_stop();
            co_return;
        };
        const auto [whole, nothing] =
            co_await rill::when_all(rill::with_stop(source.get_token(), waits_in(queue)), stops());
        CHECK(whole);
    };
    rill::run(body());
}

TEST_CASE("a waiter that is stopped while a nudge of another thread is on its way is unwound when that has come home") {
    support::helper_thread other;
    const auto body = [&]() -> rill::task<> {
        rill::wait_queue queue;
        std::atomic<int> flags = 0;
        rill::stop_source source;
        const auto stops = [&]() -> rill::task<> {
            co_await rill::yield();  // into a turn of the loop, which looks into the inbox only where it begins
            other.call([&] { nudge_all(queue); });
            other.wait();
            source.request_stop();
            co_return;
        };
        const auto [whole, nothing] =
            co_await rill::when_all(rill::with_stop(source.get_token(), waits_for(queue, flags)), stops());
        CHECK_FALSE(whole);
        CHECK(queue.state() == 0);
    };
    rill::run(body());
}

TEST_CASE("a waiter that finds what it waits for while a nudge of another thread is on its way goes on after that") {
    support::helper_thread other;
    std::atomic<int> flags = 0;
    bool over = false;
    const auto body = [&]() -> rill::task<> {
        rill::wait_queue queue;
        const auto waits = [&]() -> rill::task<> {
            co_await waits_for(queue, flags);
            over = true;
        };
        const auto nudges = [&]() -> rill::task<> {
            co_await rill::yield();  // into a turn of the loop, which looks into the inbox only where it begins
            nudge_all(queue);        // it is in the ready queue
            other.call([&] { nudge_all(queue); });
            other.wait();  // and now in the inbox, too
            flags = 1;
            co_return;
        };
        co_await rill::when_all(waits(), nudges());
        CHECK(flags == 0);
    };
    rill::run(body());
    CHECK(over);
}

TEST_CASE("a stop that waits for the lock of a queue while another thread grants comes too late") {
    support::helper_thread other;
    const auto body = [&]() -> rill::task<> {
        for (int round = 0; round < 20; ++round) {
            rill::wait_queue queue;
            rill::stop_source source;
            std::atomic<bool> locked = false;
            std::atomic<bool> stopping = false;
            const auto stops = [&]() -> rill::task<> {
                other.call([&] {
                    rill::wait_queue_section section(queue);
                    locked = true;
                    while (!stopping) std::this_thread::yield();
                    for (int i = 0; i < 100; ++i) std::this_thread::yield();  // now the stop stands at the lock
                    section.grant(*section.first());
                });
                while (!locked) std::this_thread::yield();
                source.request_stop();
                stopping = true;
                co_return;
            };
            const auto [whole, nothing] =
                co_await rill::when_all(rill::with_stop(source.get_token(), waits_in(queue)), stops());
            CHECK(whole);
            other.wait();
        }
    };
    rill::run(body());
}

TEST_CASE("a stop that comes too late does not touch the queue, which may have ended with the grant") {
    support::helper_thread other;
    const auto body = [&]() -> rill::task<> {
        for (int round = 0; round < 20; ++round) {
            auto queue = std::make_unique<rill::wait_queue>();
            rill::stop_source source;
            std::atomic<bool> locked = false;
            std::atomic<bool> stopping = false;
            const auto stops = [&]() -> rill::task<> {
                other.call([&] {
                    {
                        rill::wait_queue_section section(*queue);
                        locked = true;
                        while (!stopping) std::this_thread::yield();
                        for (int i = 0; i < 5000; ++i) std::this_thread::yield();  // now the stop wants the lock
                        section.grant(*section.first());
                    }
                    queue.reset();
                });
                while (!locked) std::this_thread::yield();
                source.request_stop();
                stopping = true;
                co_return;
            };
            const auto [whole, nothing] =
                co_await rill::when_all(rill::with_stop(source.get_token(), waits_in(*queue)), stops());
            CHECK(whole);
            other.wait();
        }
    };
    rill::run(body());
}

TEST_CASE("a waiter that is stopped while a nudge is on its way does not touch the queue when that has come home") {
    support::helper_thread other;
    const auto body = [&]() -> rill::task<> {
        auto queue = std::make_unique<rill::wait_queue>();
        std::atomic<int> flags = 0;
        rill::stop_source source;
        const auto stops = [&]() -> rill::task<> {
            co_await rill::yield();  // into a turn of the loop, which looks into the inbox only where it begins
            other.call([&] { nudge_all(*queue); });
            other.wait();
            source.request_stop();
            rill::this_context().post([&] { queue.reset(); });  // behind the stop, and before the nudge
            co_return;
        };
        const auto [whole, nothing] =
            co_await rill::when_all(rill::with_stop(source.get_token(), waits_for(*queue, flags)), stops());
        CHECK_FALSE(whole);
        CHECK(queue == nullptr);
    };
    rill::run(body());
}

TEST_CASE("nudges and stops that race from other threads leave no waiter behind") {
    support::seeded_random random;
    INFO(random.replay());
    support::even_chances chances(random);
    support::stopping_thread stopper;
    support::helper_thread nudger;
    int taken = 0;
    const auto body = [&]() -> rill::task<> {
        for (int round = 0; round < rounds; ++round) {
            rill::wait_queue queue;
            rill::stop_source source;
            std::atomic<bool> over = false;
            std::atomic<int> flags = 0;
            nudger.call([&] {
                for (int nudges = 0; !over; ++nudges) {
                    if (nudges == 20) flags = 1;
                    nudge_all(queue);
                    if (nudges % 4 == 0) std::this_thread::yield();
                }
            });
            stopper.stop_soon(source, chances.spins());
            const bool whole = co_await rill::with_stop(source.get_token(), waits_for(queue, flags));
            over = true;
            nudger.wait();
            stopper.wait();
            if (whole && flags != 0) FAIL("went on without what it waited for");
            taken += whole ? 1 : 0;
            chances.stop_came_first(!whole);
        }
    };
    rill::run(body());
    CHECK(taken > 0);
    CHECK(taken < rounds);
}

TEST_CASE("a context that is abandoned waits for the grants that are on their way to it") {
    support::seeded_random random;
    INFO(random.replay());
    support::even_chances chances(random);
    support::helper_thread granter;
    int granted = 0;
    for (int round = 0; round < rounds; ++round) {
        rill::wait_queue queue;
        std::atomic<int> flags = 0;
        std::atomic<bool> awake = false;
        std::atomic<bool> ready = false;
        std::atomic<bool> given = false;
        const int spins = chances.spins();
        granter.call([&] {
            awake = true;
            while (!ready) {
            }
            nudge_all(queue);
            given = grant_one(queue);
        });
        const auto body = [&]() -> rill::task<> {
            const auto crash = [&]() -> rill::task<> {
                rill::this_context().post([&, context = &rill::this_context()] {
                    while (!awake) std::this_thread::yield();
                    ready = true;
                    for (std::atomic<int> spin{0}; spin < spins;) ++spin;
                    context->abandon();
                });
                co_await rill::sleep_for(std::chrono::hours(1));
            };
            co_await rill::when_all(waits_in(queue), waits_for(queue, flags), crash());
        };
        CHECK(support::error_of([&] { rill::run(body()); }) == std::errc::operation_canceled);
        granter.wait();
        granted += given ? 1 : 0;
        chances.stop_came_first(!given);
        CHECK(queue.state() == 0);
    }
    CHECK(granted > 0);
    CHECK(granted < rounds);
}

TEST_CASE("those who wait in a queue that ends are told so") {
    const auto body = []() -> rill::task<> {
        std::optional<rill::wait_queue> queue(std::in_place);
        const auto waiter = [&]() -> rill::task<std::string> {
            const auto answer = co_await rill::as_result(waits_in(*queue));
            CHECK(answer.error() == std::errc::operation_canceled);
            std::string text;
            try {
                answer.value();
            } catch (const std::system_error& error) {
                text = error.what();
            }
            co_return text;
        };
        const auto ender = [&]() -> rill::task<> {
            queue.reset();
            co_return;
        };
        const auto [text, nothing] = co_await rill::when_all(waiter(), ender());
        CHECK_THAT(text, Catch::StartsWith("a test: "));
    };
    rill::run(body());
}

TEST_CASE("a branch that never has to wait lets the others have their turn") {
    rill::wait_queue queue;
    std::atomic<int> flags = 1'000'000;
    const auto greedy = [&]() -> rill::task<> {
        for (int i = 0; i < 1000; ++i) co_await waits_for(queue, flags);
    };
    CHECK(support::turns_beside(greedy) >= support::turns_beside_a_thousand);
    CHECK(flags == 999'000);
}

TEST_CASE("a queue is in a state of its own, which a fast path changes only when nobody waits") {
    constexpr auto one = rill::wait_queue::unit;
    rill::wait_queue queue(one);
    CHECK(queue.state() == one);
    CHECK(queue.replace(one, 2 * one));
    CHECK_FALSE(queue.replace(one, one));
    {
        rill::wait_queue_section section(queue);
        CHECK(section.state() == 2 * one);
        CHECK_FALSE(queue.replace(2 * one, one));  // locked
        section.set_state(3 * one);
    }
    CHECK(queue.state() == 3 * one);
}

TEST_CASE("a task dump says what is waited for, if the program was built for that") {
    std::string dump;
    const auto body = [&]() -> rill::task<> {
        rill::mutex mutex;
        const auto held = co_await mutex.lock();
        rill::mutex other;
        rill::shared_mutex shared;
        const auto written = co_await shared.lock();
        rill::semaphore semaphore(1);
        const auto permit = co_await semaphore.acquire();
        rill::event event;
        rill::latch latch(1);
        rill::channel<int> empty(0);
        rill::channel<int> full(0);
        rill::watch<int> watch(0);
        auto changes = watch.subscribe();
        static_cast<void>(co_await changes.next());
        rill::broadcast<int> broadcast(1);
        auto reading = broadcast.subscribe();
        const auto dumps = [&]() -> rill::task<> {
            rill::this_context().dump([&](std::string_view line) { dump.append(line).append("\n"); });
            co_return;
        };
        static_cast<void>(co_await rill::when_any(mutex.lock(), rill::lock_all(mutex, other), shared.lock(),
                                                  shared.lock_shared(), semaphore.acquire(), event.wait(), latch.wait(),
                                                  full.send(1), empty.recv(), changes.next(), reading.recv(), dumps()));
    };
    rill::run(body());
    CAPTURE(dump);
#if RILL_TASK_DUMP
    for (const char* each : {"lock", "lock_all", "lock", "lock_shared", "acquire", "event", "latch", "channel send",
                             "channel recv", "watch", "broadcast recv"})
        CHECK(dump.find("waits for " + std::string(each) + "\n") != std::string::npos);
#else
    CHECK(dump.find("waits for an event\n") != std::string::npos);
#endif
}
