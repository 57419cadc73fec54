// SPDX-License-Identifier: MIT
#pragma once

// What can be awaited: the three members that every awaitable of the library has, and how coroutines come to them.
//
// An awaitable is made, perhaps moved, and then started once. It finishes at once or parks its branch; when the branch
// goes on there is a result. Because `start` gets a branch and not a coroutine, an operation can be the child of a scope
// without a coroutine around it. Everything here takes awaitables as rvalues: each is awaited once.
//
// Coroutines of other libraries can await ours (foreign.hpp), and ours can await theirs.
//
//     template <rill::awaitable Awaitable>
//     rill::task<> twice(Awaitable one, Awaitable other) { co_await std::move(one); co_await std::move(other); }

#include <concepts>
#include <coroutine>
#include <exception>
#include <type_traits>
#include <utility>

#include "branch.hpp"
#include "result.hpp"

namespace rill::inline RILL_ABI {

/// An awaitable of the library.
///
/// start(branch)   true: it has finished, `result` may be called. False: the branch is parked, or about to be unwound.
///                 Called once; the object does not move afterwards.
/// failed()        whether `result` will throw. Only after it has finished.
/// result()        the value, or throws the error. Once.
template <class Awaitable>
concept awaitable = std::is_object_v<Awaitable> && requires(Awaitable& each, branch& on) {
    { each.start(on) } noexcept -> std::same_as<bool>;
    { std::as_const(each).failed() } noexcept -> std::same_as<bool>;
    each.result();
};

/// What `co_await` of it gives.
template <awaitable Awaitable>
using await_result = decltype(std::declval<Awaitable&>().result());

/// One that can tell its error without throwing it, too.
template <class Awaitable>
concept awaitable_with_report = awaitable<Awaitable> && requires(Awaitable& each) {
    { each.report() } -> std::same_as<error_report>;
};

/// How a finished awaitable has failed, which it has. What is no std::system_error is thrown.
template <awaitable Awaitable>
[[nodiscard]] error_report report_of(Awaitable& each) {
    if constexpr (awaitable_with_report<Awaitable>) {
        return each.report();
    } else {
        try {
            static_cast<void>(each.result());
        } catch (const std::system_error& error) {
            return {error.code(), std::current_exception()};
        }
        std::terminate();  // `failed` said that this throws
    }
}

/// The exception of a finished awaitable, or null if it has a value, which stays there.
template <awaitable Awaitable>
[[nodiscard]] std::exception_ptr exception_of(Awaitable& each) noexcept {
    if (!each.failed()) return nullptr;
    try {
        static_cast<void>(each.result());
    } catch (...) {
        return std::current_exception();
    }
    return nullptr;
}

/// A child of a scope: an awaitable on a branch of its own. Moves as long as it has not started.
template <awaitable Awaitable>
class child : public branch {
  public:
    explicit child(Awaitable&& each) noexcept(std::is_nothrow_move_constructible_v<Awaitable>)
        : what(std::move(each)) {}
    child(child&& other) noexcept(std::is_nothrow_move_constructible_v<Awaitable>) : what(std::move(other.what)) {}

    bool start() noexcept { return what.start(*this); }
    /// Whether it completed with an error.
    [[nodiscard]] bool failed() const noexcept { return now == phase::done && what.failed(); }

    Awaitable what;
};

/// Whether an awaitable has finished within its `start`. If not, that has parked the branch, and nothing is left to do on
/// suspension. Not copied, so that compilers make it in the frame, and not in registers first.
class started {
  public:
    started(bool finished) noexcept : finished_(finished) {}
    started(const started&) = delete;

    bool await_ready() const noexcept { return finished_; }
    void await_suspend(std::coroutine_handle<>) const noexcept {}

  private:
    bool finished_;
};

/// How a coroutine of the library awaits. It needs no handle, only the branch, so that the awaitable starts before the
/// coroutine is suspended, and what finishes at once costs no suspension.
template <awaitable Awaitable>
struct awaiting : started {
    awaiting(Awaitable& what, branch& on) noexcept : started(what.start(on)), each(what) {}
    decltype(auto) await_resume() const { return each.result(); }

    Awaitable& each;
};

}  // namespace rill::inline RILL_ABI
