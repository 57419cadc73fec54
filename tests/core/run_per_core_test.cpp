// SPDX-License-Identifier: MIT
#include <rill/core/on.hpp>
#include <rill/core/run_per_core.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/stop_on.hpp>
#include <rill/core/task.hpp>
#include <rill/core/when_all.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/descriptors.hpp"
#include "support/error_of.hpp"
#include "support/seeded_random.hpp"

using namespace std::chrono_literals;
using rill::task;

namespace {

/// Counts those that are there, and knows the largest number that there was.
class crowd {
  public:
    void enter() noexcept { ++inside_; }
    void leave() noexcept { --inside_; }
    [[nodiscard]] int inside() const noexcept { return inside_; }
    task<> until_there_are(int number) const {
        while (inside_ < number) co_await rill::sleep_for(50us);
    }

  private:
    std::atomic<int> inside_{0};
};

class visit {
  public:
    explicit visit(crowd& to) noexcept : to_(to) { to_.enter(); }
    ~visit() { to_.leave(); }
    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;

  private:
    crowd& to_;
};

task<> stay(crowd& in) {
    const visit here(in);
    co_await rill::sleep_for(1h);
}

}  // namespace

TEST_CASE("run_per_core calls its function once a thread, with its index, on a thread and a context of its own") {
    const support::descriptors_return descriptors_return_here;
    std::mutex lock;
    std::set<std::thread::id> threads;
    std::set<std::size_t> indices;
    std::set<const rill::io_context*> contexts;
    std::thread::id first;
    crowd everybody;
    rill::run_per_core(4, [&](std::size_t index) -> task<> {
        {
            const std::lock_guard locked(lock);
            threads.insert(std::this_thread::get_id());
            indices.insert(index);
            contexts.insert(&rill::this_context());
            if (index == 0) first = std::this_thread::get_id();
        }
        everybody.enter();
        co_await everybody.until_there_are(4);  // they run at the same time
    });
    CHECK(threads.size() == 4);
    CHECK(indices == std::set<std::size_t>{0, 1, 2, 3});
    CHECK(contexts.size() == 4);
    CHECK(first == std::this_thread::get_id());
}

TEST_CASE("run_per_core on one thread needs no other") {
    int runs = 0;
    rill::run_per_core(1, [&](std::size_t) -> task<> {
        ++runs;
        co_return;
    });
    CHECK(runs == 1);
}

TEST_CASE("run_per_core on no threads is invalid_argument") {
    const auto nothing = [](std::size_t) -> task<> { co_return; };
    CHECK(support::error_of([&] { rill::run_per_core(0, nothing); }) == std::errc::invalid_argument);
    CHECK(support::error_of([&] { rill::run_per_core(-1, nothing, rill::stop_on(SIGTERM)); }) ==
          std::errc::invalid_argument);
}

TEST_CASE("an exception on any thread stops the others, waits for them, and comes out of run_per_core") {
    for (const std::size_t failing : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
        for (const bool when_called : {false, true}) {
            crowd others;
            const auto fails = [&]() -> task<> {
                co_await others.until_there_are(2);
                throw std::runtime_error("one thread fails");
            };
            const auto make = [&](std::size_t index) {
                if (index == failing && when_called) throw std::runtime_error("one thread fails");
                return index == failing ? fails() : stay(others);
            };
            std::string caught;
            try {
                rill::run_per_core(3, make);
            } catch (const std::runtime_error& error) {
                caught = error.what();
            }
            CHECK(caught == "one thread fails");
            CHECK(others.inside() == 0);
        }
    }
}

TEST_CASE("a signal stops all threads, and run_per_core says that they did not run to their end") {
    crowd everybody;
    const auto make = [&](std::size_t index) -> task<> {
        const visit here(everybody);
        if (index == 1) {
            co_await everybody.until_there_are(3);
            std::raise(SIGTERM);
        }
        co_await rill::sleep_for(1h);
    };
    CHECK_FALSE(rill::run_per_core(3, make, rill::stop_on(SIGTERM)));
    CHECK(everybody.inside() == 0);
    CHECK(rill::run_per_core(2, [](std::size_t) -> task<> { co_return; }, rill::stop_on(SIGTERM)));
}

TEST_CASE("the threads of run_per_core send work to each other") {
    std::atomic<rill::io_context*> contexts[2] = {};
    std::atomic<int> arrived = 0, wrong = 0;
    rill::run_per_core(2, [&](std::size_t index) -> task<> {
        contexts[index] = &rill::this_context();
        while (contexts[1 - index] == nullptr) co_await rill::sleep_for(50us);
        const auto there = [&](std::thread::id from) -> task<> {
            ++(std::this_thread::get_id() == from ? wrong : arrived);
            co_return;
        };
        for (int i = 0; i < 100; ++i) co_await rill::on(*contexts[1 - index], there(std::this_thread::get_id()));
        while (arrived + wrong < 200) co_await rill::sleep_for(50us);  // the other one may still need this thread
    });
    CHECK(arrived == 200);
    CHECK(wrong == 0);
}

TEST_CASE("threads that fail at random moments end all others, and one of the errors comes out") {
    support::seeded_random random;
    INFO(random.replay());
    for (int round = 0; round < 30; ++round) {
        crowd others;
        std::vector<std::size_t> pauses;
        for (int i = 0; i < 4; ++i) pauses.push_back(random.below(300));
        const std::size_t failing = 1 + random.below(4);
        bool caught = false;
        try {
            rill::run_per_core(4, [&](std::size_t index) -> task<> {
                const visit here(others);
                co_await rill::sleep_for(std::chrono::microseconds(pauses[index]));
                if (index < failing) throw std::runtime_error("one of them");
                co_await rill::sleep_for(1h);
            });
        } catch (const std::runtime_error&) {
            caught = true;
        }
        CHECK(caught);
        CHECK(others.inside() == 0);
    }
}
