// SPDX-License-Identifier: MIT
#pragma once

// `optional_value<T>`: a value that may be missing, of every kind of value that an awaitable can have.
//
// An optional; a pointer for a reference; a bool where there is no value. What with_stop, when_any and a run until a
// signal give: empty means that there is none because it was stopped. For a value or an error see result.hpp.

#include <optional>
#include <type_traits>

#include "awaitable.hpp"

namespace rill::inline RILL_ABI {

/// What there may be of a T: an optional, a pointer for a reference, a bool for void.
template <class T>
struct perhaps {
    using type = std::optional<T>;
};
template <class T>
struct perhaps<T&> {
    using type = T*;
};
template <class T>
struct perhaps<T&&> {
    using type = std::optional<T>;
};
template <>
struct perhaps<void> {
    using type = bool;
};
template <class T>
using optional_value = typename perhaps<T>::type;

/// The result of a finished awaitable as such.
template <awaitable Awaitable>
optional_value<await_result<Awaitable>> take_optional(Awaitable& each) {
    if constexpr (std::is_void_v<await_result<Awaitable>>) {
        each.result();
        return true;
    } else if constexpr (std::is_lvalue_reference_v<await_result<Awaitable>>) {
        return &each.result();
    } else {
        return each.result();
    }
}

}  // namespace rill::inline RILL_ABI
