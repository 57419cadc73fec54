// SPDX-License-Identifier: MIT
// From one thread to another and back: what rill's ways cost beside the bare descriptor that wakes a loop.
#include <benchmark/benchmark.h>
#include <rill.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <exception>
#include <thread>

#include "support/second_backend.hpp"

namespace {

/// An eventfd that a thread waits for as a loop does: by poll, then by reading.
class bell {
  public:
    bell() : handle_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
    ~bell() { ::close(handle_); }
    bell(const bell&) = delete;
    bell& operator=(const bell&) = delete;

    void ring() const {
        const std::uint64_t one = 1;
        if (::write(handle_, &one, sizeof one) < 0) std::terminate();
    }
    void wait() const {
        std::uint64_t count = 0;
        while (::read(handle_, &count, sizeof count) < 0) {
            pollfd each{handle_, POLLIN, 0};
            ::poll(&each, 1, -1);
        }
    }

  private:
    int handle_;
};

void there_and_back_by_eventfd(benchmark::State& state) {
    const bell there, back;
    std::atomic<bool> over = false;
    std::thread other([&] {
        for (;;) {
            there.wait();
            if (over) return;
            back.ring();
        }
    });
    for (auto _ : state) {
        there.ring();
        back.wait();
    }
    over = true;
    there.ring();
    other.join();
}
BENCHMARK(there_and_back_by_eventfd)->UseRealTime();

/// Runs a coroutine that loops over the state, beside a thread with a loop of its own.
template <class Loop>
void beside_a_worker(benchmark::State& state, Loop loop) {
    rill::io_context context(benchmark_support::make_reactor());
    rill::io_thread worker;
    context.run(loop(state, worker.context()));
}

void there_and_back_by_on(benchmark::State& state) {
    beside_a_worker(state, [](benchmark::State& each, rill::io_context& there) -> rill::task<> {
        for (auto _ : each) co_await rill::on(there, rill::yield());
    });
}
BENCHMARK(there_and_back_by_on)->UseRealTime();

void there_and_back_by_guarded(benchmark::State& state) {
    beside_a_worker(state, [](benchmark::State& each, rill::io_context& there) -> rill::task<> {
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
        co_await rill::when_all(rill::on(there, answers()), asks());
    });
}
BENCHMARK(there_and_back_by_guarded)->UseRealTime();

/// The same by a post each way, as one would without `on`.
void there_and_back_by_post(benchmark::State& state) {
    beside_a_worker(state, [](benchmark::State& each, rill::io_context& there) -> rill::task<> {
        rill::io_context& here = rill::this_context();
        rill::channel<int> arrived(1);
        for (auto _ : each) {
            there.post([&] { here.post([&] { static_cast<void>(arrived.try_send(1)); }); });
            benchmark::DoNotOptimize(co_await arrived.recv());
        }
    });
}
BENCHMARK(there_and_back_by_post)->UseRealTime();

/// Many at a time, the last of which says that all have run: the CPU time of the posting thread for each, and of both.
void post_to_another_thread(benchmark::State& state) {
    beside_a_worker(state, [](benchmark::State& each, rill::io_context& there) -> rill::task<> {
        rill::io_context& here = rill::this_context();
        rill::channel<int> all_have_run(1);
        long sum = 0;  // of the other thread
        for (auto _ : each) {
            for (std::int64_t index = 1; index < each.range(0); ++index) there.post([&sum] { ++sum; });
            there.post([&] { here.post([&] { static_cast<void>(all_have_run.try_send(1)); }); });
            benchmark::DoNotOptimize(co_await all_have_run.recv());
        }
        each.SetItemsProcessed(each.iterations() * each.range(0));
    });
}
BENCHMARK(post_to_another_thread)->Arg(100)->Arg(10'000);
BENCHMARK(post_to_another_thread)->Arg(100)->Arg(10'000)->MeasureProcessCPUTime();

}  // namespace
