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

#include "awaitable.hpp"
#include "foreign.hpp"
#include "io_context.hpp"

namespace rill::inline RILL_ABI {

/// The value of what has none.
struct nothing {
    nothing() noexcept = default;
    friend bool operator==(nothing, nothing) noexcept = default;
};

/// T, or `nothing` for void.
template <class T>
using something = std::conditional_t<std::is_void_v<T>, nothing, T>;

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

/// What both forms have in common: the first error stops the others.
class all_scope : public scope {
  protected:
    ~all_scope() = default;

    /// Whether a child has failed, and which.
    branch* first_failed_ = nullptr;

    void note_end(branch& each, bool failed) noexcept {
        if (failed && first_failed_ == nullptr) {
            first_failed_ = &each;
            stop_children();
        } else if (each.now == branch::phase::stopped) {
            some_stopped_ = true;
        }
    }
    bool delivers() noexcept final { return first_failed_ != nullptr || !some_stopped_; }

  private:
    bool some_stopped_ = false;
};

/// Made by `when_all` of several awaitables.
template <awaitable... Awaitables>
class [[nodiscard]] when_all_operation final : public all_scope {
  public:
    explicit when_all_operation(Awaitables&&... each) : children_(child<Awaitables>(std::move(each))...) {}
    when_all_operation(when_all_operation&& other) noexcept : all_scope(), children_(std::move(other.children_)) {}

    bool start(branch& on) noexcept {
        if (!on.open()) return on.refuse();
        begin(on);
        std::apply([&](auto&... each) { (start_child(each, *on.context), ...); }, children_);
        return finish_start();
    }
    [[nodiscard]] bool failed() const noexcept { return first_failed_ != nullptr; }
    std::tuple<something<await_result<Awaitables>>...> result() {
        if (first_failed_ != nullptr) raise();
        return std::apply(
            [](auto&... each) { return std::tuple<something<await_result<Awaitables>>...>(value_of(each)...); },
            children_);
    }

  private:
    void child_ended(branch& ended) noexcept override {
        bool failed = false;
        std::apply([&](auto&... each) { ((failed = failed || (&each == &ended && each.failed())), ...); }, children_);
        note_end(ended, failed);
    }
    void raise() {
        std::apply([&](auto&... each) { ((&each == first_failed_ ? static_cast<void>(value_of(each)) : void()), ...); },
                   children_);
    }

    std::tuple<child<Awaitables>...> children_;
};

/// Made by `when_all` of a container. The container is that of the user, who has included it.
template <template <class...> class Container, awaitable Awaitable>
class [[nodiscard]] when_all_of_range final : public all_scope {
    using value_type = await_result<Awaitable>;
    using kept_value = std::conditional_t<std::is_reference_v<value_type>, std::remove_reference_t<value_type>*,
                                          something<value_type>>;
    using values = std::conditional_t<std::is_void_v<value_type>, void, Container<kept_value>>;

  public:
    template <class Given>
        requires(!std::is_same_v<Given, when_all_of_range>)
    explicit when_all_of_range(Given&& all) {
        children_.reserve(all.size());
        if constexpr (!std::is_void_v<value_type>) values_.reserve(all.size());
        for (Awaitable& each : all) children_.emplace_back(std::move(each));
    }
    when_all_of_range(when_all_of_range&& other) noexcept
        : all_scope(), children_(std::move(other.children_)), values_(std::move(other.values_)) {}

    bool start(branch& on) noexcept {
        if (!on.open()) return on.refuse();
        begin(on);
        for (auto& each : children_) start_child(each, *on.context);
        return finish_start();
    }
    [[nodiscard]] bool failed() const noexcept { return first_failed_ != nullptr; }
    values result() {
        if (first_failed_ != nullptr) static_cast<child<Awaitable>*>(first_failed_)->what.result();
        if constexpr (std::is_reference_v<value_type>) {
            for (auto& each : children_) values_.push_back(&each.what.result());
        } else if constexpr (!std::is_void_v<value_type>) {
            for (auto& each : children_) values_.push_back(each.what.result());
        }
        if constexpr (!std::is_void_v<value_type>) return std::move(values_);
    }

  private:
    void child_ended(branch& ended) noexcept override {
        note_end(ended, static_cast<child<Awaitable>&>(ended).failed());
    }

    Container<child<Awaitable>> children_;
    Container<kept_value> values_;  // its room is there from the beginning
};

/// Runs all side by side. See the top of this header.
///
/// Stopped  all are stopped and unwound, the last one ends it; if all had completed by then, their values are delivered.
/// Errors   the first one, after the others have ended.
/// Cost     no allocation.
template <any_awaitable... Awaitables>
[[nodiscard]] auto when_all(Awaitables&&... each) {
    return when_all_operation<kept_awaitable<Awaitables>...>(as_awaitable(std::forward<Awaitables>(each))...);
}

/// Runs all of a std::vector side by side, or of another container of that kind; of references it gives pointers.
/// Cost: one allocation for the children, one for the values; both when it is called.
template <template <class...> class Container, awaitable Awaitable, class... Rest>
    requires(!any_awaitable<Container<Awaitable, Rest...>>)
[[nodiscard]] auto when_all(Container<Awaitable, Rest...>&& all) {
    return when_all_of_range<Container, Awaitable>(std::move(all));
}

}  // namespace rill::inline RILL_ABI
