// SPDX-License-Identifier: MIT
#pragma once

// `refusal`: what the public functions return for what cannot be awaited, so that the compiler says why in one sentence.
//
// Each of them takes whatever is an `any_awaitable`, and declares beside it, for all else, a function that returns a
// `refusal`: to call that is an error with a text of ours, instead of a list of candidates and unmet constraints.

#include <type_traits>

#include "foreign.hpp"

namespace rill::inline RILL_ABI {

/// A function that returns what can be awaited: it was given where its call is meant.
template <class Given>
concept uncalled_coroutine = requires(Given&& each) { requires any_awaitable<decltype(static_cast<Given&&>(each)())>; };

/// A container of what can be awaited.
template <class Given>
concept kept_container = std::is_lvalue_reference_v<Given> &&
                         requires { requires awaitable<typename std::remove_cvref_t<Given>::value_type>; };

/// Nothing for what can be awaited, and an error for all else.
template <class Given, bool = any_awaitable<Given>>
struct awaited_or_told {
    static constexpr bool told = true;  // whoever asks for it makes the compiler look at this
};

template <class Given>
struct awaited_or_told<Given, false> {
    static constexpr bool told = true;
    static constexpr bool kept = awaitable<std::remove_cvref_t<Given>>;
    static_assert(!kept,
                  "rill: an awaitable is awaited once, as an rvalue: write co_await std::move(it), or await the call");
    static_assert(!kept_container<Given>, "rill: a container of awaitables is given away: write std::move(it)");
    static_assert(!uncalled_coroutine<Given>, "rill: this is a function that returns an awaitable: call it");
    static_assert(
        kept || kept_container<Given> || uncalled_coroutine<Given>,
        "rill: this cannot be awaited: co_await wants a task, an operation, or an awaitable of another library");
};

template <class... Given>
struct refusal {
    static_assert((awaited_or_told<Given>::told && ...));
    static constexpr bool told = true;
};

/// Whether at least one of these cannot be awaited.
template <class... Given>
concept not_awaitable = !(any_awaitable<Given> && ...);

}  // namespace rill::inline RILL_ABI
