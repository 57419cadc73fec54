// SPDX-License-Identifier: MIT
#pragma once

// Runs coroutines side by side, each on a thread with an io_context of its own, with a limit of time that fails loudly: what
// then still waits is written to standard error as a task dump.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <string_view>
#include <thread>
#include <vector>

#include <rill/core/run.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>
#include <rill/core/task_dump.hpp>
#include <rill/core/when_any.hpp>

#include "support/catch.hpp"

namespace support {

/// After this time nothing moves any more, also on a slow machine under a sanitizer.
inline constexpr std::chrono::seconds watchdog_limit{100};

/// Ends with a dump of the context that it runs on, if it is not stopped before.
inline rill::task<> watchdog() {
    co_await rill::sleep_for(watchdog_limit);
    rill::this_context().dump(
        [](std::string_view line) { std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data()); });
}

/// Runs `make(index)`, a task, on so many threads, to their ends, begun together. The functions make no assertions.
template <class Make>
void on_contexts(std::size_t count, Make make) {
    std::vector<std::exception_ptr> errors(count);
    std::vector<char> hangs(count);
    std::atomic<std::size_t> awake = 0;  // they begin together
    std::vector<std::thread> threads;
    for (std::size_t index = 0; index < count; ++index) {
        threads.emplace_back([&, index] {
            for (++awake; awake < count;) std::this_thread::yield();
            try {
                rill::io_context context;
                const auto [whole, late] = context.run(rill::when_any(make(index), watchdog()));
                hangs[index] = !whole;
            } catch (...) {
                errors[index] = std::current_exception();
            }
        });
    }
    for (std::thread& each : threads) each.join();
    for (const std::exception_ptr& each : errors) {
        if (each) std::rethrow_exception(each);
    }
    for (const char hang : hangs) {
        if (hang != 0) FAIL("nothing moved any more, and the test's time is over");
    }
}

}  // namespace support
