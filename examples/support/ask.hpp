// SPDX-License-Identifier: MIT
#pragma once

// What the notes ask on the terminal: a prompt, and what is typed then; nothing at the end of the input.

#include <iostream>
#include <optional>
#include <rill.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "command_line.hpp"

namespace example {

/// The longest line that is taken.
inline constexpr std::size_t line_max = 64 * 1024;

inline rill::task<std::optional<std::string>> ask(rill::console& input, std::string_view prompt) {
    std::cout << prompt << std::flush;
    const auto line = co_await input.read_line(line_max);
    if (!line) co_return std::nullopt;
    co_return std::string(*line);
}

/// Nothing if the text is no port.
inline std::optional<long long> parsed_port(std::string_view text) {
    try {
        return port_from(text);
    } catch (const std::invalid_argument&) {
        return std::nullopt;
    }
}

/// Asks again until it is a port. `Keyboard` is a rill::console, or whatever has an `ask` of its own.
template <class Keyboard>
rill::task<std::optional<long long>> ask_port(Keyboard& keyboard, std::string_view prompt) {
    for (;;) {
        const auto text = co_await ask(keyboard, prompt);
        if (!text) co_return std::nullopt;
        if (const auto port = parsed_port(*text)) co_return port;
    }
}

/// Asks again until it is an address.
template <class Keyboard>
rill::task<std::optional<rill::ip_address>> ask_address(Keyboard& keyboard, std::string_view prompt) {
    for (;;) {
        const auto text = co_await ask(keyboard, prompt);
        if (!text) co_return std::nullopt;
        if (const auto address = rill::ip_address::parse(*text)) co_return address;
    }
}

}  // namespace example
