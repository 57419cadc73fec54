// SPDX-License-Identifier: MIT
#pragma once

// Tasks that end in ways that the tests of combinators need, after so many turns of the loop.

#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>

#include <chrono>
#include <stdexcept>
#include <string>

#include "witness.hpp"

namespace support {

inline rill::task<int> value_after(int yields, int value) {
    for (int i = 0; i < yields; ++i) co_await rill::yield();
    co_return value;
}
inline rill::task<int> fail_after(int yields, std::string what) {
    for (int i = 0; i < yields; ++i) co_await rill::yield();
    throw std::runtime_error(what);
}
inline rill::task<int> sleep_forever(testimony& seen, char letter = '.') {
    const witness here(seen, letter);
    co_await rill::sleep_for(std::chrono::hours(1));
    co_return 0;
}

}  // namespace support
