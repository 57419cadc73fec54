// SPDX-License-Identifier: MIT
#pragma once

// `plain_function`: what may be called where nobody would await what it returns: by `post`, by a `stop_callback`.
//
// A coroutine function is none: it would return a coroutine that never runs.

#include <concepts>
#include <coroutine>
#include <type_traits>

#include "../config.hpp"

namespace rill::inline RILL_ABI {

/// The type of a coroutine, of whatever library.
template <class Type>
concept coroutine_type = requires { typename std::coroutine_traits<Type>::promise_type; };

/// Can be called with the arguments, and returns no coroutine.
template <class Function, class... Arguments>
concept plain_function =
    std::invocable<Function, Arguments...> && !coroutine_type<std::invoke_result_t<Function, Arguments...>>;

}  // namespace rill::inline RILL_ABI
