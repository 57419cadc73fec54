// SPDX-License-Identifier: MIT
#pragma once

// UTF-8 as it comes, in pieces that may end within a character. GBK: gbk.hpp.

#include <cstddef>
#include <string>
#include <string_view>

#include "malformed.hpp"

namespace example {

/// Gives the characters that are complete, and keeps the beginning of one that is not until its rest comes.
class utf8_decoder {
  public:
    explicit utf8_decoder(on_malformed what = on_malformed::replace) : what_(what) {}

    std::string decode(std::string_view piece) {
        const std::string bytes = begun_.append(piece);
        std::string text;
        std::size_t at = 0;
        for (const std::string_view all = bytes; at < all.size();) {
            const auto [size, state] = look(all.substr(at));
            if (state == found::begun) break;
            if (state == found::malformed && what_ == on_malformed::refuse) refuse_text("not UTF-8");
            text += state == found::whole ? all.substr(at, size) : std::string_view(replacement_character);
            at += size;
        }
        begun_.assign(bytes, at);
        return text;
    }
    /// At the end: a character that was only begun is malformed.
    std::string finish() {
        if (begun_.empty()) return {};
        if (what_ == on_malformed::refuse) refuse_text("the text ends within a character");
        begun_.clear();
        return replacement_character;
    }
    /// Of a text that is here as a whole.
    std::string decode_all(std::string_view bytes) {
        std::string text = decode(bytes);
        return text += finish();
    }

  private:
    enum class found { whole, begun, malformed };
    struct answer {
        std::size_t size;
        found state;
    };

    /// The character that these begin with, or how many of them can't begin any (Unicode 15, table 3-7).
    static answer look(std::string_view bytes) {
        const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
        const unsigned char first = byte(0);
        if (first < 0x80) return {1, found::whole};
        if (first < 0xc2 || first > 0xf4) return {1, found::malformed};
        const std::size_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
        for (std::size_t i = 1; i < size; ++i) {
            if (i == bytes.size()) return {i, found::begun};
            const unsigned char least = i > 1 ? 0x80 : first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
            const unsigned char most = i > 1 ? 0xbf : first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
            if (byte(i) < least || byte(i) > most) return {i, found::malformed};
        }
        return {size, found::whole};
    }

    on_malformed what_;
    std::string begun_;
};

/// How many bytes the first character of a UTF-8 text has.
inline std::size_t size_of_first_character(std::string_view text) {
    std::size_t size = 1;
    while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) ++size;
    return size;
}

/// A peer's text for a terminal: what would do something to that is replaced, but lines stay lines.
inline std::string printable(std::string_view text) {
    std::string shown(text);
    for (char& c : shown)
        if ((static_cast<unsigned char>(c) < ' ' && c != '\t' && c != '\n') || c == '\x7f') c = '?';
    return shown;
}

/// A peer's text on one line: what is malformed is replaced as well.
inline std::string one_line(std::string_view bytes) {
    utf8_decoder decoder;
    std::string text = printable(decoder.decode_all(bytes));
    for (char& c : text)
        if (c == '\n') c = '?';
    return text;
}

}  // namespace example
