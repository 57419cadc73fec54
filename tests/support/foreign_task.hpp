// SPDX-License-Identifier: MIT
#pragma once

// Coroutines and awaitables that are not rill's, as other libraries have them.

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace support {

/// A lazy coroutine of another library, awaited with symmetric transfer, or started by hand.
template <class T = void>
class foreign_task;

/// An eager one: runs when it is called. Its owner destroys it, also where it is suspended.
class foreign_eager {
  public:
    struct promise_type {
        std::exception_ptr error;
        foreign_eager get_return_object() noexcept {
            return foreign_eager(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_always final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        void unhandled_exception() noexcept { error = std::current_exception(); }
    };

    foreign_eager(foreign_eager&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    foreign_eager& operator=(foreign_eager&&) = delete;
    ~foreign_eager() {
        if (handle_) handle_.destroy();
    }

    [[nodiscard]] bool done() const noexcept { return handle_.done(); }
    [[nodiscard]] std::exception_ptr error() const noexcept { return handle_.promise().error; }

  private:
    explicit foreign_eager(std::coroutine_handle<promise_type> mine) noexcept : handle_(mine) {}
    std::coroutine_handle<promise_type> handle_;
};

// Symmetric transfer needs tail calls, which g++ does not make at -O0: a few levels are all that tests use.
struct foreign_promise {
    std::coroutine_handle<> waiting = std::noop_coroutine();
    std::exception_ptr error;

    struct last {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> here) const noexcept {
            return here.promise().waiting;
        }
        void await_resume() const noexcept {}
    };
    std::suspend_always initial_suspend() const noexcept { return {}; }
    last final_suspend() const noexcept { return {}; }
    void unhandled_exception() noexcept { error = std::current_exception(); }
};

template <class T>
struct foreign_promise_of : foreign_promise {
    std::optional<T> value;
    foreign_task<T> get_return_object() noexcept;
    void return_value(T given) { value.emplace(std::move(given)); }
    T take() {
        if (error) std::rethrow_exception(error);
        return std::move(*value);
    }
};
template <>
struct foreign_promise_of<void> : foreign_promise {
    inline foreign_task<void> get_return_object() noexcept;
    void return_void() const noexcept {}
    void take() const {
        if (error) std::rethrow_exception(error);
    }
};

template <class T>
class foreign_task {
  public:
    using promise_type = foreign_promise_of<T>;

    explicit foreign_task(std::coroutine_handle<promise_type> mine) noexcept : handle_(mine) {}
    foreign_task(foreign_task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    foreign_task& operator=(foreign_task&&) = delete;
    ~foreign_task() {
        if (handle_) handle_.destroy();
    }

    void start() { handle_.resume(); }
    [[nodiscard]] bool done() const noexcept { return handle_.done(); }
    T result() { return handle_.promise().take(); }

    auto operator co_await() && noexcept {
        struct awaiter {
            std::coroutine_handle<promise_type> handle;
            bool await_ready() const noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<> who) const noexcept {
                handle.promise().waiting = who;
                return handle;
            }
            T await_resume() const { return handle.promise().take(); }
        };
        return awaiter{handle_};
    }

  private:
    std::coroutine_handle<promise_type> handle_;
};

template <class T>
foreign_task<T> foreign_promise_of<T>::get_return_object() noexcept {
    return foreign_task<T>(std::coroutine_handle<foreign_promise_of>::from_promise(*this));
}
inline foreign_task<void> foreign_promise_of<void>::get_return_object() noexcept {
    return foreign_task<void>(std::coroutine_handle<foreign_promise_of>::from_promise(*this));
}

/// Waits until somebody fires it, and goes on inside that call. One waits at a time; awaited as an lvalue.
class foreign_event {
  public:
    class awaiter {
      public:
        explicit awaiter(foreign_event& on) noexcept : on_(on) {}
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> who) const noexcept { on_.waiting_ = who; }
        void await_resume() const noexcept {}

      private:
        foreign_event& on_;
    };

    awaiter operator co_await() noexcept { return awaiter(*this); }
    [[nodiscard]] bool has_waiter() const noexcept { return waiting_ != nullptr; }
    void fire() { std::exchange(waiting_, nullptr).resume(); }

  private:
    std::coroutine_handle<> waiting_;
};

}  // namespace support
