// SPDX-License-Identifier: MIT
#pragma once

// What ends a run: a system call that failed, or a server that did what an echo server may not. Nothing is passed over:
// a figure of a run with a wrong echo would be a lie.

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

namespace load {

/// The server sent what it was not asked for, or too little.
struct wrong_answer : std::runtime_error {
    using std::runtime_error::runtime_error;
};

[[noreturn]] inline void throw_system_error(const char* call) {
    throw std::system_error(errno, std::generic_category(), call);
}

/// The result of a system call, if it did not fail.
template <class Result>
Result checked(Result result, const char* call) {
    if (result < 0) throw_system_error(call);
    return result;
}

}  // namespace load
