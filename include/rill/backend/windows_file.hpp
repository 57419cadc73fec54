// SPDX-License-Identifier: MIT
#pragma once

// Files of Windows: CreateFileW, ReadFile, WriteFile, GetOverlappedResult, GetFileSizeEx. Included by file_calls.hpp, which says what these do.

#include "file_calls.hpp"
#include "windows_calls.hpp"

namespace rill::backend::inline RILL_ABI {

inline HANDLE native_file(std::intptr_t file) noexcept {
    return reinterpret_cast<HANDLE>(file);  // NOLINT(performance-no-int-to-ptr): that is what a HANDLE is
}

inline error open_file(const wchar_t* path, file_access how, std::intptr_t& opened) noexcept {
    constexpr DWORD dispositions[] = {OPEN_EXISTING, OPEN_ALWAYS, CREATE_ALWAYS};
    const HANDLE file = ::CreateFileW(path, how == file_access::read ? GENERIC_READ : GENERIC_WRITE,
                                      FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                      dispositions[static_cast<std::size_t>(how)], FILE_ATTRIBUTE_NORMAL, nullptr);
    opened = reinterpret_cast<std::intptr_t>(file);
    return file == INVALID_HANDLE_VALUE ? last_system_error() : error();
}

/// The path is UTF-8.
inline error open_file(const char* path, file_access how, std::intptr_t& opened) noexcept {
    constexpr int size_max = 4096;
    wchar_t wide[size_max];
    opened = -1;
    if (::MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, size_max) == 0) return last_system_error();
    return open_file(wide, how, opened);
}

inline void close_file(std::intptr_t file) noexcept { ::CloseHandle(native_file(file)); }

inline error size_of_file(std::intptr_t file, std::uint64_t& size) noexcept {
    LARGE_INTEGER found{};
    if (!::GetFileSizeEx(native_file(file), &found)) return last_system_error();
    size = static_cast<std::uint64_t>(found.QuadPart);
    return {};
}

/// Why TransmitFile can't send from this: it is no open handle, or no file of a disk.
inline error refusal_of_file(std::intptr_t file) noexcept {
    ::SetLastError(0);
    switch (::GetFileType(native_file(file))) {
        case FILE_TYPE_DISK:
            return {};
        case FILE_TYPE_UNKNOWN:
            if (const error failed = last_system_error()) return failed;
            [[fallthrough]];
        default:
            return not_supported_here;
    }
}

/// A place in a file, as ReadFile and WriteFile take it.
inline OVERLAPPED place_in_file(std::uint64_t offset) noexcept {
    OVERLAPPED place{};
    place.Offset = static_cast<DWORD>(offset);
    place.OffsetHigh = static_cast<DWORD>(offset >> 32);
    return place;
}

inline DWORD at_most_32_bits(std::size_t size) noexcept {
    return size < pieces_left::size_max ? static_cast<DWORD>(size) : static_cast<DWORD>(pieces_left::size_max);
}

/// What a call has answered; waits for what goes on, as it does where the file was opened for overlapped operations.
inline bool has_moved(BOOL answer, std::intptr_t file, OVERLAPPED& place, DWORD& bytes) noexcept {
    if (answer) return true;
    return ::GetLastError() == ERROR_IO_PENDING && ::GetOverlappedResult(native_file(file), &place, &bytes, TRUE);
}

inline error read_file(std::intptr_t file, std::uint64_t offset, slice to, std::size_t& done) noexcept {
    OVERLAPPED place = place_in_file(offset);
    DWORD got = 0;
    const BOOL answer = ::ReadFile(native_file(file), to.data, at_most_32_bits(to.size), &got, &place);
    const bool read = has_moved(answer, file, place, got);
    done = got;
    if (read || ::GetLastError() == ERROR_HANDLE_EOF) return {};
    return last_system_error();
}

inline error write_file(std::intptr_t file, std::uint64_t offset, slice from, std::size_t& done) noexcept {
    for (done = 0; done < from.size;) {
        OVERLAPPED place = place_in_file(offset + done);
        DWORD put = 0;
        const DWORD size = at_most_32_bits(from.size - done);
        const BOOL answer = ::WriteFile(native_file(file), from.data + done, size, &put, &place);
        if (!has_moved(answer, file, place, put)) return last_system_error();
        done += put;
    }
    return {};
}

}  // namespace rill::backend::inline RILL_ABI
