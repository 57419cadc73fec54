// SPDX-License-Identifier: MIT
#pragma once

// Times as the load counts them: nanoseconds, unsigned, of the monotonic clock.

#include <ctime>

#include <cstdint>

namespace load {

using nanoseconds = std::uint64_t;

inline constexpr nanoseconds second = 1'000'000'000;

inline nanoseconds read_clock(clockid_t which) noexcept {
    timespec now{};
    ::clock_gettime(which, &now);
    return static_cast<nanoseconds>(now.tv_sec) * second + static_cast<nanoseconds>(now.tv_nsec);
}

inline nanoseconds now() noexcept { return read_clock(CLOCK_MONOTONIC); }

inline timespec to_timespec(nanoseconds duration) noexcept {
    return {static_cast<std::time_t>(duration / second), static_cast<long>(duration % second)};
}

}  // namespace load
