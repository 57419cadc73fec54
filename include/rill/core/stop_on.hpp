// SPDX-License-Identifier: MIT
#pragma once

// `stop_on(SIGINT, SIGTERM)`: the signals that end a `run` in good order. See run.hpp.

#include <concepts>
#include <cstddef>

#include "../config.hpp"

namespace rill::inline RILL_ABI {

/// A few signals, by number. Each has its default action again once it has arrived.
class stop_on {
  public:
    /// How many there can be.
    static constexpr std::size_t signals_max = 8;

    /// By their numbers, as std::raise takes them.
    template <std::same_as<int>... Numbers>
        requires(sizeof...(Numbers) > 0 && sizeof...(Numbers) <= signals_max)
    explicit stop_on(Numbers... numbers) noexcept : numbers_{numbers...}, size_(sizeof...(Numbers)) {}

    [[nodiscard]] const int* begin() const noexcept { return numbers_; }
    [[nodiscard]] const int* end() const noexcept { return numbers_ + size_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

  private:
    int numbers_[signals_max];
    std::size_t size_;
};

}  // namespace rill::inline RILL_ABI
