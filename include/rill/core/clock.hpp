// SPDX-License-Identifier: MIT
#pragma once

// Time inside the library: an `instant` is nanoseconds on the clock of the backend; users see std::chrono.
//
// The conversions saturate: what is too long becomes `never`, what is negative has expired. They round up, so that no
// timer is early.

#include <cstdint>
#include <limits>
#include <type_traits>

#include "../backend/contract.hpp"
#include "../backend/durations.hpp"

namespace rill::inline RILL_ABI {

using backend::instant;

/// An instant that does not come; also a duration without an end.
inline constexpr instant never = std::numeric_limits<instant>::max();

/// The clock that users see. A backend may let it run on virtual time.
using time_point = std::chrono::steady_clock::time_point;

/// Any duration in nanoseconds, rounded up: 0 for what is negative or not a number, `never` for what does not fit.
template <class Rep, class Period>
[[nodiscard]] constexpr std::int64_t in_nanoseconds(std::chrono::duration<Rep, Period> given) noexcept {
    using wide = std::chrono::duration<long double, std::nano>;
    if (!(given > given.zero())) return 0;
    if (wide(given).count() >= static_cast<long double>(never)) return never;
    return std::chrono::ceil<std::chrono::duration<std::int64_t, std::nano>>(given).count();
}

[[nodiscard]] constexpr instant to_instant(time_point when) noexcept {
    if (when == time_point::max()) return never;
    if (when < time_point()) return 0;  // long past
    return std::chrono::ceil<std::chrono::duration<std::int64_t, std::nano>>(when.time_since_epoch()).count();
}
[[nodiscard]] constexpr time_point to_time_point(instant when) noexcept {
    return time_point(std::chrono::duration_cast<time_point::duration>(std::chrono::nanoseconds(when)));
}

/// What a function of times returns for a plain number: an error in one sentence.
template <class Number>
struct number_refusal {
    static_assert(!std::is_arithmetic_v<Number>, "rill: a time has a unit: write 5s, or std::chrono::seconds(5)");
};

/// The instant so far after another.
[[nodiscard]] constexpr instant later_by(instant from, std::int64_t delay_ns) noexcept {
    return delay_ns < never - from ? from + delay_ns : never;
}

}  // namespace rill::inline RILL_ABI
