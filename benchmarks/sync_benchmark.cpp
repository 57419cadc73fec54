// SPDX-License-Identifier: MIT
// What waiting for each other costs: locks and channels between coroutines, beside what threads do with the standard's.
#include <benchmark/benchmark.h>
#include <rill.hpp>

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <thread>

#include "support/second_backend.hpp"

namespace {

/// Runs a coroutine that loops over the state.
template <class Loop>
void in_a_coroutine(benchmark::State& state, Loop loop) {
    rill::io_context context(benchmark_support::make_reactor());
    context.run(loop(state));
}

void mutex_that_is_free(benchmark::State& state) {
    in_a_coroutine(state, [](benchmark::State& each) -> rill::task<> {
        rill::mutex mutex;
        for (auto _ : each) static_cast<void>(co_await mutex.lock());
    });
}
BENCHMARK(mutex_that_is_free);

void mutex_that_is_free_of_std(benchmark::State& state) {
    std::mutex mutex;
    for (auto _ : state) {
        const std::lock_guard guard(mutex);
        benchmark::ClobberMemory();
    }
}
BENCHMARK(mutex_that_is_free_of_std);

/// Two who always wait for each other: each lock is a handoff.
rill::task<> lock_until(rill::mutex& mutex, const bool& over) {
    while (!over) static_cast<void>(co_await mutex.lock());
}

void mutex_handoff(benchmark::State& state) {
    in_a_coroutine(state, [](benchmark::State& each) -> rill::task<> {
        rill::mutex mutex;
        bool over = false;
        const auto measured = [&]() -> rill::task<> {
            for (auto _ : each) static_cast<void>(co_await mutex.lock());
            over = true;
        };
        co_await rill::when_all(measured(), lock_until(mutex, over));
        each.SetItemsProcessed(2 * each.iterations());  // one to the other, and one back
    });
}
BENCHMARK(mutex_handoff);

/// Another thread that does something until it is told to end.
class beside {
  public:
    template <class Work>
    explicit beside(Work work) : thread_(work) {}
    ~beside() { thread_.join(); }
    beside(const beside&) = delete;
    beside& operator=(const beside&) = delete;

  private:
    std::thread thread_;
};

void handoff_between_contexts(benchmark::State& state) {
    in_a_coroutine(state, [](benchmark::State& each) -> rill::task<> {
        rill::channel<int> there(0);
        rill::channel<int> back(0);
        const beside other([&] {
            const auto echoes = [&]() -> rill::task<> {
                while (const auto value = co_await there.recv()) co_await back.send(*value);
            };
            rill::run(echoes());
        });
        for (auto _ : each) {
            co_await there.send(1);
            static_cast<void>(co_await back.recv());
        }
        there.close();
        each.SetItemsProcessed(2 * each.iterations());
    });
}
BENCHMARK(handoff_between_contexts)->UseRealTime();

void handoff_between_threads_of_std(benchmark::State& state) {
    std::mutex mutex;
    std::condition_variable changed;
    bool mine = true;
    bool over = false;
    const beside other([&] {
        std::unique_lock lock(mutex);
        while (!over) {
            changed.wait(lock, [&] { return !mine || over; });
            mine = true;
            changed.notify_one();
        }
    });
    for (auto _ : state) {
        std::unique_lock lock(mutex);
        mine = false;
        changed.notify_one();
        changed.wait(lock, [&] { return mine; });
    }
    {
        const std::lock_guard lock(mutex);
        over = true;
    }
    changed.notify_one();
    state.SetItemsProcessed(2 * state.iterations());
}
BENCHMARK(handoff_between_threads_of_std)->UseRealTime();

rill::task<> send_until_closed(rill::channel<std::size_t>& to) {
    for (std::size_t value = 0;; ++value) {
        const auto sent = co_await rill::as_result(to.send(value));
        if (sent.error()) co_return;
    }
}
rill::task<> receive_measured(benchmark::State& each, rill::channel<std::size_t>& from) {
    for (auto _ : each) benchmark::DoNotOptimize(co_await from.recv());
    from.close();
    each.SetItemsProcessed(each.iterations());
}

void channel_within_a_context(benchmark::State& state) {
    in_a_coroutine(state, [](benchmark::State& each) -> rill::task<> {
        rill::channel<std::size_t> channel(static_cast<std::size_t>(each.range(0)));
        co_await rill::when_all(receive_measured(each, channel), send_until_closed(channel));
    });
}
BENCHMARK(channel_within_a_context)->Arg(0)->Arg(1)->Arg(64)->Arg(1024);

void channel_across_two_contexts(benchmark::State& state) {
    in_a_coroutine(state, [](benchmark::State& each) -> rill::task<> {
        rill::channel<std::size_t> channel(static_cast<std::size_t>(each.range(0)));
        const beside other([&] { rill::run(send_until_closed(channel)); });
        co_await receive_measured(each, channel);
    });
}
BENCHMARK(channel_across_two_contexts)->Arg(0)->Arg(1)->Arg(64)->Arg(1024)->UseRealTime();

/// The bounded queue that one writes with the standard's.
class queue_of_std {
  public:
    explicit queue_of_std(std::size_t capacity) : ring_(capacity) {}
    bool send(std::size_t value) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return closed_ || !ring_.full(); });
        if (closed_) return false;
        ring_.push(std::move(value));
        changed_.notify_one();
        return true;
    }
    std::size_t recv() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !ring_.empty(); });
        const std::size_t value = ring_[0];
        ring_.drop_oldest();
        changed_.notify_one();
        return value;
    }
    void close() {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        changed_.notify_all();
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool closed_ = false;
    rill::value_ring<std::size_t> ring_;
};

void queue_between_threads_of_std(benchmark::State& state) {
    queue_of_std queue(static_cast<std::size_t>(state.range(0)));
    const beside other([&] {
        for (std::size_t value = 0; queue.send(value); ++value) {
        }
    });
    for (auto _ : state) benchmark::DoNotOptimize(queue.recv());
    queue.close();
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(queue_between_threads_of_std)->Arg(1)->Arg(64)->Arg(1024)->UseRealTime();

}  // namespace
