// SPDX-License-Identifier: MIT
#pragma once

// `when_any(awaitables...)`: runs them side by side until the first one completes, with a value or with an error.
//
// The others are stopped and waited for. Gives a place for the result of each, because a stop may come too late: what
// has completed nevertheless is told, so that nothing which was received, accepted or locked is lost. A place is an
// optional, a bool where there is no value, a pointer for a reference. For the first value see first_success.hpp.
//
//     auto [line, closed] = co_await rill::when_any(console.read_line(), goodbye.wait());

#include <tuple>
#include <utility>

#include "optional_value.hpp"
#include "side_by_side.hpp"

namespace rill::inline RILL_ABI {

/// The rule: the first completion stops the others, and says whether there are values or an error.
class when_any_rule : public scope {
  protected:
    ~when_any_rule() = default;

    void note_end(branch& each, bool failed) noexcept {
        if (each.now != branch::phase::done || first_ != nullptr) return;
        first_ = &each;
        failed_ = failed;
        stop_children();
    }
    bool delivers() noexcept final { return first_ != nullptr || !owner_stopped(); }
    [[nodiscard]] bool failed() const noexcept { return failed_; }

    template <awaitable... Awaitables>
    std::tuple<optional_value<await_result<Awaitables>>...> result(child_tuple<Awaitables...>& children);
    template <template <class...> class Container, awaitable Awaitable, class Value>
    Container<Value> result(child_range<Container, Awaitable, Value>& children);

  private:
    branch* first_ = nullptr;  // null: none has completed
    bool failed_ = false;      // with an error
};

/// Runs all until the first one completes. See the top of this header.
///
/// Result   a tuple with a place for each, in the order of the arguments; at least one of them is not empty.
/// Stopped  all are stopped and unwound; what has completed is delivered nevertheless.
/// Errors   that of the first, if it failed; errors after the first completion are dropped. To have errors told beside
///          values, give it `as_result(awaitable)`.
/// Cost     no allocation.
template <any_awaitable... Awaitables>
    requires(sizeof...(Awaitables) > 0)
[[nodiscard]] auto when_any(Awaitables&&... each) {
    return run_side_by_side<when_any_rule>(std::forward<Awaitables>(each)...);
}

/// Runs all of a std::vector, or of another container of that kind, until the first one completes: gives a vector of
/// places, an empty one at once if there is nothing to run.
/// Cost: one allocation for the children, one for the places; both when it is called.
template <template <class...> class Container, class Awaitable, class... Rest>
    requires container_of_awaitables<Container, Awaitable, Rest...>
[[nodiscard]] auto when_any(Container<Awaitable, Rest...>&& all) {
    using children = child_range<Container, Awaitable, optional_value<await_result<Awaitable>>>;
    return side_by_side<when_any_rule, children>(std::move(all));
}

template <class... Given>
    requires not_awaitable<Given...>
refusal<Given...> when_any(Given&&... each);

// ---- mechanism ----

/// What there is of a child that has ended; an error counts as nothing.
template <awaitable Awaitable>
optional_value<await_result<Awaitable>> place_of(child<Awaitable>& each) {
    if (each.now != branch::phase::done || each.failed()) return {};
    return take_optional(each.what);
}

template <awaitable... Awaitables>
std::tuple<optional_value<await_result<Awaitables>>...> when_any_rule::result(child_tuple<Awaitables...>& children) {
    if (failed_) {
        children.visit([&](auto& each) {
            if (&each == first_) static_cast<void>(each.what.result());
        });
    }
    return children.apply(
        [](auto&... each) { return std::tuple<optional_value<await_result<Awaitables>>...>(place_of(each)...); });
}

template <template <class...> class Container, awaitable Awaitable, class Value>
Container<Value> when_any_rule::result(child_range<Container, Awaitable, Value>& children) {
    if (failed_) static_cast<void>(children.of(*first_).what.result());
    return children.collect([](auto& each) { return place_of(each); });
}

}  // namespace rill::inline RILL_ABI
