// SPDX-License-Identifier: MIT
// GBK by MultiByteToWideChar and WideCharToMultiByte, code page 936.
#include <rill/backend/windows_headers.hpp>

#include <array>

#include "gbk.hpp"
#include "utf8.hpp"

namespace example {
namespace {

constexpr UINT gbk_page = 936;

/// One character; 0 wide ones if it is none.
std::wstring wide(UINT page, std::string_view character) {
    std::array<wchar_t, 4> text{};
    const int size = ::MultiByteToWideChar(page, MB_ERR_INVALID_CHARS, character.data(),
                                           static_cast<int>(character.size()), text.data(), text.size());
    return {text.data(), static_cast<std::size_t>(size)};
}

std::string narrow(UINT page, DWORD flags, const std::wstring& character, BOOL* replaced) {
    std::array<char, 8> bytes{};
    const int size = ::WideCharToMultiByte(page, flags, character.data(), static_cast<int>(character.size()),
                                           bytes.data(), bytes.size(), nullptr, replaced);
    return {bytes.data(), static_cast<std::size_t>(size)};
}

}  // namespace

std::string gbk_decoder::decode(std::string_view piece) {
    const std::string bytes = begun_.append(piece);
    std::string text;
    std::string_view left = bytes;
    while (!left.empty()) {
        const auto first = static_cast<unsigned char>(left.front());
        const std::size_t size = ::IsDBCSLeadByteEx(gbk_page, first) ? 2 : 1;
        if (size > left.size()) break;
        const std::wstring character = first == 0xff ? L"" : wide(gbk_page, left.substr(0, size));
        if (character.empty() && what_ == on_malformed::refuse) refuse_text("not GBK");
        text += character.empty() ? replacement_character : narrow(CP_UTF8, 0, character, nullptr);
        left.remove_prefix(character.empty() ? 1 : size);
    }
    begun_.assign(left);
    return text;
}

std::string to_gbk(std::string_view utf8, on_malformed what) {
    utf8_decoder checked(what);
    const std::string text = checked.decode_all(utf8);
    std::string bytes;
    for (std::string_view left = text; !left.empty();) {
        const std::size_t size = size_of_first_character(left);
        BOOL replaced = FALSE;
        const std::string character =
            narrow(gbk_page, WC_NO_BEST_FIT_CHARS, wide(CP_UTF8, left.substr(0, size)), &replaced);
        if (replaced && what == on_malformed::refuse) refuse_text("not in GBK");
        bytes += replaced ? "?" : character;
        left.remove_prefix(size);
    }
    return bytes;
}

}  // namespace example
