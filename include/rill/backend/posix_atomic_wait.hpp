// SPDX-License-Identifier: MIT
#pragma once

// On POSIX systems std::atomic::wait does it.

#include <atomic>

#include "../config.hpp"

namespace rill::backend::inline RILL_ABI {

/// Waits while the atomic has this value. Who changes it calls `notify_one` or `notify_all`.
template <class Atomic, class Value>
void wait_while(const Atomic& each, Value value) noexcept {
    each.wait(value, std::memory_order_acquire);
}

}  // namespace rill::backend::inline RILL_ABI
