// SPDX-License-Identifier: MIT
#pragma once

// Whether a branch that never has to wait lets the others have their turn.

#include <rill/core/run.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>
#include <rill/core/when_all.hpp>

namespace support {

/// How often another branch has its turn while that of `greedy` runs to its end.
template <class Greedy>
int turns_beside(Greedy greedy) {
    int turns = 0;
    bool over = false;
    const auto until_over = [&]() -> rill::task<> {
        co_await greedy();
        over = true;
    };
    const auto other = [&]() -> rill::task<> {
        while (!over) {
            ++turns;
            co_await rill::yield();
        }
    };
    const auto body = [&]() -> rill::task<> { co_await rill::when_all(until_over(), other()); };
    rill::run(body());
    return turns;
}

/// What they are at least beside a thousand operations.
inline constexpr int turns_beside_a_thousand = 1000 / static_cast<int>(rill::io_context::budget);

}  // namespace support
