// SPDX-License-Identifier: MIT
#pragma once

// What is to be done with bytes that are no text, as Python's `errors=` has it.

#include <system_error>

namespace example {

enum class on_malformed {
    refuse,   // "strict": throws std::system_error with illegal_byte_sequence
    replace,  // "replace": becomes U+FFFD, or a question mark where that can't be written
};

[[noreturn]] inline void refuse_text(const char* why) {
    throw std::system_error(std::make_error_code(std::errc::illegal_byte_sequence), why);
}

/// U+FFFD
inline constexpr char replacement_character[] = "\xef\xbf\xbd";

}  // namespace example
