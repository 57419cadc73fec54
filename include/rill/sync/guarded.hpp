// SPDX-License-Identifier: MIT
#pragma once

// `guarded<T>`: a value that several threads and coroutines share, and that nobody touches without its lock.
//
// There is no lock to forget: a function goes in, and what it returns comes out. What would lead back to the value from
// outside (a reference, an iterator, a view) does not compile, and neither does a function that could be suspended inside.
// A second entry from inside is an error, not a hang. Functions should be short: they block the thread, and its loop with
// it. What only coroutines of one thread share needs none of this; to pass values along take a channel.
//
//     rill::guarded<std::map<std::string, int>> rooms;
//     rooms.with([](auto& map) { ++map["lobby"]; });
//     co_await rooms.wait([](const auto& map) { return map.contains("garden"); });

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include "../core/call_outcome.hpp"
#include "../core/clock.hpp"
#include "../core/foreign.hpp"
#include "../core/optional_value.hpp"
#include "../core/plain_function.hpp"
#include "../core/temporary_callable.hpp"
#include "guard_state.hpp"
#include "stays_inside.hpp"

namespace rill::inline RILL_ABI {

/// Waits until a predicate holds, and then calls a function. Made by `guarded::wait`.
template <class T, class Predicate, class Function>
class guarded_wait;

/// Stands for the function of a wait that has none.
struct looks_only {
    template <class T>
    void operator()(const T&) const noexcept {}
};

/// Any thread may call the members of a guarded, and any coroutine. It must outlive the calls, and the waits; those who
/// still wait when it ends get the error operation_canceled.
///
/// Built with RILL_LOCK_ORDER=1, a program tells of values that are entered inside of each other in both orders (lock_order.hpp):
/// `with_all` is the way to have several.
///
/// What all functions given to it have in common: they are called once, on the calling thread, under the lock; what they
/// throw goes to the caller, with the lock left and the value as they left it; what they return is a value of its own.
template <class T>
class guarded {
    static_assert(std::is_object_v<T>,
                  "rill: guarded wants a value to own: guarded<std::string>, not guarded<std::string&>");

  public:
    /// The value is made of these.
    template <class... Arguments>
        requires std::constructible_from<T, Arguments...>
    explicit guarded(Arguments&&... arguments) noexcept(std::is_nothrow_constructible_v<T, Arguments...>)
        : value_(std::forward<Arguments>(arguments)...) {}
    guarded(const guarded&) = delete;
    guarded& operator=(const guarded&) = delete;

    /// Calls `function(T&)` alone, and gives what it returns. Blocks the thread until it is its turn; who waits is passed by
    /// at most 16 who come later.
    ///
    /// Errors   resource_deadlock_would_occur: this thread is inside of the same guarded already.
    /// Cost     two atomic steps when nobody else is there.
    template <class Function>
    auto with(Function&& function, lock_place where = lock_place::current());
    /// Calls `function(const T&)` beside other readers.
    ///
    /// Errors   as `with`; a reader that reads again inside is refused, too, for a writer may wait between the two.
    template <class Function>
    auto read(Function&& function, lock_place where = lock_place::current()) const;
    /// As `with`, unless it is not its turn within a while: an optional of what the function returns, or a bool where that is
    /// nothing; empty when the lock was not to be had. A duration of zero tries once.
    template <class Rep, class Period, class Function>
    [[nodiscard]] auto try_with_for(std::chrono::duration<Rep, Period> longest, Function&& function);

    /// Waits, without blocking the thread, until `predicate(const T&)` is true: looks now, and after each `with`.
    ///
    /// Stopped  it leaves the queue, and whoever waits behind it is asked instead.
    /// Errors   what the predicate throws; operation_canceled when the guarded ends.
    /// Thread   the predicate is called on the one that waits, under the lock, as often as there are changes. Several who
    ///          wait are asked in the order in which they came, one after the other, also on different threads. Another
    ///          thread may change the value again before the coroutine goes on: to act on what was seen give a function.
    /// Cost     no allocation; a turn of its loop for each question.
    template <class Predicate>
    [[nodiscard]] auto wait(Predicate&& predicate) const;
    /// Waits likewise, and then calls `function(T&)` before anybody else can change the value. Gives what it returns.
    ///
    /// Stopped  as above; once the function was called, its value is delivered.
    /// Errors   and what the function throws.
    template <class Predicate, class Function>
    [[nodiscard]] auto wait(Predicate&& predicate, Function&& function);

    /// To write to one that is const does not compile.
    template <class Function>
    void with(Function&& function) const;
    template <class Rep, class Period, class Function>
    void try_with_for(std::chrono::duration<Rep, Period> longest, Function&& function) const;
    template <class Predicate, class Function>
    void wait(Predicate&& predicate, Function&& function) const;

  private:
    template <class Function, class... Guarded>
    friend auto with_all(Function&& function, Guarded&... each);

    /// `Value` is T, or const T.
    template <class Value, class Predicate, class Function>
    static auto wait_for_it(guard_state& state, Value& value, Predicate&& predicate, Function&& function);

    mutable guard_state state_;
    T value_;  // under the lock
};

/// Calls `function(T&, U&, ...)` alone with several values: `with_all([](int& from, int& to) {...}, left, right)`. They are
/// locked in an order of the library's own, so that no two calls wait for each other. (In what RILL_LOCK_ORDER tells, its
/// place is this header.)
///
/// Errors   resource_deadlock_would_occur: the same guarded twice, or this thread is inside of one of them already.
template <class Function, class... Guarded>
auto with_all(Function&& function, Guarded&... each);

// ---- mechanism ----

/// What a function returns that is called with these, as lvalues or what they are.
template <class Function, class... Values>
using returned_inside = decltype(std::declval<Function&>()(std::declval<Values>()...));

template <class Function, class... Values>
concept called_inside = requires { typename returned_inside<Function, Values...>; };

/// Whether a function may be called with what is inside; if not, the compiler says why.
template <class Function, class... Values>
constexpr bool may_go_in() noexcept {
    constexpr bool called = called_inside<Function, Values...>;
    static_assert(
        called, "rill: guarded wants a function that it can call with the value: with gives it a T&, read a const T&");
    if constexpr (called) {
        using returned = returned_inside<Function, Values...>;
        constexpr bool plain = !coroutine_type<returned> && !any_awaitable<returned>;
        static_assert(
            plain,
            "rill: guarded wants a plain function: a coroutine would go on without the lock; take out what it "
            "needs, and await afterwards, or co_await wait(predicate, function)");
        static_assert(
            !plain || stays_inside<returned>,
            "rill: this function returns a reference, a pointer, an iterator or a view, which may lead back into "
            "the guarded value without the lock: return a copy, or do the work inside");
        return plain && stays_inside<returned>;
    } else {
        return false;
    }
}

template <class Type>
inline constexpr bool const_guarded_is_only_read = false;

/// Inside of a guarded value, from its making to its end, which leaves it again by `Leave`.
template <void (guard_state::*Leave)() noexcept>
class [[nodiscard]] inside_guarded {
  public:
    inside_guarded(guard_state& entered, held_lock in_order) noexcept
        : state_(entered), held_(&entered), in_order_(std::move(in_order)) {}
    ~inside_guarded() { (state_.*Leave)(); }
    inside_guarded(const inside_guarded&) = delete;
    inside_guarded& operator=(const inside_guarded&) = delete;

  private:
    guard_state& state_;
    held_here held_;
    [[maybe_unused]] RILL_NO_UNIQUE_ADDRESS held_lock in_order_;
};
using guarded_entry = inside_guarded<&guard_state::leave_write>;
using guarded_reader = inside_guarded<&guard_state::leave_read>;

template <class T>
template <class Function>
auto guarded<T>::with(Function&& function, lock_place where) {
    if constexpr (may_go_in<Function, T&>()) {
        state_.order.wanted_here(where);
        state_.enter_write();
        const guarded_entry inside(state_, held_lock(state_.order, where));
        return function(value_);
    }
}

template <class T>
template <class Function>
auto guarded<T>::read(Function&& function, lock_place where) const {
    if constexpr (may_go_in<Function, const T&>()) {
        state_.order.wanted_here(where);
        state_.enter_read();
        const guarded_reader inside(state_, held_lock(state_.order, where));
        return function(value_);
    }
}

template <class T>
template <class Rep, class Period, class Function>
auto guarded<T>::try_with_for(std::chrono::duration<Rep, Period> longest, Function&& function) {
    if constexpr (may_go_in<Function, T&>()) {
        using value_type = returned_inside<Function, T&>;
        if (!state_.enter_write_within(in_nanoseconds(longest))) return optional_value<value_type>();
        const guarded_entry inside(state_, held_lock());  // who only tries never waits
        if constexpr (std::is_void_v<value_type>) {
            function(value_);
            return true;
        } else {
            return optional_value<value_type>(function(value_));
        }
    }
}

template <class T, class Predicate, class Function>
class [[nodiscard]] guarded_wait final : private change_waiter {
    using value_type = returned_inside<Function, T&>;

  public:
    template <class GivenPredicate, class GivenFunction>
    guarded_wait(guard_state& state, T& value, GivenPredicate&& predicate, GivenFunction&& function)
        : change_waiter(state),
          value_(value),
          predicate_(std::forward<GivenPredicate>(predicate)),
          function_(std::forward<GivenFunction>(function)) {}
    guarded_wait(guarded_wait&& other) noexcept(std::is_nothrow_move_constructible_v<Predicate> &&
                                                std::is_nothrow_move_constructible_v<Function>)
        : change_waiter(other),
          value_(other.value_),
          predicate_(std::move(other.predicate_)),
          function_(std::move(other.function_)) {}

    bool start(branch& on) noexcept { return may_start(on) && retry() && keeps_turn(); }
    [[nodiscard]] bool failed() const noexcept { return change_waiter::failed() || outcome_.failed(); }
    value_type result() {
        throw_if_failed();
        return outcome_.take();
    }

  private:
    bool likes_it() noexcept override {
        try {
            if (!predicate_(std::as_const(value_))) return false;
        } catch (...) {
            outcome_.keep([]() -> value_type { throw; });
            return true;
        }
        outcome_.keep([this]() -> value_type { return function_(value_); });
        return true;
    }
    [[nodiscard]] bool writes() const noexcept override { return !std::is_same_v<Function, looks_only>; }

    T& value_;
    Predicate predicate_;
    Function function_;
    call_outcome<value_type> outcome_;
};

template <class T>
template <class Value, class Predicate, class Function>
auto guarded<T>::wait_for_it(guard_state& state, Value& value, Predicate&& predicate, Function&& function) {
    static_assert(survives_being_awaited<Predicate> && survives_being_awaited<Function>,
                  "rill: g++ 12 would destroy the captures of this lambda twice: give it a name, and pass that");
    if constexpr (may_go_in<std::decay_t<Predicate>, const T&>() && may_go_in<std::decay_t<Function>, Value&>()) {
        static_assert(std::convertible_to<returned_inside<std::decay_t<Predicate>, const T&>, bool>,
                      "rill: the predicate of a wait says true or false");
        return guarded_wait<Value, std::decay_t<Predicate>, std::decay_t<Function>>(
            state, value, std::forward<Predicate>(predicate), std::forward<Function>(function));
    }
}

template <class T>
template <class Predicate>
auto guarded<T>::wait(Predicate&& predicate) const {
    return wait_for_it(state_, value_, std::forward<Predicate>(predicate), looks_only());
}
template <class T>
template <class Predicate, class Function>
auto guarded<T>::wait(Predicate&& predicate, Function&& function) {
    return wait_for_it(state_, value_, std::forward<Predicate>(predicate), std::forward<Function>(function));
}

template <class T>
template <class Function>
void guarded<T>::with(Function&&) const {
    static_assert(const_guarded_is_only_read<Function>,
                  "rill: this guarded is const: read(function) looks at it, with writes");
}
template <class T>
template <class Rep, class Period, class Function>
void guarded<T>::try_with_for(std::chrono::duration<Rep, Period>, Function&&) const {
    static_assert(const_guarded_is_only_read<Function>,
                  "rill: this guarded is const: read(function) looks at it, try_with_for writes");
}
template <class T>
template <class Predicate, class Function>
void guarded<T>::wait(Predicate&&, Function&&) const {
    static_assert(const_guarded_is_only_read<Function>,
                  "rill: this guarded is const: wait(predicate) looks at it, a function for wait writes");
}

/// What is a guarded, and not const.
template <class Given>
inline constexpr bool writable_guarded = false;
template <class T>
inline constexpr bool writable_guarded<guarded<T>> = true;

/// Calls a function inside of several that have been entered, and leaves them.
template <class Function>
auto call_inside(Function function) {
    return function();
}
template <class Function, class... Rest>
auto call_inside(Function function, guard_state& entered, Rest&... rest) {
    const guarded_entry inside(entered, held_lock(entered.order, lock_place::current()));
    return call_inside(function, rest...);
}

template <class Function, class... Guarded>
auto with_all(Function&& function, Guarded&... each) {
    constexpr bool all_writable = sizeof...(Guarded) > 0 && (writable_guarded<Guarded> && ...);
    static_assert(all_writable,
                  "rill: with_all wants a function, and then the guarded values to call it with, none of them const");
    if constexpr (all_writable) {
        if constexpr (may_go_in<Function, decltype((each.value_))...>()) {
            guard_state* states[] = {&each.state_...};
            (each.state_.order.wanted_here(lock_place::current()), ...);  // of each other they are locked in one order
            guard_state::enter_all(states, states + sizeof...(Guarded));
            return call_inside([&] { return function(each.value_...); }, each.state_...);
        }
    }
}

}  // namespace rill::inline RILL_ABI
