// SPDX-License-Identifier: MIT
#pragma once

// `with_stop(token, awaitable)`: runs it until it ends or somebody asks for a stop, from any thread.
//
// Gives an optional of the value, or a bool where there is none (a pointer for a reference): empty means that it was stopped. What completed in time
// is delivered, also when the stop came in the same moment. A stop from outside is not told here: it unwinds this
// coroutine as well. For a limit of time see timeout.hpp.
//
//     rill::stop_source enough;
//     const bool whole = co_await rill::with_stop(enough.get_token(), rill::serve(listener, session));

#include <optional>
#include <utility>
#include <version>

#ifdef __cpp_lib_jthread
#include <stop_token>
#endif

#include "awaitable.hpp"
#include "foreign.hpp"
#include "io_context.hpp"
#include "optional_value.hpp"
#include "refusal.hpp"
#include "stop_relay.hpp"
#include "stop_token.hpp"

namespace rill::inline RILL_ABI {

/// Waits for one child, which a stop of the token ends. Made by `with_stop`.
template <class Token, awaitable Awaitable>
class [[nodiscard]] with_stop_operation;

/// Runs `each` until it ends or `token` is stopped. See the top of this header.
///
/// Stopped  `each` is unwound first. From outside: so is the caller.
/// Errors   those of `each`.
/// Thread   the stop may be asked for on any.
/// Cost     no allocation.
template <any_awaitable Awaitable>
[[nodiscard]] auto with_stop(stop_token token, Awaitable&& each) {
    return with_stop_operation<stop_token, kept_awaitable<Awaitable>>(std::move(token),
                                                                      as_awaitable(std::forward<Awaitable>(each)));
}
#ifdef __cpp_lib_jthread
template <any_awaitable Awaitable>
[[nodiscard]] auto with_stop(std::stop_token token, Awaitable&& each) {
    return with_stop_operation<std::stop_token, kept_awaitable<Awaitable>>(std::move(token),
                                                                           as_awaitable(std::forward<Awaitable>(each)));
}
#endif

template <class Token, not_awaitable Given>
refusal<Given> with_stop(Token token, Given&& each);

// ---- mechanism ----

/// Listens to a token: of the standard, or of the library.
#ifdef __cpp_lib_jthread
template <class Token>
class token_listener {
  public:
    explicit token_listener(scope& target) noexcept : relay_(target) {}
    void enlist(const Token& token, io_context& home) noexcept {
        home_ = &home;
        callback_.emplace(token, on_stop{*this});
    }
    void leave() noexcept {
        callback_.reset();
        relay_.settle(*home_);
    }

  private:
    struct on_stop {
        token_listener& self;
        void operator()() const noexcept { self.relay_.request(*self.home_); }
    };

    stop_relay relay_;
    io_context* home_ = nullptr;
    std::optional<std::stop_callback<on_stop>> callback_;
};
#else
template <class Token>
class token_listener;
#endif

template <>
class token_listener<stop_token> final : private stop_listener {
  public:
    explicit token_listener(scope& target) noexcept : relay_(target) {}
    void enlist(const stop_token& token, io_context& home) noexcept {
        home_ = &home;
        stop_listener::enlist(token);
    }
    void leave() noexcept {
        stop_listener::leave();
        relay_.settle(*home_);
    }

  private:
    void stop_requested() noexcept override { relay_.request(*home_); }

    stop_relay relay_;
    io_context* home_ = nullptr;
};

template <class Token, awaitable Awaitable>
class [[nodiscard]] with_stop_operation final : public scope {
    using value_type = await_result<Awaitable>;

  public:
    with_stop_operation(Token token, Awaitable&& each) : token_(std::move(token)), child_(std::move(each)) {}
    with_stop_operation(with_stop_operation&& other) noexcept
        : scope(), token_(std::move(other.token_)), child_(std::move(other.child_)) {}

    bool start(branch& on) noexcept {
        if (!on.open()) return on.refuse();
        if (token_.stop_requested()) return true;
        begin(on);
        listener_.enlist(token_, *on.context);
        start_child(child_, *on.context);
        return finish_start();
    }
    [[nodiscard]] bool failed() const noexcept { return child_.failed(); }
    optional_value<value_type> result() {
        if (child_.now != branch::phase::done) return {};
        return take_optional(child_.what);
    }

  private:
    void child_ended(branch&) noexcept override { listener_.leave(); }
    bool delivers() noexcept override { return child_.now == branch::phase::done || !owner_stopped(); }

    Token token_;
    child<Awaitable> child_;
    token_listener<Token> listener_{*this};
};

}  // namespace rill::inline RILL_ABI
