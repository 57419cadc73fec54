// SPDX-License-Identifier: MIT
#pragma once

// Standard input of Windows: ReadFile of its handle, whatever it is. Included by console_calls.hpp.
//
// What is typed at a console comes in the code page of that console: a program that wants UTF-8 there sets it.

#include "console_calls.hpp"
#include "windows_calls.hpp"

namespace rill::backend::inline RILL_ABI {

inline error read_standard_input(slice to, std::size_t& done) noexcept {
    done = 0;
    const HANDLE input = ::GetStdHandle(STD_INPUT_HANDLE);
    if (input == nullptr || input == INVALID_HANDLE_VALUE) return {ERROR_INVALID_HANDLE, error::domain::system};
    constexpr std::size_t size_max = 1 << 20;
    DWORD got = 0;
    if (!::ReadFile(input, to.data, static_cast<DWORD>(to.size < size_max ? to.size : size_max), &got, nullptr)) {
        const error failed = last_system_error();
        return failed.code == ERROR_BROKEN_PIPE ? error() : failed;  // the writer of a pipe has gone: the end
    }
    done = got;
    return {};
}

}  // namespace rill::backend::inline RILL_ABI
