// SPDX-License-Identifier: MIT
#include <rill/backend/windows_headers.hpp>

#include <array>
#include <cstdint>
#include <system_error>

#include "files.hpp"

namespace example {
namespace {

[[noreturn]] void fail(const std::string& path) {
    throw std::system_error(static_cast<int>(::GetLastError()), std::system_category(), path);
}

/// Empty if it is no UTF-8.
std::wstring wide(const std::string& path) {
    std::array<wchar_t, 4096> text{};
    ::MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path.c_str(), -1, text.data(), text.size());
    return text.data();
}

rill::owned_handle open(const std::string& path, DWORD access, DWORD disposition, DWORD flags) {
    const HANDLE file =
        ::CreateFileW(wide(path).c_str(), access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                      disposition, FILE_ATTRIBUTE_NORMAL | flags, nullptr);
    return rill::owned_handle(reinterpret_cast<std::intptr_t>(file));
}

}  // namespace

rill::owned_handle open_in_this_folder(std::string_view name) {
    // A point or a blank at the end would be dropped, and so lead to another file.
    if (!is_plain_name(name) || name.back() == '.' || name.back() == ' ') return {};
    // FILE_FLAG_OPEN_REPARSE_POINT: a symbolic link itself, not where it leads. A device's name opens no file of a disk.
    rill::owned_handle file = open(std::string(name), GENERIC_READ, OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT);
    if (!file) return {};
    const auto native = reinterpret_cast<HANDLE>(file.get());  // NOLINT(performance-no-int-to-ptr)
    BY_HANDLE_FILE_INFORMATION what{};
    constexpr DWORD refused = FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DEVICE;
    const bool plain = ::GetFileType(native) == FILE_TYPE_DISK && ::GetFileInformationByHandle(native, &what) &&
                       (what.dwFileAttributes & refused) == 0;
    if (!plain) return {};
    return file;
}

rill::owned_handle open_to_read(const std::string& path) {
    rill::owned_handle file = open(path, GENERIC_READ, OPEN_EXISTING, 0);
    if (!file) fail(path);
    return file;
}

rill::owned_handle make_file(const std::string& path) {
    rill::owned_handle file = open(path, GENERIC_WRITE, CREATE_NEW, 0);
    if (!file && ::GetLastError() != ERROR_FILE_EXISTS) fail(path);
    return file;
}

void make_folder(const std::string& path) {
    if (!::CreateDirectoryW(wide(path).c_str(), nullptr) && ::GetLastError() != ERROR_ALREADY_EXISTS) fail(path);
}

void rename_file(const std::string& from, const std::string& to) {
    if (!::MoveFileExW(wide(from).c_str(), wide(to).c_str(), MOVEFILE_REPLACE_EXISTING)) fail(to);
}

void remove_file(const std::string& path) noexcept { ::DeleteFileW(wide(path).c_str()); }

}  // namespace example
