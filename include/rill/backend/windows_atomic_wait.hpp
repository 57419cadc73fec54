// SPDX-License-Identifier: MIT
#pragma once

// libstdc++ 12 without a futex compares first and takes its lock then: a notification between the two is lost, and the
// wait lasts for ever. So this gives the processor away and looks again. Nothing here is waited for long.

#include <atomic>

#include "../config.hpp"

extern "C" __declspec(dllimport) int __stdcall SwitchToThread(void);

namespace rill::backend::inline RILL_ABI {

/// Waits while the atomic has this value. Who changes it calls `notify_one` or `notify_all`.
inline void wait_while(const std::atomic_flag& each, bool value) noexcept {
    while (each.test(std::memory_order_acquire) == value) ::SwitchToThread();
}
template <class T>
void wait_while(const std::atomic<T>& each, T value) noexcept {
    while (each.load(std::memory_order_acquire) == value) ::SwitchToThread();
}

}  // namespace rill::backend::inline RILL_ABI
