// SPDX-License-Identifier: MIT
#pragma once

// `first_success(awaitables...)`: runs them side by side until the first one has a value, and gives that.
//
// The others are stopped and waited for; what they still give is dropped, so race here only what may be lost (a second
// connection, say, which is closed), and else take when_any.hpp. If all fail, all their errors are told: `all_failed`.
//
//     rill::tcp_stream nearest = co_await rill::first_success(connect(here), connect(there));

#include <type_traits>
#include <utility>

#include "all_failed.hpp"
#include "side_by_side.hpp"

namespace rill::inline RILL_ABI {

/// The rule: the first value stops the others.
class first_success_rule : public scope {
  protected:
    ~first_success_rule() = default;

    void note_end(branch& each, bool failed) noexcept {
        if (each.now == branch::phase::stopped) {
            some_stopped_ = true;
        } else if (!failed && winner_ == nullptr) {
            winner_ = &each;
            stop_children();
        }
    }
    bool delivers() noexcept final { return winner_ != nullptr || !some_stopped_; }
    [[nodiscard]] bool failed() const noexcept { return winner_ == nullptr; }

    template <awaitable First, awaitable... Rest>
    await_result<First> result(child_tuple<First, Rest...>& children);
    template <template <class...> class Container, awaitable Awaitable, class Value>
    await_result<Awaitable> result(child_range<Container, Awaitable, Value>& children);

  private:
    branch* winner_ = nullptr;  // null: none has a value
    bool some_stopped_ = false;
};

/// Awaitables whose values are of one type.
template <class First, class... Rest>
concept with_the_same_type_of_value =
    (std::is_same_v<await_result<kept_awaitable<First>>, await_result<kept_awaitable<Rest>>> && ...);

/// Runs all until the first one has a value. See the top of this header.
///
/// Stopped  all are stopped and unwound; a value that is there by then is delivered.
/// Errors   all_failed, with all errors in the order of the arguments; std::bad_alloc if there is no memory for them.
/// Cost     no allocation, unless all fail.
template <any_awaitable First, any_awaitable... Rest>
[[nodiscard]] auto first_success(First&& first, Rest&&... rest) {
    static_assert(with_the_same_type_of_value<First, Rest...>,
                  "rill: first_success wants awaitables whose values are of one type");
    return run_side_by_side<first_success_rule>(std::forward<First>(first), std::forward<Rest>(rest)...);
}

/// Runs all of a std::vector, or of another container of that kind, until the first one has a value. Of none, all have
/// failed. Cost: one allocation for the children, when it is called.
template <template <class...> class Container, class Awaitable, class... Rest>
    requires container_of_awaitables<Container, Awaitable, Rest...>
[[nodiscard]] auto first_success(Container<Awaitable, Rest...>&& all) {
    return side_by_side<first_success_rule, child_range<Container, Awaitable, no_value>>(std::move(all));
}

template <class... Given>
    requires not_awaitable<Given...>
refusal<Given...> first_success(Given&&... each);

// ---- mechanism ----

/// The result of the one of several children, which are all of the same type of value, that is `which`.
template <class Child, class... Rest>
decltype(auto) result_of_one([[maybe_unused]] const branch& which, Child& first, Rest&... rest) {
    if constexpr (sizeof...(Rest) > 0) {
        if (&first != &which) return result_of_one(which, rest...);
    }
    return first.what.result();
}

template <awaitable First, awaitable... Rest>
await_result<First> first_success_rule::result(child_tuple<First, Rest...>& children) {
    if (winner_ == nullptr) {
        all_failed all(1 + sizeof...(Rest));
        children.visit([&](auto& each) { all.add(exception_of(each.what)); });
        throw all_failed(all);
    }
    return children.apply([&](auto&... each) -> decltype(auto) { return result_of_one(*winner_, each...); });
}

template <template <class...> class Container, awaitable Awaitable, class Value>
await_result<Awaitable> first_success_rule::result(child_range<Container, Awaitable, Value>& children) {
    if (winner_ == nullptr) {
        all_failed all(children.size());
        children.visit([&](auto& each) { all.add(exception_of(each.what)); });
        throw all_failed(all);
    }
    return children.of(*winner_).what.result();
}

}  // namespace rill::inline RILL_ABI
