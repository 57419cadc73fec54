// SPDX-License-Identifier: MIT
#pragma once

// Waiting on Windows: WaitOnAddress, WakeByAddressSingle, WakeByAddressAll.
//
// Not by std::atomic::wait: where libstdc++ 12 has no futex it compares first and takes its lock then; a notification
// between the two is lost, and the wait lasts for ever. No header of Windows is needed for three functions.

#include <atomic>
#include <cstddef>

#include "../config.hpp"

extern "C" {
int __stdcall WaitOnAddress(volatile void*, void*, std::size_t, unsigned long);
void __stdcall WakeByAddressSingle(void*);
void __stdcall WakeByAddressAll(void*);
}

namespace rill::backend::inline RILL_ABI {

/// Waits while the atomic has this value. Who changes it wakes those who wait.
template <class T>
void wait_while(const std::atomic<T>& each, T value) noexcept {
    static_assert(sizeof each == sizeof value && std::atomic<T>::is_always_lock_free);
    constexpr unsigned long for_ever = 0xffff'ffff;
    auto* const place = const_cast<std::atomic<T>*>(&each);
    while (each.load(std::memory_order_relaxed) == value) ::WaitOnAddress(place, &value, sizeof value, for_ever);
}
template <class T>
void wake_one(std::atomic<T>& each) noexcept {
    ::WakeByAddressSingle(&each);
}
template <class T>
void wake_all(std::atomic<T>& each) noexcept {
    ::WakeByAddressAll(&each);
}

}  // namespace rill::backend::inline RILL_ABI
