// SPDX-License-Identifier: MIT
#include <chrono>

#include "libraries.hpp"

rill::task<bool> same_context_in_second() {
    rill::io_context* const there = co_await context_in_first();
    co_return there == &rill::this_context();
}

rill::task<int> add_two_in_second(int to, rill::event& allowed) {
    const int more = co_await rill::timeout(std::chrono::hours(1), add_one_in_first(to, allowed));
    co_return more + 1;
}

void add_in_second(rill::guarded<int>& to) {
    to.with([](int& value) { ++value; });
}

std::error_code enter_in_second(rill::guarded<int>& to) {
    try {
        add_in_second(to);
    } catch (const std::system_error& error) {
        return error.code();
    }
    return {};
}
