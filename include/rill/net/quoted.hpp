// SPDX-License-Identifier: MIT
#pragma once

// Text from outside, made fit for an error message or a log line: what a user typed or a peer sent can neither start a
// line of its own there nor move the terminal's cursor nor fill the disk. It is for people, and not to be read back.

#include <cstddef>
#include <string>
#include <string_view>

namespace rill {

/// Returns the text in double quotes; bytes that are not printable ASCII, and `"` and `\`, become `\xNN`. Of a text of
/// more than 64 bytes only these are shown, with the length: `"aaa..." (1000 bytes)`.
[[nodiscard]] inline std::string quoted(std::string_view text) {
    constexpr std::size_t shown_max = 64;
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text.substr(0, shown_max)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\')
            out += c;
        else
            out.append("\\x").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
    }
    if (text.size() <= shown_max) return out += '"';
    return out.append("...\" (").append(std::to_string(text.size())).append(" bytes)");
}

}  // namespace rill
