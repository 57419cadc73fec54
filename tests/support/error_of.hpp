// SPDX-License-Identifier: MIT
#pragma once

// What a plain call has thrown.

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

}  // namespace support
