// SPDX-License-Identifier: MIT
// What a guarded value costs, beside a std::mutex in the same place.
#include <benchmark/benchmark.h>
#include <rill.hpp>

#include <mutex>
#include <shared_mutex>
#include <thread>

#include "support/second_backend.hpp"

namespace {

/// The C library leaves the bus alone in a program that has never had a second thread; nobody guards anything there.
const bool several_threads = [] {
    std::thread([] {}).join();
    return true;
}();

/// The value of the notes, with the lock that one must not forget.
template <class Mutex>
struct by_hand {
    Mutex lock;
    long value = 0;
};

void guarded_with(benchmark::State& state) {
    static rill::guarded<long> total(0);
    for (auto _ : state) total.with([](long& value) { value += 1; });
}
BENCHMARK(guarded_with)->Threads(1)->Threads(2)->UseRealTime();

void standard_mutex(benchmark::State& state) {
    static by_hand<std::mutex> total;
    for (auto _ : state) {
        const std::lock_guard locked(total.lock);
        benchmark::DoNotOptimize(total.value += 1);
    }
}
BENCHMARK(standard_mutex)->Threads(1)->Threads(2)->UseRealTime();

void guarded_read(benchmark::State& state) {
    static const rill::guarded<long> total(0);
    for (auto _ : state) benchmark::DoNotOptimize(total.read([](const long& value) { return value; }));
}
BENCHMARK(guarded_read)->Threads(1)->Threads(2)->UseRealTime();

void standard_shared_mutex(benchmark::State& state) {
    static by_hand<std::shared_mutex> total;
    for (auto _ : state) {
        const std::shared_lock locked(total.lock);
        benchmark::DoNotOptimize(total.value);
    }
}
BENCHMARK(standard_shared_mutex)->Threads(1)->Threads(2)->UseRealTime();

/// A coroutine waits for each of the changes that another one makes.
void guarded_wait(benchmark::State& state) {
    rill::io_context context(benchmark_support::make_reactor());
    const auto loop = [](benchmark::State& each) -> rill::task<> {
        rill::guarded<long> turn(0);
        const auto answers = [&]() -> rill::task<> {
            const auto odd = [](long now) { return now % 2 != 0; };
            while (co_await turn.wait(odd, [](long& now) { return now++; }) > 0) {
            }
        };
        const auto asks = [&]() -> rill::task<> {
            const auto even = [](long now) { return now % 2 == 0; };
            for (auto _ : each) co_await turn.wait(even, [](long& now) { ++now; });
            co_await turn.wait(even, [](long& now) { now = -1; });
        };
        co_await rill::when_all(answers(), asks());
    };
    context.run(loop(state));
}
BENCHMARK(guarded_wait);

}  // namespace
