// SPDX-License-Identifier: MIT
#include "screen.hpp"

#include <array>
#include <cstdio>
#include <iostream>

#include "../support/child_process.hpp"

using namespace std::chrono_literals;

namespace demo {

screen::screen() : live_(example::stdout_is_terminal()), shown_(clock::now()) {}

void screen::print(std::string_view line) {
    if (rewritable_) std::cout << "\r\x1b[K";
    std::cout << line << '\n' << std::flush;
    rewritable_ = false;
}

void screen::show_progress(std::string_view doing, const tally& counts) {
    const auto now = clock::now();
    const auto since = now - shown_;
    if (since < (live_ ? 100ms : 1000ms)) return;
    const auto echoes = static_cast<double>(counts.echoes - echoes_shown_);
    const double per_second = echoes / std::chrono::duration<double>(since).count();
    shown_ = now;
    echoes_shown_ = counts.echoes;

    std::string line = padded(text_of(std::uint64_t{counts.connected()}), 11);
    line += padded(text_of(static_cast<std::uint64_t>(per_second)), 12) + "   ";
    line += std::string(doing) + ", errors " + std::to_string(counts.errors);
    if (!live_) return print(line);
    std::cout << '\r' << line << "\x1b[K" << std::flush;
    rewritable_ = true;
}

std::string text_of(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t end = text.size(); end > 3; end -= 3) text.insert(end - 3, 1, ',');
    return text;
}

std::string text_of(std::chrono::nanoseconds duration) {
    const auto number = static_cast<double>(duration.count());
    std::array<char, 32> text{};
    if (duration < 1ms) {
        std::snprintf(text.data(), text.size(), "%.0f us", number / 1e3);
    } else if (duration < 1s) {
        std::snprintf(text.data(), text.size(), "%.1f ms", number / 1e6);
    } else {
        std::snprintf(text.data(), text.size(), "%.2f s", number / 1e9);
    }
    return text.data();
}

std::string padded(const std::string& text, std::size_t width) {
    std::string made(text.size() < width ? width - text.size() : 0, ' ');
    return made += text;
}

}  // namespace demo
