// SPDX-License-Identifier: MIT
#pragma once

// `task<T>`: a coroutine that runs when it is awaited, on the branch of the one who awaits it.
//
// Lazy: nothing runs before the `co_await`. Move-only, awaited once, as an rvalue: `co_await work()`. A task that is
// never awaited never runs (and is `[[nodiscard]]`). A stopped task is not resumed but destroyed where it is suspended.
// To run several at once see when_all.hpp and task_group.hpp.
//
//     rill::task<int> twice(int n) { co_await rill::sleep_for(1ms); co_return 2 * n; }

#include <cstddef>
#include <exception>
#include <new>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "awaitable.hpp"
#include "foreign.hpp"
#include "io_context.hpp"
#include "refusal.hpp"

namespace rill::inline RILL_ABI {

template <class T>
class task_promise;

/// A coroutine with a result of type T, which may be void or a reference.
template <class T = void>
class [[nodiscard("a task runs only when it is awaited: write co_await in front of it")]] task : private frame_owner {
  public:
    using promise_type = task_promise<T>;

    task() noexcept = default;
    task(task&& other) noexcept : frame_owner{other.handle} { other.handle = nullptr; }
    task& operator=(task&& other) noexcept {
        if (this != &other) {
            drop();
            handle = other.handle;
            other.handle = nullptr;
        }
        return *this;
    }
    ~task() { drop(); }

    /// Whether there is a coroutine: false after a move.
    explicit operator bool() const noexcept { return handle != nullptr; }

    // As an awaitable (awaitable.hpp).
    bool start(branch& on) noexcept;
    [[nodiscard]] bool failed() const noexcept { return handle == nullptr || promise().failed(); }
    T result() {
        if (handle == nullptr)
            throw std::logic_error("rill: co_await of a task that was moved from, or awaited before");
        const task mine(
            std::move(*this));  // the frame ends here, and not with the object: a chain of them is no recursion
        return mine.promise().take();
    }

  private:
    friend promise_type;

    explicit task(std::coroutine_handle<promise_type> mine) noexcept : frame_owner{mine} {}
    void drop() noexcept {
        if (handle) handle.destroy();
        handle = nullptr;
    }
    [[nodiscard]] promise_type& promise() const noexcept {
        return std::coroutine_handle<promise_type>::from_address(handle.address()).promise();
    }
};

// ---- mechanism ----

/// Starts the frame of `owner` on a branch, below the frame that runs there now. True: it has finished.
inline bool start_frame(frame& each, frame_owner& owner, branch& on) noexcept {
    each.on = &on;
    each.parent = on.leaf;
    each.owner = &owner;
    on.leaf = &each;
    io_context& context = *on.context;
    if (!context.enter()) {  // too deep in the stack: the loop goes on with it
        each.state = frame::progress::suspended;
        context.make_urgent(on);
        return false;
    }
    each.state = frame::progress::starting;
    owner.handle.resume();
    context.leave();
    if (each.state == frame::progress::finished) return true;
    each.state = frame::progress::suspended;
    return false;
}

/// The end of a frame, or its rest between two values of a generator: whoever awaits it goes on.
struct back_to_parent {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> here) const noexcept {
        frame& each = here.promise();
        branch& on = *each.on;
        on.leaf = each.parent;
        if (each.state != frame::progress::starting) on.context->continue_chain();
        each.state = frame::progress::finished;
    }
    void await_resume() const noexcept {}
};

/// A task is started by await_ready: with the others' way, a level of tasks costs g++ 12 a sixth more time.
template <class T>
struct awaiting<task<T>> {
    // NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): the analyzer loses both references on the way here
    bool await_ready() const noexcept { return each.start(on); }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    decltype(auto) await_resume() const { return each.result(); }

    task<T>& each;
    branch& on;
};

/// What promises of the library have in common: how their coroutines await.
class coroutine_promise : public frame {
  public:
    std::suspend_always initial_suspend() const noexcept { return {}; }
    back_to_parent final_suspend() const noexcept { return {}; }

#if RILL_TASK_DUMP
    template <awaitable Awaitable>
    awaiting<Awaitable> await_transform(Awaitable&& each,
                                        std::source_location here = std::source_location::current()) noexcept
        requires(!std::is_lvalue_reference_v<Awaitable>)
    {
        where = here;
        since = on->context->now();
        return {each, *on};
    }
#else
    template <awaitable Awaitable>
    awaiting<Awaitable> await_transform(Awaitable&& each) noexcept
        requires(!std::is_lvalue_reference_v<Awaitable>)
    {
        // NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): the analyzer does not see who starts the frame
        return {each, *on};
    }
#endif
    template <foreign_awaitable Foreign>
    auto await_transform(Foreign&& each) noexcept {
        return awaiting_foreign<Foreign>(std::forward<Foreign>(each), *on);
    }
    template <class Other>
        requires((std::is_lvalue_reference_v<Other> || !awaitable<Other>) && !foreign_awaitable<Other>)
    void await_transform(Other&& each) {
        static_assert(awaited_or_told<Other>::told);
        static_cast<void>(each);
    }

  private:
    template <class Foreign>
    class awaiting_foreign {
      public:
        awaiting_foreign(Foreign&& each, branch& on) noexcept : arrival_(std::forward<Foreign>(each)), on_(on) {}
        bool await_ready() noexcept { return arrival_.start(on_); }
        void await_suspend(std::coroutine_handle<>) const noexcept {}
        decltype(auto) await_resume() { return arrival_.result(); }

      private:
        foreign_arrival<Foreign&&> arrival_;  // the operand outlives the co_await, and need not move
        branch& on_;
    };
};

template <class T>
class task_promise final : public coroutine_promise {
    struct kept_value {  // also of a reference
        T value;
        template <class Value>
        kept_value(std::in_place_t, Value&& from) : value(static_cast<Value&&>(from)) {}
    };

  public:
    task_promise() noexcept = default;
    ~task_promise() {
        if (has_value_) value().~kept_value();
    }

    task<T> get_return_object() noexcept { return task<T>(std::coroutine_handle<task_promise>::from_promise(*this)); }
    void unhandled_exception() noexcept { error_ = std::current_exception(); }
    template <class Value = T>
        requires std::is_constructible_v<T, Value&&>
    void return_value(Value&& from) noexcept(std::is_nothrow_constructible_v<T, Value&&>) {
        ::new (static_cast<void*>(room_)) kept_value(std::in_place, static_cast<Value&&>(from));
        has_value_ = true;
    }

    [[nodiscard]] bool failed() const noexcept { return error_ != nullptr; }
    T take() {
        if (error_) std::rethrow_exception(error_);
        return static_cast<T&&>(value().value);
    }

  private:
    kept_value& value() noexcept { return *std::launder(reinterpret_cast<kept_value*>(room_)); }

    std::exception_ptr error_;
    alignas(kept_value) std::byte room_[sizeof(kept_value)];  // holds a value only if has_value_
    bool has_value_ = false;
};

template <>
class task_promise<void> final : public coroutine_promise {
  public:
    inline task<void> get_return_object() noexcept;
    void unhandled_exception() noexcept { error_ = std::current_exception(); }
    void return_void() const noexcept {}

    [[nodiscard]] bool failed() const noexcept { return error_ != nullptr; }
    void take() const {
        if (error_) std::rethrow_exception(error_);
    }

  private:
    std::exception_ptr error_;
};

inline task<void> task_promise<void>::get_return_object() noexcept {
    return task<void>(std::coroutine_handle<task_promise>::from_promise(*this));
}

template <class T>
bool task<T>::start(branch& on) noexcept {
    return handle == nullptr || start_frame(promise(), *this, on);
}

}  // namespace rill::inline RILL_ABI
