// SPDX-License-Identifier: MIT
// What the core costs without any input or output: tasks, scopes, stops, timers, the queue.
#include <benchmark/benchmark.h>
#include <rill.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "support/second_backend.hpp"

using namespace std::chrono_literals;

namespace {

/// Runs a coroutine that loops over the state.
template <class Loop>
void in_a_coroutine(benchmark::State& state, Loop loop) {
    rill::io_context context(benchmark_support::make_reactor());
    context.run(loop(state));
}

rill::task<int> one() { co_return 1; }

rill::task<int> one_after_a_yield() {
    co_await rill::yield();
    co_return 1;
}

rill::task<int> nested(int levels) {
    if (levels == 0) co_return 0;
    co_return 1 + co_await nested(levels - 1);
}

rill::task<> parked_below(std::size_t levels) {
    if (levels == 0) {
        co_await rill::sleep_for(1h);
    } else {
        co_await parked_below(levels - 1);
    }
}

void create_and_await(benchmark::State& state) {
    in_a_coroutine(state, [](benchmark::State& each) -> rill::task<> {
        for (auto _ : each) benchmark::DoNotOptimize(co_await one());
    });
}
BENCHMARK(create_and_await);

void create_and_await_nested(benchmark::State& state) {
    in_a_coroutine(state, [](benchmark::State& each) -> rill::task<> {
        const auto levels = static_cast<int>(each.range(0));
        for (auto _ : each) benchmark::DoNotOptimize(co_await nested(levels));
        each.SetItemsProcessed(each.iterations() * levels);
    });
}
BENCHMARK(create_and_await_nested)->Arg(10)->Arg(1000);

void stop_and_unwind(benchmark::State& state) {
    in_a_coroutine(state, [](benchmark::State& each) -> rill::task<> {
        const auto levels = static_cast<std::size_t>(each.range(0));
        for (auto _ : each) {
            rill::stop_source source;
            each.PauseTiming();
            auto stopper = [&]() -> rill::task<> {
                co_await rill::yield();
                each.ResumeTiming();
                source.request_stop();
            };
            co_await rill::when_all(stopper(), rill::with_stop(source.get_token(), parked_below(levels)));
        }
        each.SetItemsProcessed(each.iterations() * each.range(0));
    });
}
BENCHMARK(stop_and_unwind)->Arg(2'000)->Arg(100'000);  // the first in recycled memory, the second mostly in new

void spawn_and_join(benchmark::State& state) {
    in_a_coroutine(state, [](benchmark::State& each) -> rill::task<> {
        co_await rill::with_task_group([&](rill::task_group& group) -> rill::task<> {
            for (auto _ : each) {
                for (int i = 0; i < 100; ++i) group.spawn(one());
                co_await group.join();
            }
        });
        each.SetItemsProcessed(each.iterations() * 100);
    });
}
BENCHMARK(spawn_and_join);

void timeout_around_something_ready(benchmark::State& state) {
    in_a_coroutine(state, [](benchmark::State& each) -> rill::task<> {
        for (auto _ : each) benchmark::DoNotOptimize(co_await rill::timeout(1h, one()));
    });
}
BENCHMARK(timeout_around_something_ready);

void when_all_of_two(benchmark::State& state) {
    in_a_coroutine(state, [](benchmark::State& each) -> rill::task<> {
        for (auto _ : each) benchmark::DoNotOptimize(co_await rill::when_all(one(), one()));
    });
}
BENCHMARK(when_all_of_two);

void when_all_of_a_thousand(benchmark::State& state) {
    in_a_coroutine(state, [](benchmark::State& each) -> rill::task<> {
        for (auto _ : each) {
            std::vector<rill::task<int>> all;
            all.reserve(1000);
            for (int i = 0; i < 1000; ++i) all.push_back(one());
            benchmark::DoNotOptimize(co_await rill::when_all(std::move(all)));
        }
        each.SetItemsProcessed(each.iterations() * 1000);
    });
}
BENCHMARK(when_all_of_a_thousand);

/// As when_all_of_a_thousand, of tasks that all have to wait.
void when_all_of_a_thousand_that_yield(benchmark::State& state) {
    in_a_coroutine(state, [](benchmark::State& each) -> rill::task<> {
        for (auto _ : each) {
            std::vector<rill::task<int>> all;
            all.reserve(1000);
            for (int i = 0; i < 1000; ++i) all.push_back(one_after_a_yield());
            benchmark::DoNotOptimize(co_await rill::when_all(std::move(all)));
        }
        each.SetItemsProcessed(each.iterations() * 1000);
    });
}
BENCHMARK(when_all_of_a_thousand_that_yield);

void yield_to_nobody(benchmark::State& state) {
    in_a_coroutine(state, [](benchmark::State& each) -> rill::task<> {
        for (auto _ : each) co_await rill::yield();
    });
}
BENCHMARK(yield_to_nobody);

void post_to_oneself(benchmark::State& state) {
    in_a_coroutine(state, [](benchmark::State& each) -> rill::task<> {
        long sum = 0;
        for (auto _ : each) {
            for (int i = 0; i < 100; ++i) rill::this_context().post([&sum] { ++sum; });
            co_await rill::yield();
        }
        benchmark::DoNotOptimize(sum);
        each.SetItemsProcessed(each.iterations() * 100);
    });
}
BENCHMARK(post_to_oneself);

// ---- timers, beside a million that are pending ----

constexpr std::size_t a_million = 1'000'000;

/// Deadlines in no order.
class random_instants {
  public:
    rill::instant next() {
        state_ = state_ * 6364136223846793005U + 1;
        return static_cast<rill::instant>(state_ >> 20);
    }

  private:
    std::uint64_t state_ = 1;
};

/// A timer that nothing happens to.
class idle_timer final : public rill::timer {
  public:
    void expired() noexcept override {}
};

/// A heap with a million timers.
class full_heap {
  public:
    full_heap() : timers_(new idle_timer[a_million]) { fill(); }
    ~full_heap() { cancel_all(); }
    full_heap(const full_heap&) = delete;
    full_heap& operator=(const full_heap&) = delete;

    void fill() {
        for (std::size_t index = 0; index < a_million; ++index)
            if (!heap.add(timers_[index], when.next())) std::abort();
    }
    void cancel_all() {
        for (std::size_t index = 0; index < a_million; ++index) heap.cancel(timers_[index]);
    }
    void expire_all() {
        while (heap.expire_one(rill::never)) {
        }
    }

    rill::timer_heap heap;
    random_instants when;

  private:
    std::unique_ptr<idle_timer[]> timers_;
};

void timer_created_and_cancelled(benchmark::State& state) {
    full_heap pending;
    idle_timer timer;
    for (auto _ : state) {
        benchmark::DoNotOptimize(pending.heap.add(timer, pending.when.next()));
        pending.heap.cancel(timer);
    }
}
BENCHMARK(timer_created_and_cancelled);

/// Times one of filling, cancelling and expiring a million, and not what undoes it.
void time_a_million(benchmark::State& state, full_heap& heap, void (full_heap::*timed)(), void (full_heap::*undo)()) {
    for (auto _ : state) {
        (heap.*timed)();
        state.PauseTiming();
        (heap.*undo)();
        state.ResumeTiming();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(a_million));
}

void timer_created(benchmark::State& state) {
    full_heap pending;
    pending.cancel_all();
    time_a_million(state, pending, &full_heap::fill, &full_heap::cancel_all);
}
BENCHMARK(timer_created)->Unit(benchmark::kMillisecond);

void timer_cancelled(benchmark::State& state) {
    full_heap pending;
    time_a_million(state, pending, &full_heap::cancel_all, &full_heap::fill);
}
BENCHMARK(timer_cancelled)->Unit(benchmark::kMillisecond);

void timer_expired(benchmark::State& state) {
    full_heap pending;
    time_a_million(state, pending, &full_heap::expire_all, &full_heap::fill);
}
BENCHMARK(timer_expired)->Unit(benchmark::kMillisecond);

/// A time limit around what has to wait: what a request costs that is bounded, while a million others are.
void timeout_around_a_yield(benchmark::State& state) {
    in_a_coroutine(state, [](benchmark::State& each) -> rill::task<> {
        rill::timer_heap& timers = rill::this_context().timers();
        const std::unique_ptr<idle_timer[]> pending(new idle_timer[a_million]);
        random_instants when;
        const rill::instant later = rill::this_context().now() + 3'600'000'000'000;
        for (std::size_t index = 0; index < a_million; ++index)
            if (!timers.add(pending[index], later + when.next() % later)) std::abort();
        for (auto _ : each) co_await rill::timeout(1h, rill::yield());
        for (std::size_t index = 0; index < a_million; ++index) timers.cancel(pending[index]);
    });
}
BENCHMARK(timeout_around_a_yield);

}  // namespace
