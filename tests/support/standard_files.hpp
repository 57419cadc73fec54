// SPDX-License-Identifier: MIT
#pragma once

// The files of a process by their numbers, as POSIX and the run-time library of Windows have them: 0 is standard input.

#include <fcntl.h>

#ifdef _WIN32
#include <io.h>
#include <rill/backend/windows_headers.hpp>
#else
#include <unistd.h>
#endif

#include <cstdio>
#include <string_view>

namespace support {

inline constexpr int standard_input = 0;

#ifdef _WIN32
inline int copy_of(int file) { return ::_dup(file); }
/// Gives a file this number, instead of what had it.
inline void copy_to(int file, int number) {
    if (file != number) ::_dup2(file, number);
    if (number == standard_input) ::SetStdHandle(STD_INPUT_HANDLE, reinterpret_cast<HANDLE>(::_get_osfhandle(number)));
}
inline void close_file(int file) {
    ::_close(file);
    if (file == standard_input) ::SetStdHandle(STD_INPUT_HANDLE, nullptr);
}
inline int number_of(std::FILE* file) { return ::_fileno(file); }
inline int open_nothing() { return ::_open("NUL", _O_RDONLY | _O_BINARY); }
inline bool make_pipe(int (&ends)[2]) { return ::_pipe(ends, 65536, _O_BINARY | _O_NOINHERIT) == 0; }
inline bool write_all(int to, std::string_view text) {
    return ::_write(to, text.data(), static_cast<unsigned>(text.size())) == static_cast<int>(text.size());
}
#else
inline int copy_of(int file) { return ::dup(file); }
inline void copy_to(int file, int number) { ::dup2(file, number); }
inline void close_file(int file) { ::close(file); }
inline int number_of(std::FILE* file) { return ::fileno(file); }
inline int open_nothing() { return ::open("/dev/null", O_RDONLY); }
inline bool make_pipe(int (&ends)[2]) { return ::pipe(ends) == 0; }
inline bool write_all(int to, std::string_view text) {
    return ::write(to, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}
#endif

}  // namespace support
