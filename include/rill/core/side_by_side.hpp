// SPDX-License-Identifier: MIT
#pragma once

// What when_all, when_any and first_success have in common: one scope that holds its children, and starts them in order.
//
// The children are a tuple or a container (`child_tuple`, `child_range`); the rule is what sets the three apart: whom an
// end stops, whether there is a result, and what that is. Both are moved until the scope starts, and not after that.

#include <concepts>
#include <tuple>
#include <type_traits>
#include <utility>

#include "awaitable.hpp"
#include "foreign.hpp"
#include "io_context.hpp"
#include "refusal.hpp"

namespace rill::inline RILL_ABI {

/// Children of different types.
template <awaitable... Awaitables>
class child_tuple {
  public:
    explicit child_tuple(Awaitables&&... each) : all_(child<Awaitables>(std::move(each))...) {}

    /// Calls a function for each, in the order of the arguments.
    template <class Function>
    void visit(Function function) {
        std::apply([&](auto&... each) { (function(each), ...); }, all_);
    }
    /// Calls a function with all.
    template <class Function>
    decltype(auto) apply(Function function) {
        return std::apply(function, all_);
    }
    /// Whether one that has ended completed with an error.
    [[nodiscard]] bool failed(const branch& ended) noexcept {
        bool failed = false;
        visit([&](const auto& each) { failed = failed || (&each == &ended && each.failed()); });
        return failed;
    }

  private:
    std::tuple<child<Awaitables>...> all_;
};

/// What a container of children makes room for when there is nothing to keep.
struct no_value {};

/// Children of one type, in a container of the kind that the user has given, and room for what they give.
template <template <class...> class Container, awaitable Awaitable, class Value>
class child_range {
  public:
    using values = Container<Value>;

    template <class Given>
        requires(!std::is_same_v<Given, child_range> && requires(Given& all) { all.size(); })
    explicit child_range(Given&& all) {
        all_.reserve(all.size());
        if constexpr (!std::is_empty_v<Value>) values_.reserve(all.size());
        for (Awaitable& each : all) all_.emplace_back(std::move(each));
    }

    template <class Function>
    void visit(Function function) {
        for (auto& each : all_) function(each);
    }
    [[nodiscard]] bool failed(const branch& ended) const noexcept { return of(ended).failed(); }
    [[nodiscard]] static const child<Awaitable>& of(const branch& each) noexcept {
        return static_cast<const child<Awaitable>&>(each);
    }
    [[nodiscard]] static child<Awaitable>& of(branch& each) noexcept { return static_cast<child<Awaitable>&>(each); }
    [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
    /// What a function makes of each, in order. Once; the room for it was there from the beginning.
    template <class Function>
    values collect(Function function) {
        for (auto& each : all_) values_.push_back(function(each));
        return std::move(values_);
    }

  private:
    Container<child<Awaitable>> all_;
    values values_;
};

/// Starts all children, in order, and ends when all have ended. `Rule` derives from `scope` and has
/// note_end(branch&, bool failed)   a child has ended: stop the others?
/// failed()                         whether the result will throw
/// result(Children&)                the result, or throws
template <class Rule, class Children>
class [[nodiscard]] side_by_side final : public Rule {
  public:
    template <class... Given>
        requires std::constructible_from<Children, Given&&...>
    explicit side_by_side(Given&&... each) : children_(std::forward<Given>(each)...) {}
    side_by_side(side_by_side&& other) noexcept : Rule(), children_(std::move(other.children_)) {}

    bool start(branch& on) noexcept {
        if (!on.open()) return on.refuse();
        this->begin(on);
        children_.visit([&](auto& each) { this->start_child(each, *on.context); });
        return this->finish_start();
    }
    [[nodiscard]] bool failed() const noexcept { return Rule::failed(); }
    decltype(auto) result() { return Rule::result(children_); }

  private:
    void child_ended(branch& ended) noexcept override { Rule::note_end(ended, children_.failed(ended)); }

    Children children_;
};

/// Awaitables in a container that is given away: std::vector, or another of that kind.
template <template <class...> class Container, class Awaitable, class... Rest>
concept container_of_awaitables = awaitable<Awaitable> && !any_awaitable<Container<Awaitable, Rest...>>;

/// Makes the awaitable of a rule from several awaitables.
template <class Rule, any_awaitable... Awaitables>
[[nodiscard]] auto run_side_by_side(Awaitables&&... each) {
    return side_by_side<Rule, child_tuple<kept_awaitable<Awaitables>...>>(
        as_awaitable(std::forward<Awaitables>(each))...);
}

}  // namespace rill::inline RILL_ABI
