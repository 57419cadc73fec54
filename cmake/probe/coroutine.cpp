// SPDX-License-Identifier: MIT
// What rill asks of a compiler and its library, in a few lines.
#include <concepts>
#include <coroutine>
#include <source_location>
#include <span>

struct task {
    struct promise_type {
        std::source_location where = std::source_location::current();
        task get_return_object() noexcept { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        void unhandled_exception() noexcept {}
    };
};

task step(std::span<const int> numbers) {
    if (!numbers.empty()) co_await std::suspend_never();
}

int main() {
    static_assert(std::same_as<task, decltype(step({}))>);
    const int numbers[] = {1};
    step(numbers);
}
