// SPDX-License-Identifier: MIT
#pragma once

// `when_all(awaitables...)`: runs them side by side, and ends when all have ended.
//
// Gives a tuple of their values, in the order of the arguments; `nothing` stands where there is none. A vector of
// awaitables gives a vector. The first error stops the others, waits for them, and is thrown. The children start in
// argument order. For the first of several see when_any.hpp, for a number that is not known see task_group.hpp.
//
//     auto [server, client] = co_await rill::when_all(listener.accept(), rill::tcp_stream::connect(where));

#include <tuple>
#include <type_traits>
#include <utility>

#include "side_by_side.hpp"

namespace rill::inline RILL_ABI {

/// The value of what has none.
struct nothing {
    nothing() noexcept = default;
    friend bool operator==(nothing, nothing) noexcept = default;
};

/// T, or `nothing` for void.
template <class T>
using something = std::conditional_t<std::is_void_v<T>, nothing, T>;

/// Something that a container can keep: a pointer for a reference.
template <class T>
using keepable = std::conditional_t<std::is_reference_v<T>, std::remove_reference_t<T>*, something<T>>;

/// The rule: the first error stops the others.
class when_all_rule : public scope {
  protected:
    ~when_all_rule() = default;

    void note_end(branch& each, bool failed) noexcept {
        if (failed && first_failed_ == nullptr) {
            first_failed_ = &each;
            stop_children();
        } else if (each.now == branch::phase::stopped) {
            some_stopped_ = true;
        }
    }
    bool delivers() noexcept final { return first_failed_ != nullptr || !some_stopped_; }
    [[nodiscard]] bool failed() const noexcept { return first_failed_ != nullptr; }

    template <awaitable... Awaitables>
    std::tuple<something<await_result<Awaitables>>...> result(child_tuple<Awaitables...>& children);
    template <template <class...> class Container, awaitable Awaitable, class Value>
    auto result(child_range<Container, Awaitable, Value>& children);

  private:
    branch* first_failed_ = nullptr;
    bool some_stopped_ = false;
};

/// Runs all side by side. See the top of this header.
///
/// Stopped  all are stopped and unwound, the last one ends it; if all had completed by then, their values are delivered.
/// Errors   the first one, after the others have ended.
/// Cost     no allocation.
template <any_awaitable... Awaitables>
[[nodiscard]] auto when_all(Awaitables&&... each) {
    return run_side_by_side<when_all_rule>(std::forward<Awaitables>(each)...);
}

/// Runs all of a std::vector side by side, or of another container of that kind; of references it gives pointers.
/// Cost: one allocation for the children, one for the values; both when it is called.
template <template <class...> class Container, class Awaitable, class... Rest>
    requires container_of_awaitables<Container, Awaitable, Rest...>
[[nodiscard]] auto when_all(Container<Awaitable, Rest...>&& all) {
    using children = child_range<Container, Awaitable, keepable<await_result<Awaitable>>>;
    return side_by_side<when_all_rule, children>(std::move(all));
}

template <class... Given>
    requires not_awaitable<Given...>
refusal<Given...> when_all(Given&&... each);

// ---- mechanism ----

/// The result of a child that has a value.
template <awaitable Awaitable>
something<await_result<Awaitable>> value_of(child<Awaitable>& each) {
    if constexpr (std::is_void_v<await_result<Awaitable>>) {
        each.what.result();
        return {};
    } else {
        return each.what.result();
    }
}

template <awaitable... Awaitables>
std::tuple<something<await_result<Awaitables>>...> when_all_rule::result(child_tuple<Awaitables...>& children) {
    children.visit([&](auto& each) {
        if (&each == first_failed_) static_cast<void>(each.what.result());
    });
    return children.apply(
        [](auto&... each) { return std::tuple<something<await_result<Awaitables>>...>(value_of(each)...); });
}

template <template <class...> class Container, awaitable Awaitable, class Value>
auto when_all_rule::result(child_range<Container, Awaitable, Value>& children) {
    if (first_failed_ != nullptr) static_cast<void>(children.of(*first_failed_).what.result());
    if constexpr (std::is_lvalue_reference_v<await_result<Awaitable>>) {
        return children.collect([](auto& each) { return &each.what.result(); });
    } else if constexpr (!std::is_void_v<await_result<Awaitable>>) {
        return children.collect([](auto& each) { return each.what.result(); });
    }
}

}  // namespace rill::inline RILL_ABI
