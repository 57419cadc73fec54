// SPDX-License-Identifier: MIT
#pragma once

// `finally(awaitable, cleanup)`: runs it, and then the cleanup, whatever has come of it: a value, an error or a stop.
//
// `cleanup` is a function that returns what is to be awaited, a coroutine mostly. It is called first of all, so that what
// can fail about making it fails before there is anything to clean up; what it returns is awaited last, shielded from every
// stop. For cleaning up without awaiting, a destructor does; to finish work under a stop, see shield.hpp.
//
//     const auto leave = [&]() -> rill::task<> { co_await server.send_all("bye\r\n"); };
//     co_await rill::finally(talk(server), leave);

#include <concepts>
#include <exception>
#include <new>
#include <type_traits>
#include <utility>

#include "awaitable.hpp"
#include "foreign.hpp"
#include "io_context.hpp"
#include "refusal.hpp"
#include "temporary_callable.hpp"

namespace rill::inline RILL_ABI {

/// Waits for two children, one after the other. Made by `finally`.
template <awaitable Awaitable, class Cleanup>
class [[nodiscard]] finally_operation;

/// A function without arguments that returns something to await.
template <class Cleanup>
concept cleanup_function =
    std::invocable<std::decay_t<Cleanup>&> && any_awaitable<std::invoke_result_t<std::decay_t<Cleanup>&>>;

/// Runs `each`, then `cleanup()`; gives what `each` gave. Owns a copy of the function. Keep the cleanup short: nobody can
/// hurry it.
///
/// Stopped  `each` is unwound first, or is not even started; then the cleanup runs to its end; then the caller is unwound.
/// Errors   that of `each`, else that of the cleanup, also under a stop. When `cleanup` throws as it is called, neither
///          `each` nor the cleanup runs.
/// Cost     no allocation but the frames.
template <any_awaitable Awaitable, class Cleanup>
[[nodiscard]] auto finally(Awaitable&& each, Cleanup&& cleanup) {
    static_assert(cleanup_function<Cleanup>,
                  "rill: finally wants its cleanup as a function without arguments that returns an awaitable: pass "
                  "cleanup, not cleanup()");
    static_assert(survives_being_awaited<Cleanup>,
                  "rill: g++ 12 would destroy the captures of this lambda twice: give it a name, and pass that");
    return finally_operation<kept_awaitable<Awaitable>, std::decay_t<Cleanup>>(
        as_awaitable(std::forward<Awaitable>(each)), std::forward<Cleanup>(cleanup));
}

template <not_awaitable Given, class Cleanup>
refusal<Given> finally(Given&& each, Cleanup&& cleanup);

// ---- mechanism ----

template <awaitable Awaitable, class Cleanup>
class finally_operation final : public scope {
    using cleaning = kept_awaitable<std::invoke_result_t<Cleanup&>>;

  public:
    template <class Given>
    finally_operation(Awaitable&& each, Given&& cleanup)
        : body_(std::move(each)), cleanup_(std::forward<Given>(cleanup)) {}
    finally_operation(finally_operation&& other) noexcept
        : scope(), body_(std::move(other.body_)), cleanup_(std::move(other.cleanup_)) {}
    ~finally_operation() {
        if (made_) cleaning_.~kept_child();
    }

    bool start(branch& on) noexcept {
        const bool open = on.open();
        try {
            ::new (static_cast<void*>(&cleaning_)) kept_child(as_awaitable(cleanup_()));
            made_ = true;
        } catch (...) {
            error_ = std::current_exception();
            return true;
        }
        cleaning_.shielded = true;
        begin(on);
        if (open) {
            start_child(body_, *on.context);
        } else {
            start_child(cleaning_, *on.context);
        }
        return finish_start();
    }
    [[nodiscard]] bool failed() const noexcept { return error_ || body_.failed() || cleaning_.failed(); }
    await_result<Awaitable> result() {
        if (error_) std::rethrow_exception(error_);
        if (!body_.failed() && cleaning_.failed()) static_cast<void>(cleaning_.what.result());
        return body_.what.result();
    }

  private:
    using kept_child = child<cleaning>;

    void child_ended(branch& ended) noexcept override {
        if (&ended != &body_ || !ended.context->resumes_at_once()) return;  // abandoned: nothing runs any more
        start_child(cleaning_, *ended.context);
    }
    /// After a stop only an error of the cleanup is told.
    bool delivers() noexcept override {
        return cleaning_.now == branch::phase::done && (body_.now == branch::phase::done || cleaning_.failed());
    }

    child<Awaitable> body_;
    Cleanup cleanup_;
    union {
        kept_child cleaning_;  // there once `made_`
    };
    bool made_ = false;
    std::exception_ptr error_;  // of calling the function
};

}  // namespace rill::inline RILL_ABI
