// SPDX-License-Identifier: MIT
#pragma once

// `run_per_core(threads, make_task)`: the same program on several threads, each with an io_context of its own.
//
// One tree: it ends when the tasks of all threads have ended; the first error of any stops the others, waits for them, and
// is thrown. A server gives each thread a listener of its own on one port (`option::reuse_port`); where the system does not
// share a port, one thread accepts and sends the sockets on (on.hpp). The threads share nothing but what make_task
// refers to: guard that (sync/guarded.hpp).
//
//     rill::run_per_core(4, [&](std::size_t) { return server(where); }, rill::stop_on(SIGINT, SIGTERM));

#include <concepts>
#include <cstddef>
#include <type_traits>

#include "awaitable.hpp"
#include "io_thread.hpp"
#include "on.hpp"
#include "run.hpp"
#include "task.hpp"
#include "with_task_group.hpp"

namespace rill::inline RILL_ABI {

/// Calls `make_task(index)` on each thread, with 0 to `threads` - 1, and runs what it returns there: 0 is the calling one.
/// `make_task` is one object, called from all threads, perhaps at once.
///
/// Errors   the first one of any task, after all others have ended; what the system says if it gives no thread;
///          invalid_argument for no threads.
template <std::integral Number, class MakeTask>
void run_per_core(Number threads, MakeTask&& make_task);
/// Until one of the signals arrives: then all are stopped. Says whether they ran to their end.
template <std::integral Number, class MakeTask>
bool run_per_core(Number threads, MakeTask&& make_task, const stop_on& signals);

// ---- mechanism ----

/// All threads but the calling one. A template as `io_thread` is one, and for the same reason.
template <class Thread>
class worker_threads {
  public:
    explicit worker_threads(std::size_t count) : each_(count == 0 ? nullptr : new Thread[count]) {}
    ~worker_threads() { delete[] each_; }
    worker_threads(const worker_threads&) = delete;
    worker_threads& operator=(const worker_threads&) = delete;

    [[nodiscard]] io_context& context(std::size_t index) noexcept { return each_[index].context(); }

  private:
    Thread* const each_;
};

/// On the thread that it is for: also the call of `make` is.
template <class MakeTask>
task<> make_and_run(MakeTask& make, std::size_t index) {
    co_await make(index);
}

template <class MakeTask>
task<> run_on_each(std::size_t threads, MakeTask& make) {
    worker_threads<io_thread> workers(threads - 1);
    const auto all = [&](task_group& others) -> task<> {
        for (std::size_t index = 1; index < threads; ++index)
            others.spawn(on(workers.context(index - 1), make_and_run(make, index)));
        co_await make_and_run(make, 0);
    };
    co_await with_task_group(all);
}

/// The whole as a task, once what was given is known to be right.
template <std::integral Number, class MakeTask>
task<> one_tree_per_core(Number threads, MakeTask& make) {
    static_assert(std::invocable<MakeTask&, std::size_t>,
                  "rill: run_per_core wants a function that takes the index of a thread, and returns a task for it");
    using made = std::invoke_result_t<MakeTask&, std::size_t>;
    static_assert(any_awaitable<made>,
                  "rill: run_per_core wants a coroutine: a function that returns a rill::task for a thread");
    static_assert(std::is_void_v<await_result<kept_awaitable<made>>>,
                  "rill: run_per_core wants tasks without a value: nobody would take it");
    if (threads <= 0) throw described_error(std::errc::invalid_argument, "run_per_core on no threads");
    return run_on_each(static_cast<std::size_t>(threads), make);
}

template <std::integral Number, class MakeTask>
void run_per_core(Number threads, MakeTask&& make_task) {
    run(one_tree_per_core(threads, make_task));
}
template <std::integral Number, class MakeTask>
bool run_per_core(Number threads, MakeTask&& make_task, const stop_on& signals) {
    return run(one_tree_per_core(threads, make_task), signals);
}

}  // namespace rill::inline RILL_ABI
