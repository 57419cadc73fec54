// SPDX-License-Identifier: MIT
#pragma once

// GBK as it comes, in pieces that may end within a character, from and to UTF-8. The system does it: gbk_iconv.cpp or
// gbk_windows.cpp, whichever the build takes.

#include <string>
#include <string_view>

#include "malformed.hpp"

namespace example {

/// Gives the characters that are complete as UTF-8, and keeps the beginning of one that is not until its rest comes.
class gbk_decoder {
  public:
    explicit gbk_decoder(on_malformed what = on_malformed::replace) : what_(what) {}

    std::string decode(std::string_view piece);
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
    on_malformed what_;
    std::string begun_;  // a byte at most
};

/// The bytes of a whole text; what is no UTF-8, or not in GBK, is refused or becomes a question mark.
std::string to_gbk(std::string_view utf8, on_malformed what = on_malformed::refuse);

}  // namespace example
