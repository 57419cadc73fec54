// SPDX-License-Identifier: MIT
#pragma once

// Addresses and bytes as Python prints them, so that our programs say what those of the notes say.

#include <rill/net/endpoint.hpp>
#include <string>
#include <string_view>

namespace example {

/// ('127.0.0.1', 3333)
inline std::string python_text(const rill::endpoint& each) {
    std::string text = "('" + to_string(each.address()) + "', " + std::to_string(each.port());
    if (each.address().is_v6()) text += ", 0, " + std::to_string(each.address().scope_id());
    return text + ")";
}

/// b'\xe6\x88\x91 and you\n'
inline std::string python_text(std::string_view bytes) {
    const bool single = bytes.find('\'') == std::string_view::npos || bytes.find('"') != std::string_view::npos;
    const char quote = single ? '\'' : '"';
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text = std::string("b") + quote;
    for (const char c : bytes) {
        const auto code = static_cast<unsigned char>(c);
        if (c == quote || c == '\\') {
            text += {'\\', c};
        } else if (c == '\t' || c == '\n' || c == '\r') {
            text += {'\\', c == '\t' ? 't' : c == '\n' ? 'n' : 'r'};
        } else if (code < ' ' || code > '~') {
            text += {'\\', 'x', digits[code / 16], digits[code % 16]};
        } else {
            text += c;
        }
    }
    return text + quote;
}

}  // namespace example
