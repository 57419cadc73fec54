// SPDX-License-Identifier: MIT
#pragma once

// `stays_inside`: whether what a function returns from under a lock could lead back to what the lock protects.
//
// A reference, a pointer, an iterator or a view is refused, also in a pair, a tuple or an optional, and so is the element of
// a std::vector<bool>: what it means may be gone, or written by others, as soon as the lock is left. A copy, a number or something that owns is fine. What a function
// writes to a variable outside of it cannot be seen here.

#include <iterator>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "../config.hpp"

namespace rill::inline RILL_ABI {

/// Wraps a reference: std::reference_wrapper, which <functional> has.
template <class Value>
concept reference_in_a_coat = requires(const Value& each) {
    typename Value::type;
    { each.get() } -> std::same_as<typename Value::type&>;
    requires std::is_convertible_v<const Value&, typename Value::type&>;
};

/// Stands for a bit that lies elsewhere, as what a subscript of std::vector<bool> or std::bitset gives: it is written to
/// like a bool, but can't be made of one.
template <class Value>
concept bit_elsewhere =
    std::is_convertible_v<const Value&, bool> && !std::is_constructible_v<Value, bool> && requires(Value each) {
        each = true;
        each.flip();
    };

template <class Value>
struct leads_back {
    static constexpr bool value = std::input_or_output_iterator<Value> || reference_in_a_coat<Value> ||
                                  bit_elsewhere<Value> || std::ranges::enable_view<Value> ||
                                  std::ranges::enable_borrowed_range<Value>;
};
template <class Value>
struct leads_back<Value&> : std::true_type {};
template <class Value>
struct leads_back<Value&&> : std::true_type {};
template <class Value>
struct leads_back<Value*> : std::bool_constant<!std::is_function_v<Value>> {};
template <>
struct leads_back<void> : std::false_type {};
template <class One, class Other>
struct leads_back<std::pair<One, Other>> : std::bool_constant<leads_back<One>::value || leads_back<Other>::value> {};
template <class... Each>
struct leads_back<std::tuple<Each...>> : std::bool_constant<(leads_back<Each>::value || ...)> {};
template <class Value>
struct leads_back<std::optional<Value>> : leads_back<Value> {};

/// What may leave a lock.
template <class Value>
concept stays_inside = !leads_back<std::remove_cv_t<Value>>::value;

}  // namespace rill::inline RILL_ABI
