// SPDX-License-Identifier: MIT
#pragma once

// What a plain call has thrown, and what a result says.

#include <string>
#include <system_error>

namespace support {

/// The code of the std::system_error that `function` throws; none if it does not.
template <class Function>
std::error_code error_of(Function function) {
    try {
        function();
    } catch (const std::system_error& error) {
        return error.code();
    }
    return {};
}

/// The text of the error of a result; none if it has a value.
template <class Result>
std::string message_of(const Result& failed) {
    try {
        static_cast<void>(failed.value());
    } catch (const std::system_error& error) {
        return error.what();
    }
    return {};
}

}  // namespace support
