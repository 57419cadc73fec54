// SPDX-License-Identifier: MIT
#pragma once

// What the demonstration prints: on a terminal a line that is rewritten as it goes, elsewhere a line a second.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "crowd.hpp"

namespace demo {

class screen {
  public:
    screen();

    /// Prints a line that stays.
    void print(std::string_view line);
    /// Shows what the crowd does at this moment, if it is time to.
    void show_progress(std::string_view doing, const tally& counts);

  private:
    using clock = std::chrono::steady_clock;

    bool live_;                // a terminal
    bool rewritable_ = false;  // the cursor is in a line that may be rewritten
    clock::time_point shown_;
    std::uint64_t echoes_shown_ = 0;
};

/// 1234567 as "1,234,567".
[[nodiscard]] std::string text_of(std::uint64_t number);
/// With a unit that suits it: "950 us", "12.3 ms", "1.20 s".
[[nodiscard]] std::string text_of(std::chrono::nanoseconds duration);
/// Spaces in front of the text, up to the width.
[[nodiscard]] std::string padded(const std::string& text, std::size_t width);

}  // namespace demo
