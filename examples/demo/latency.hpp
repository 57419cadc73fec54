// SPDX-License-Identifier: MIT
#pragma once

// A histogram of durations of fixed size, exact to 3 %: 32 steps for each power of two of nanoseconds.

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace demo {

class latency_histogram {
  public:
    void add(std::chrono::nanoseconds each) noexcept {
        const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(each.count(), 0));
        ++counts_[index_of(value)];
        ++size_;
        max_ = std::max(max_, value);
    }

    /// The duration that this share of all (0.99 for instance) did not exceed.
    [[nodiscard]] std::chrono::nanoseconds percentile(double share) const noexcept {
        const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(size_));
        std::uint64_t seen = 0;
        for (std::size_t index = 0; index < counts_.size(); ++index) {
            seen += counts_[index];
            if (seen > wanted) return nanoseconds_of(std::min(last_of(index), max_));
        }
        return max();
    }
    [[nodiscard]] std::chrono::nanoseconds max() const noexcept { return nanoseconds_of(max_); }
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  private:
    static constexpr int step_bits = 5;
    static constexpr std::uint64_t steps = 1U << step_bits;

    /// Values below 64 have a counter each; above, the six highest bits choose it.
    static constexpr std::size_t index_of(std::uint64_t value) noexcept {
        const int dropped = std::max(0, static_cast<int>(std::bit_width(value)) - step_bits - 1);
        return static_cast<std::size_t>(static_cast<std::uint64_t>(dropped) * steps + (value >> dropped));
    }
    /// The largest value of a counter.
    static constexpr std::uint64_t last_of(std::size_t index) noexcept {
        const std::uint64_t dropped = index < 2 * steps ? 0 : index / steps - 1;
        return ((index - dropped * steps + 1) << dropped) - 1;
    }
    static constexpr std::chrono::nanoseconds nanoseconds_of(std::uint64_t value) noexcept {
        return std::chrono::nanoseconds(static_cast<std::int64_t>(value));
    }

    std::array<std::uint64_t, 60 * steps> counts_{};
    std::uint64_t size_ = 0;
    std::uint64_t max_ = 0;
};

}  // namespace demo
