// SPDX-License-Identifier: MIT
#pragma once

// `blocking(function, arguments...)`: calls what would block the loop on another thread, and comes home with its value.
//
// For reading files, for databases, for long calculations: whatever takes long and can't be awaited. A few threads serve
// all contexts of the process (`blocking_threads`); while they are busy, callers wait in their order. The function must
// not touch what the coroutine's thread may touch meanwhile: give it values. For a thread with a loop see io_thread.hpp.
//
//     const std::string text = co_await rill::blocking(read_whole_file, path);

#include <concepts>
#include <exception>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <version>

#ifdef __cpp_lib_jthread
#include <stop_token>
#endif

#include "awaitable.hpp"
#include "call_outcome.hpp"
#include "error.hpp"
#include "foreign.hpp"
#include "io_context.hpp"
#include "stop_token.hpp"
#include "temporary_callable.hpp"
#include "thread_pool.hpp"

namespace rill::inline RILL_ABI {

/// How a function is called on another thread: with the arguments, or with a stop token before them if it wants one.
template <class Function, class... Arguments>
struct blocking_call;

/// Waits for a call on another thread. Made by `blocking`.
template <class Function, class... Arguments>
class [[nodiscard]] blocking_operation;

/// Calls `function(arguments...)` on a thread of the pool, with copies of both, which live until the `co_await` ends. A
/// function that takes a rill::stop_token (or a std::stop_token) first is given one, which is stopped when the caller is.
///
/// Result   what the function returns; a reference stays one.
/// Stopped  if no thread has taken it yet, the function is not called. Else it is waited for, and its value or error is
///          delivered: only a token can hurry it. The stop then lands at the next await.
/// Errors   what the function throws; operation_canceled when the process ends; what the system says if it gives no thread.
/// Thread   the function runs on one of the pool; it is copied, moved and destroyed on that of the context.
/// Cost     no allocation, but for a token if the function takes one; two switches between threads.
template <class Function, class... Arguments>
[[nodiscard]] auto blocking(Function&& function, Arguments&&... arguments) {
    using kept_function = std::decay_t<Function>;
    static_assert(
        survives_being_awaited<Function>,
        "rill: g++ 12 destroys such a temporary in a co_await twice: name the lambda first, and pass the name, "
        "or pass the values as arguments instead of captures: blocking([](std::string s) {...}, text)");
    static_assert(
        blocking_call<kept_function, std::decay_t<Arguments>...>::possible,
        "rill: blocking wants a function, and the arguments to call it with; it gets copies of them, as rvalues");
    return blocking_operation<kept_function, std::decay_t<Arguments>...>(
        std::in_place, std::forward<Function>(function), std::forward<Arguments>(arguments)...);
}

/// Sets how many calls of `blocking` run at a time in this process: 4 unless this is called. Calls that run go on. Any
/// thread. Throws std::system_error (invalid_argument) for 0 and less.
template <std::integral Number>
void blocking_threads(Number threads_max) {
    if (threads_max <= 0) throw described_error(std::errc::invalid_argument, "blocking_threads of none");
    blocking_pool::shared().limit(static_cast<std::size_t>(threads_max));
}

// ---- mechanism ----

/// Stands where a function wants no token.
struct no_stop_source {
    void request_stop() const noexcept {}
};

/// A call with copies of function and arguments as rvalues, and a token if `Source` has any.
template <class Source, class Function, class... Arguments>
struct call_with_source {
    using source = Source;

    static decltype(auto) invoke([[maybe_unused]] Source& stops, Function& function,
                                 std::tuple<Arguments...>& arguments) {
        return std::apply(
            [&](Arguments&... each) -> decltype(auto) {
                if constexpr (std::is_same_v<Source, no_stop_source>) {
                    return std::apply(std::move(function), std::forward_as_tuple(std::move(each)...));
                } else {
                    return std::apply(std::move(function),
                                      std::forward_as_tuple(stops.get_token(), std::move(each)...));
                }
            },
            arguments);
    }
};

template <class Function, class... Arguments>
struct blocking_call {
    static constexpr bool possible = false;
};
template <class Function, class... Arguments>
    requires std::invocable<Function, Arguments...>
struct blocking_call<Function, Arguments...> : call_with_source<no_stop_source, Function, Arguments...> {
    static constexpr bool possible = true;
    using value_type = std::invoke_result_t<Function, Arguments...>;
};
template <class Function, class... Arguments>
    requires(!std::invocable<Function, Arguments...> && std::invocable<Function, stop_token, Arguments...>)
struct blocking_call<Function, Arguments...> : call_with_source<stop_source, Function, Arguments...> {
    static constexpr bool possible = true;
    using value_type = std::invoke_result_t<Function, stop_token, Arguments...>;
};
#ifdef __cpp_lib_jthread
template <class Function, class... Arguments>
    requires(!std::invocable<Function, Arguments...> && !std::invocable<Function, stop_token, Arguments...> &&
             std::invocable<Function, std::stop_token, Arguments...>)
struct blocking_call<Function, Arguments...> : call_with_source<std::stop_source, Function, Arguments...> {
    static constexpr bool possible = true;
    using value_type = std::invoke_result_t<Function, std::stop_token, Arguments...>;
};
#endif

/// | state     | entered when                              | next                                                          |
/// |-----------|-------------------------------------------|---------------------------------------------------------------|
/// | waiting   | the pool has it in its list               | called: a thread took it; withdrawn by a stop: unwound        |
/// | called    | a thread runs the function                | handed in: it returned or threw; a stop only stops the token  |
/// | handed in | it is in the inbox of the context         | done: the loop has taken it in, and the branch goes on        |
///
/// The pool knows the first state, the inbox the third; what a stop must know it asks the pool.
template <class Function, class... Arguments>
class [[nodiscard]] blocking_operation final : public suspension, private handed_in, private pool_job {
    using call_type = blocking_call<Function, Arguments...>;
    using value_type = typename call_type::value_type;
    static_assert(!any_awaitable<value_type>,
                  "rill: blocking wants a plain function: a coroutine is awaited where it is, or on another context");

  public:
    template <class... Given>
    explicit blocking_operation(std::in_place_t, Function function, Given&&... given)
        : function_(std::move(function)), arguments_(std::forward<Given>(given)...) {}
    blocking_operation(blocking_operation&& other) noexcept(
        std::is_nothrow_move_constructible_v<Function> &&
        std::is_nothrow_move_constructible_v<std::tuple<Arguments...>>)
        : suspension(),
          handed_in(),
          pool_job(),
          function_(std::move(other.function_)),
          arguments_(std::move(other.arguments_)) {}

    bool start(branch& on) noexcept {
        if (!on.open()) return on.refuse();
        waiting_ = &on;
        on.parked = this;
        try {
            stops_.emplace();
            const std::error_code failed = blocking_pool::shared().submit(*this);
            if (!failed) return false;
            outcome_.fail(failed, "blocking");
        } catch (const std::bad_alloc&) {
            outcome_.fail(std::make_error_code(std::errc::not_enough_memory), "blocking");
        }
        on.parked = nullptr;
        return true;
    }
    [[nodiscard]] bool failed() const noexcept { return outcome_.failed(); }
    value_type result() { return outcome_.take(); }

  private:
    void call(how asked) noexcept override {
        if (asked == how::run) {
            outcome_.keep([this]() -> value_type { return call_type::invoke(*stops_, function_, arguments_); });
        } else {
            outcome_.fail(std::make_error_code(std::errc::operation_canceled), "blocking");
        }
        waiting_->context->hand_in(*this);  // from here on, this may be gone
    }
    void taken_in() noexcept override { waiting_->unpark(); }
#if RILL_TASK_DUMP
    void describe(error_text& to, instant) const noexcept override { to.append("a function on another thread"); }
#endif
    bool cancel() noexcept override {
        if (blocking_pool::shared().withdraw(*this)) return true;
        stops_->request_stop();
        return false;
    }

    Function function_;
    std::tuple<Arguments...> arguments_;
    std::optional<typename call_type::source> stops_;
    call_outcome<value_type> outcome_;  // written on the other thread before it hands this in
    branch* waiting_ = nullptr;
};

}  // namespace rill::inline RILL_ABI
