// SPDX-License-Identifier: MIT
#pragma once

// A histogram of times, after the idea of HdrHistogram: each power of two is cut into 128 equal steps, so that a value is
// known to 0.8 % whether it is a microsecond or an hour, and recording one is an addition. It never forgets the largest.

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace load {

class histogram {
  public:
    void record(std::uint64_t value) noexcept {
        ++counts_[index_of(value)];
        ++count_;
        most_ = std::max(most_, value);
    }
    void clear() noexcept { *this = histogram(); }

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] std::uint64_t most() const noexcept { return most_; }
    /// The smallest value, to the precision, that so many percent of all do not exceed; 0 of none.
    [[nodiscard]] std::uint64_t percentile(double percent) const noexcept {
        const double exact =
            std::nextafter(percent * static_cast<double>(count_) / 100, 0);  // 99.9 is a little more than that
        const auto wanted = static_cast<std::uint64_t>(std::ceil(exact));
        std::uint64_t seen = 0;
        for (std::size_t index = 0; index < counts_.size() && count_ != 0; ++index) {
            seen += counts_[index];
            if (seen >= std::max<std::uint64_t>(wanted, 1)) return std::min(highest_of(index), most_);
        }
        return most_;
    }

  private:
    static constexpr unsigned step_bits = 7;
    static constexpr std::uint64_t steps = 1U << step_bits;

    static unsigned shift_of(std::uint64_t value) noexcept {
        return static_cast<unsigned>(std::bit_width(value | (2 * steps - 1))) - step_bits - 1;
    }
    static std::size_t index_of(std::uint64_t value) noexcept {
        const unsigned shift = shift_of(value);
        return shift * steps + (value >> shift);
    }
    static std::uint64_t highest_of(std::size_t index) noexcept {
        if (index < 2 * steps) return index;
        const std::size_t shift = index / steps - 1;
        return ((index - shift * steps + 1) << shift) - 1;
    }

    std::array<std::uint64_t, (64 - step_bits + 1) * steps> counts_{};
    std::uint64_t count_ = 0;
    std::uint64_t most_ = 0;
};

}  // namespace load
