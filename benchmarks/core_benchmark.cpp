// SPDX-License-Identifier: MIT
// What the core costs without any input or output: tasks, scopes, stops, timers, the queue.
#include <benchmark/benchmark.h>
#include <rill.hpp>

#include <chrono>
#include <cstddef>

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
BENCHMARK(stop_and_unwind)->Arg(100'000);

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

/// A timer that nothing happens to.
class idle_timer final : public rill::timer {
  public:
    void expired() noexcept override {}
};

void timer_with_a_million_pending(benchmark::State& state) {
    static idle_timer pending[1'000'000];
    rill::timer_heap heap;
    std::uint64_t random = 1;
    const auto next = [&random] {
        return static_cast<rill::instant>((random = random * 6364136223846793005U + 1) >> 20);
    };
    for (idle_timer& each : pending)
        if (!heap.add(each, next())) return;
    idle_timer timer;
    for (auto _ : state) {
        benchmark::DoNotOptimize(heap.add(timer, next()));
        heap.cancel(timer);
    }
    for (idle_timer& each : pending) heap.cancel(each);
}
BENCHMARK(timer_with_a_million_pending);

}  // namespace
