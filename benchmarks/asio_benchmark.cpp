// SPDX-License-Identifier: MIT
// What core_benchmark measures of tasks, on Asio's awaitable: to be run beside it, since times depend on the machine's mood.
#include <benchmark/benchmark.h>
#include <asio.hpp>

#include <utility>

namespace {

/// Runs a coroutine that loops over the state.
template <class Loop>
void in_a_coroutine(benchmark::State& state, Loop loop) {
    asio::io_context context(1);
    asio::co_spawn(context, loop(state), asio::detached);
    context.run();
}

asio::awaitable<int> one() { co_return 1; }

asio::awaitable<int> nested(int levels) {
    if (levels == 0) co_return 0;
    co_return 1 + co_await nested(levels - 1);
}

void create_and_await(benchmark::State& state) {
    in_a_coroutine(state, [](benchmark::State& each) -> asio::awaitable<void> {
        for (auto _ : each) benchmark::DoNotOptimize(co_await one());
    });
}
BENCHMARK(create_and_await);

void create_and_await_nested(benchmark::State& state) {
    in_a_coroutine(state, [](benchmark::State& each) -> asio::awaitable<void> {
        const auto levels = static_cast<int>(each.range(0));
        for (auto _ : each) benchmark::DoNotOptimize(co_await nested(levels));
        each.SetItemsProcessed(each.iterations() * levels);
    });
}
BENCHMARK(create_and_await_nested)->Arg(10)->Arg(1000);

}  // namespace
