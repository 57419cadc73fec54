// SPDX-License-Identifier: MIT
#pragma once

// Standard input of Windows: ReadConsoleA of a console, ReadFile of anything else. Included by console_calls.hpp.
//
// When Ctrl-C is typed, ReadFile of a console says that nothing has come, as at its end; ReadConsoleA says why.
// What is typed at a console comes in the code page of that console: a program that wants UTF-8 there sets it.

#include "console_calls.hpp"
#include "windows_calls.hpp"

namespace rill::backend::inline RILL_ABI {

/// A line that begins with Ctrl-Z is the end, unless the program has asked for every key: ReadFile would see to that.
inline error read_console(HANDLE console, DWORD mode, char* to, DWORD room, DWORD& got) noexcept {
    do {
        ::SetLastError(0);
        if (!::ReadConsoleA(console, to, room, &got, nullptr)) return last_system_error();
    } while (got == 0 && ::GetLastError() == ERROR_OPERATION_ABORTED);  // by Ctrl-C, which is a signal and no end
    constexpr char control_z = 26;
    if ((mode & ENABLE_PROCESSED_INPUT) != 0 && got != 0 && *to == control_z) got = 0;
    return {};
}

inline error read_standard_input(slice to, std::size_t& done) noexcept {
    done = 0;
    const HANDLE input = ::GetStdHandle(STD_INPUT_HANDLE);
    if (input == nullptr || input == INVALID_HANDLE_VALUE) return {ERROR_INVALID_HANDLE, error::domain::system};
    constexpr std::size_t size_max = 1 << 20;
    const auto room = static_cast<DWORD>(to.size < size_max ? to.size : size_max);
    DWORD got = 0;
    DWORD mode = 0;
    if (::GetConsoleMode(input, &mode)) {
        if (const error failed = read_console(input, mode, reinterpret_cast<char*>(to.data), room, got)) return failed;
    } else if (!::ReadFile(input, to.data, room, &got, nullptr)) {
        const error failed = last_system_error();
        return failed.code == ERROR_BROKEN_PIPE ? error() : failed;  // the writer of a pipe has gone: the end
    }
    done = got;
    return {};
}

}  // namespace rill::backend::inline RILL_ABI
