// SPDX-License-Identifier: MIT
// The floor below core_benchmark's tasks: a lazy task whose frames come from a free list, which is started inside the co_await and keeps an
// exception for whoever awaits it, and nothing else. It keeps none of the laws: no scope, no stop, no limit of depth, no other thread.
// What core_benchmark needs more than this is what the laws cost.
#include <benchmark/benchmark.h>

#include <coroutine>
#include <cstddef>
#include <exception>
#include <new>
#include <utility>

namespace {

/// Frames that were given back, by their size in granules.
class free_list {
  public:
    static void* take(std::size_t size) {
        block*& first = lists[granules(size)];
        if (first != nullptr) return std::exchange(first, first->next);
        return ::operator new(granules(size) * granule);
    }
    static void give(void* frame, std::size_t size) noexcept {
        block*& first = lists[granules(size)];
        first = ::new (frame) block{first};
    }

  private:
    struct block {
        block* next;
    };
    static constexpr std::size_t granule = 16;
    static constexpr std::size_t granules(std::size_t size) noexcept { return (size + granule - 1) / granule; }

    static thread_local constinit inline block* lists[64];
};

/// Lazy, of an int, and awaited once.
class bare_task {
  public:
    class promise_type;
    using handle = std::coroutine_handle<promise_type>;

    explicit bare_task(handle of) noexcept : frame_(of) {}
    bare_task(bare_task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    bare_task& operator=(bare_task&&) = delete;
    ~bare_task() {
        if (frame_) frame_.destroy();
    }

    void start() const { frame_.resume(); }

    inline bool await_ready() const;
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    inline int await_resume();

  private:
    handle frame_;
};

class bare_task::promise_type {
  public:
    bare_task get_return_object() { return bare_task(handle::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
        innermost = awaited_by;
        ended = true;
        return std::suspend_always();
    }
    void return_value(int result) noexcept { value = result; }
    void unhandled_exception() noexcept { failure = std::current_exception(); }

    static void* operator new(std::size_t size) { return free_list::take(size); }
    static void operator delete(void* frame, std::size_t size) noexcept { free_list::give(frame, size); }

    static inline promise_type* innermost = nullptr;  // of the chain, which is what a stop would begin with

    promise_type* awaited_by = nullptr;
    std::exception_ptr failure;
    int value = 0;
    bool ended = false;
};

bool bare_task::await_ready() const {
    promise_type& child = frame_.promise();
    child.awaited_by = std::exchange(promise_type::innermost, &child);
    frame_.resume();
    return child.ended;
}

int bare_task::await_resume() {
    const bare_task mine(std::move(*this));  // its frame is given back before the one that awaits goes on
    const promise_type& child = mine.frame_.promise();
    if (child.failure) std::rethrow_exception(child.failure);
    return child.value;
}

bare_task one() { co_return 1; }

bare_task nested(int levels) {
    if (levels == 0) co_return 0;
    co_return 1 + co_await nested(levels - 1);
}

void create_and_await(benchmark::State& state) {
    const auto loop = [](benchmark::State& each) -> bare_task {
        for (auto _ : each) benchmark::DoNotOptimize(co_await one());
        co_return 0;
    };
    loop(state).start();
}
BENCHMARK(create_and_await);

void create_and_await_nested(benchmark::State& state) {
    const auto loop = [](benchmark::State& each) -> bare_task {
        const auto levels = static_cast<int>(each.range(0));
        for (auto _ : each) benchmark::DoNotOptimize(co_await nested(levels));
        each.SetItemsProcessed(each.iterations() * levels);
        co_return 0;
    };
    loop(state).start();
}
BENCHMARK(create_and_await_nested)->Arg(10);

}  // namespace
