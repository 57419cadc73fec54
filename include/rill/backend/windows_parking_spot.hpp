// SPDX-License-Identifier: MIT
#pragma once

// A parking spot on Windows: WaitOnAddress with a limit, WakeByAddressSingle, GetTickCount64. No header of Windows is
// needed for them (see windows_atomic_wait.hpp).

#include <atomic>
#include <cstdint>

#include "../config.hpp"
#include "windows_atomic_wait.hpp"

extern "C" {
__declspec(dllimport) unsigned long long __stdcall GetTickCount64();
}

namespace rill::backend::inline RILL_ABI {

class parking_spot {
  public:
    parking_spot() noexcept = default;
    parking_spot(const parking_spot&) = delete;
    parking_spot& operator=(const parking_spot&) = delete;

    /// Whether it has been told since `reset`.
    [[nodiscard]] bool told() const noexcept { return told_.load(std::memory_order_acquire); }
    /// The thread that waits. Waits until it is told, or for so long; negative: without limit. Says whether it was told.
    bool park(std::int64_t limit_ns) noexcept;
    /// Another thread, once a `reset`. The spot may be gone as soon as `told` or `park` says so: who waits is woken by the
    /// address alone.
    void tell() noexcept {
        told_.store(true, std::memory_order_release);
        ::WakeByAddressSingle(&told_);
    }
    void reset() noexcept { told_.store(false, std::memory_order_relaxed); }

    /// The time on the clock by which it waits, in nanoseconds.
    [[nodiscard]] static std::int64_t now() noexcept {
        return static_cast<std::int64_t>(::GetTickCount64()) * 1'000'000;
    }

  private:
    std::atomic<bool> told_{false};
};

// ---- mechanism ----

inline bool parking_spot::park(std::int64_t limit_ns) noexcept {
    constexpr std::int64_t tick_ns = 16'000'000;  // of GetTickCount64: never early
    const std::int64_t begin = now();
    while (!told()) {
        const std::int64_t left_ns = limit_ns < 0 ? 0 : limit_ns - (now() - begin);
        if (limit_ns >= 0 && left_ns <= -tick_ns) break;
        constexpr std::int64_t longest_ms = 0x7fff'fffe;
        const std::int64_t left_ms = left_ns < 0 ? 1 : left_ns / 1'000'000 + 1;
        bool not_told = false;
        ::WaitOnAddress(&told_, &not_told, sizeof not_told,
                        static_cast<unsigned long>(limit_ns < 0 || left_ms > longest_ms ? longest_ms : left_ms));
    }
    return told();
}

}  // namespace rill::backend::inline RILL_ABI
