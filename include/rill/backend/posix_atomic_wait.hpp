// SPDX-License-Identifier: MIT
#pragma once

// On POSIX systems the standard's waiting does it.

#include <atomic>

#include "../config.hpp"

namespace rill::backend::inline RILL_ABI {

/// Waits while the atomic has this value. Who changes it wakes those who wait.
template <class Atomic, class Value>
void wait_while(const Atomic& each, Value value) noexcept {
    each.wait(value, std::memory_order_relaxed);
}
template <class Atomic>
void wake_one(Atomic& each) noexcept {
    each.notify_one();
}
template <class Atomic>
void wake_all(Atomic& each) noexcept {
    each.notify_all();
}

}  // namespace rill::backend::inline RILL_ABI
