// SPDX-License-Identifier: MIT
// GBK by iconv(3), of the C library or of libiconv.
#include <iconv.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <system_error>

#include "gbk.hpp"
#include "utf8.hpp"

namespace example {
namespace {

/// The second parameter of iconv is a `const char**` on some systems, and a `char**` on others.
struct place_in_text {
    const char** at;
    operator const char**() const { return at; }                // NOLINT(google-explicit-constructor)
    operator char**() const { return const_cast<char**>(at); }  // NOLINT(google-explicit-constructor)
};

class conversion {
  public:
    conversion(const char* to, const char* from) : native_(::iconv_open(to, from)) {
        if (native_ == reinterpret_cast<iconv_t>(-1))  // NOLINT(performance-no-int-to-ptr): that is how it fails
            throw std::system_error(errno, std::generic_category(), "iconv_open");
    }
    ~conversion() { ::iconv_close(native_); }
    conversion(const conversion&) = delete;
    conversion& operator=(const conversion&) = delete;

    /// Appends what it can of the text, and leaves the rest; gives 0, EILSEQ or EINVAL, which stands for an end within a
    /// character.
    int convert(std::string_view& text, std::string& to) {
        for (;;) {
            std::array<char, 4096> room;
            const char* from = text.data();
            std::size_t left = text.size(), free = room.size();
            char* into = room.data();
            const std::size_t failed = ::iconv(native_, place_in_text{&from}, &left, &into, &free);
            const int why = failed == static_cast<std::size_t>(-1) ? errno : 0;
            to.append(room.data(), room.size() - free);
            text.remove_prefix(text.size() - left);
            if (why != E2BIG) return why;
        }
    }

  private:
    iconv_t native_;
};

}  // namespace

std::string gbk_decoder::decode(std::string_view piece) {
    const std::string bytes = begun_.append(piece);
    std::string text;
    std::string_view left = bytes;
    conversion from_gbk("UTF-8", "GBK");
    while (from_gbk.convert(left, text) == EILSEQ) {
        if (what_ == on_malformed::refuse) refuse_text("not GBK");
        text += replacement_character;
        left.remove_prefix(1);
    }
    begun_.assign(left);
    return text;
}

std::string to_gbk(std::string_view utf8, on_malformed what) {
    utf8_decoder checked(what);
    const std::string text = checked.decode_all(utf8);
    std::string bytes;
    std::string_view left = text;
    conversion from_utf8("GBK", "UTF-8");
    while (from_utf8.convert(left, bytes) == EILSEQ) {
        if (what == on_malformed::refuse) refuse_text("not in GBK");
        bytes += '?';
        left.remove_prefix(size_of_first_character(left));
    }
    return bytes;
}

}  // namespace example
