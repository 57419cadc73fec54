// SPDX-License-Identifier: MIT
#pragma once

// `described_error`: the std::system_error that the library throws, whose what() says what was tried, with whom, and why
// it failed: `connect 127.0.0.1:1: Connection refused`, `"localhost" is not an IP address: Invalid argument`.
//
// The text is kept in the object: throwing allocates no memory for it, and what is longer than it holds is cut. Text from
// outside goes in quoted, so that it can neither start a line in a log nor move the terminal's cursor.

#include <cstddef>
#include <string_view>
#include <system_error>

#include "../config.hpp"

namespace rill {

/// A text that is put together piece by piece, in a fixed place.
class error_text {
  public:
    error_text() noexcept { text_[0] = '\0'; }
    explicit error_text(const char* begin) noexcept : error_text() { append(begin); }

    error_text& append(const char* piece) noexcept {
        while (*piece != '\0') put(*piece++);
        return *this;
    }
    /// As it is: not for what came from outside.
    error_text& append(const char* piece, std::size_t size) noexcept {
        for (std::size_t index = 0; index < size; ++index) put(piece[index]);
        return *this;
    }
    error_text& append_number(long long number) noexcept;
    /// As a person reads it: "300 ms", "5 s", "12 s"; "0 ms" for what has passed.
    error_text& append_duration(long long nanoseconds) noexcept;
    /// In double quotes; bytes that are not printable ASCII, and `"` and `\`, become `\xNN`. Of a text of more than 64
    /// bytes only these are shown, with the length: `"aaa..." (1000 bytes)`.
    error_text& append_quoted(std::string_view piece) noexcept;

    [[nodiscard]] const char* c_str() const noexcept { return text_; }

    static constexpr std::size_t size_max = 255;

  private:
    void put(char next) noexcept {
        if (size_ == size_max) return;
        text_[size_++] = next;
        text_[size_] = '\0';
    }

    std::size_t size_ = 0;
    char text_[size_max + 1];
};

class RILL_VISIBLE described_error : public std::system_error {
  public:
    /// what() is `doing`, a colon and the reason; only the reason if `doing` is empty.
    described_error(std::error_code code, const error_text& doing) : std::system_error(code), text_(doing) {
        if (*doing.c_str() != '\0') text_.append(": ");
        text_.append(std::system_error::what());
    }
    described_error(std::errc code, const error_text& doing) : described_error(std::make_error_code(code), doing) {}
    described_error(std::errc code, const char* doing) : described_error(code, error_text(doing)) {}

    [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

  private:
    error_text text_;
};

// ---- mechanism ----

inline error_text& error_text::append_number(long long number) noexcept {
    char digits[20];
    std::size_t count = 0;
    if (number < 0) put('-');
    do {
        const auto last = static_cast<int>(number % 10);
        digits[count++] = static_cast<char>('0' + (last < 0 ? -last : last));
        number /= 10;
    } while (number != 0);
    while (count != 0) put(digits[--count]);
    return *this;
}

inline error_text& error_text::append_duration(long long nanoseconds) noexcept {
    const long long ms = nanoseconds > 0 ? nanoseconds / 1'000'000 : 0;
    const bool in_seconds = ms >= 10'000 || (ms > 0 && ms % 1000 == 0);
    return append_number(in_seconds ? ms / 1000 : ms).append(in_seconds ? " s" : " ms");
}

inline error_text& error_text::append_quoted(std::string_view piece) noexcept {
    constexpr std::size_t shown_max = 64;
    put('"');
    for (std::size_t index = 0; index < piece.size() && index < shown_max; ++index) {
        const auto byte = static_cast<unsigned char>(piece[index]);
        if (byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\') {
            put(piece[index]);
        } else {
            append("\\x");
            put("0123456789abcdef"[byte >> 4]);
            put("0123456789abcdef"[byte & 15]);
        }
    }
    if (piece.size() <= shown_max) return append("\"");
    return append("...\" (").append_number(static_cast<long long>(piece.size())).append(" bytes)");
}

}  // namespace rill
