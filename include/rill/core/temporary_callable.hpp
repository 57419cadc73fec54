// SPDX-License-Identifier: MIT
#pragma once

// Whether a callable may be given as it was: g++ 12 destroys a temporary twice that is a lambda whose captures have
// destructors, or an aggregate with such members, when the call that takes it is awaited
// (`co_await with_task_group([text](...) {...})`), so the library refuses those there.
//
// Not to be told apart by the type, and refused with it: such a lambda with a name, passed through std::move.

#include <type_traits>

#include "../config.hpp"

namespace rill::inline RILL_ABI {

/// Whether a forwarded callable survives being awaited: any but such a temporary.
/// (A lambda with captures is known by what it lacks: it can't be assigned.)
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
template <class Given>
inline constexpr bool survives_being_awaited =
    std::is_lvalue_reference_v<Given> || std::is_trivially_destructible_v<Given> ||
    (std::is_move_assignable_v<Given> && !std::is_aggregate_v<Given>);
#else
template <class Given>
inline constexpr bool survives_being_awaited = true;
#endif

}  // namespace rill::inline RILL_ABI
