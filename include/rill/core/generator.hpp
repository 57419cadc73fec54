// SPDX-License-Identifier: MIT
#pragma once

// `generator<T>`: a coroutine that gives values one after another, and may await anything between them.
//
// It runs only while somebody awaits `next`, on the branch of the one who does, and rests at its `co_yield` in between. A
// value is lent, not copied: the pointer is good until the following `next`. After the last value, and after an error,
// `next` gives null. For values from another task or thread see sync/channel.hpp.
//
//     rill::generator<int> count_to(int n) { for (int i = 1; i <= n; ++i) { co_await rill::yield(); co_yield i; } }
//     while (const int* each = co_await numbers.next()) sum += *each;

#include <concepts>
#include <exception>
#include <type_traits>

#include "error.hpp"
#include "task.hpp"

namespace rill::inline RILL_ABI {

template <class T>
class generator_promise;

/// A sequence of T: of values, or of what a reference refers to. Move-only; used by one consumer at a time, on one thread.
///
/// In the coroutine, `co_yield` of a variable lends that variable: the consumer may change it, or move from it, unless T
/// is const. A constant of another's is copied into the frame, for the time of the `co_yield`.
template <class T>
class [[nodiscard]] generator : private frame_owner {
    static_assert(!std::is_void_v<T> && !std::is_rvalue_reference_v<T>,
                  "rill: a generator gives values, or references");

  public:
    using promise_type = generator_promise<T>;
    class next_operation;

    generator() noexcept = default;
    generator(generator&& other) noexcept : frame_owner{other.handle} { other.handle = nullptr; }
    generator& operator=(generator&& other) noexcept {
        if (this != &other) {
            drop();
            handle = other.handle;
            other.handle = nullptr;
        }
        return *this;
    }
    /// Destroys the coroutine where it rests. Not while a `next` is under way.
    ~generator() { drop(); }

    /// Runs the coroutine to its next `co_yield`, and gives a pointer to the value; null after the last one.
    ///
    /// Result   null, too, for a generator that was moved from, that has thrown, or whose `next` was stopped before.
    /// Stopped  the coroutine is unwound at what it awaits, and the generator has ended: what is to go on after a
    ///          time-out goes behind a channel. Under a stop it is not resumed, and keeps the rest of its values.
    /// Errors   what the coroutine throws
    ///          operation_in_progress    another `next` is under way; that one is not disturbed
    ///          operation_not_permitted  it has begun on another io_context
    /// Cost     no allocation; no turn of the loop unless the coroutine waits for something.
    [[nodiscard]] next_operation next() & noexcept { return next_operation(*this); }

  private:
    friend promise_type;

    explicit generator(std::coroutine_handle<promise_type> mine) noexcept : frame_owner{mine} {}
    void drop() noexcept {
        if (handle) handle.destroy();
        handle = nullptr;
    }
    [[nodiscard]] promise_type& promise() const noexcept {
        return std::coroutine_handle<promise_type>::from_address(handle.address()).promise();
    }
};

// ---- mechanism ----

template <class T>
class generator_promise final : public coroutine_promise {
    using item = std::remove_reference_t<T>;
    static constexpr bool lends_only = std::is_lvalue_reference_v<T>;

    /// Rests with a copy of what the consumer must not touch.
    class copied_value : public back_to_parent {
      public:
        explicit copied_value(const item& from) : copy_(from) {}
        void await_suspend(std::coroutine_handle<generator_promise> here) noexcept {
            here.promise().value = &copy_;
            back_to_parent::await_suspend(here);
        }

      private:
        item copy_;
    };

  public:
    item* value = nullptr;             // lent while it rests at a co_yield; null: it has not come to one
    std::exception_ptr error;          // what ended it, until it has been told
    const io_context* home = nullptr;  // where it began

    generator<T> get_return_object() noexcept {
        return generator<T>(std::coroutine_handle<generator_promise>::from_promise(*this));
    }
    void unhandled_exception() noexcept { error = std::current_exception(); }
    void return_void() const noexcept {}

    back_to_parent yield_value(item& each) noexcept {
        value = &each;
        return {};
    }
    back_to_parent yield_value(item&& each) noexcept
        requires(!lends_only || std::is_const_v<item>)
    {
        static_assert(
            !std::is_aggregate_v<item> || std::is_trivially_destructible_v<item>,
            "rill: g++ 12 destroys a temporary aggregate in a co_yield twice: name it, and co_yield the name");
        value = &each;  // a temporary lives as long as the co_yield
        return {};
    }
    copied_value yield_value(const item& each)
        requires(!lends_only && !std::is_const_v<item> && std::copy_constructible<item>)
    {
        return copied_value(each);
    }

    /// Whether a `next` is under way: the frame is in the chain of its branch.
    [[nodiscard]] bool in_chain() const noexcept { return state == progress::starting || state == progress::suspended; }
};

template <class T>
class [[nodiscard]] generator<T>::next_operation {
    using item = std::remove_reference_t<T>;

  public:
    explicit next_operation(generator& from) noexcept : from_(from) {}

    bool start(branch& on) noexcept {
        if (!on.open()) return on.refuse();
        if (!from_.handle || from_.handle.done()) return true;
        promise_type& promise = from_.promise();
        if (promise.home != nullptr && promise.home != on.context) {
            refused_ = std::errc::operation_not_permitted;
        } else if (promise.in_chain()) {
            refused_ = std::errc::operation_in_progress;
        } else {
            promise.home = on.context;
            promise.value = nullptr;
            return start_frame(promise, from_, on);
        }
        return true;
    }
    [[nodiscard]] bool failed() const noexcept {
        return refused_ != std::errc() || (from_.handle && from_.promise().error != nullptr);
    }
    item* result() {
        if (refused_ != std::errc()) throw described_error(refused_, "generator next");
        if (!from_.handle) return nullptr;
        if (!from_.handle.done()) return from_.promise().value;
        const std::exception_ptr error = from_.promise().error;
        from_.drop();
        if (error) std::rethrow_exception(error);
        return nullptr;
    }

  private:
    generator& from_;
    std::errc refused_{};  // why the coroutine was not resumed
};

}  // namespace rill::inline RILL_ABI
