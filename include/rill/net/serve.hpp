// SPDX-License-Identifier: MIT
#pragma once

// `serve(listener, handler)`: accepts for ever, and runs a session for each connection, many at a time.
//
// A session is `handler(stream)`, a coroutine. Its error ends it and nothing else: it goes to `on_error`. No error of a
// peer, and no lack of descriptors, ends the loop. It ends when it is stopped, or when the listener is closed: then no
// more is accepted, the sessions have until `drain` to end by themselves, are stopped after that, and are waited for.
//
//     co_await rill::serve(listener, session, rill::serve_options().max_connections(10'000).drain(5s));

#include <concepts>
#include <exception>
#include <type_traits>
#include <utility>

#include "../backend/durations.hpp"
#include "../core/sleep.hpp"
#include "../core/task.hpp"
#include "../core/task_group.hpp"
#include "session_error_handler.hpp"
#include "tcp_listener.hpp"

namespace rill::inline RILL_ABI {

/// How `serve` serves. Set by name, one after the other.
class serve_options {
  public:
    serve_options() noexcept = default;

    /// How many sessions there are at most; further clients wait in the backlog. 10 000 unless it is set; at least 1.
    serve_options& max_connections(std::size_t count) noexcept {
        max_connections_ = count == 0 ? 1 : count;
        return *this;
    }
    /// How long sessions may go on after a stop. Not at all unless it is set.
    template <class Rep, class Period>
    serve_options& drain(std::chrono::duration<Rep, Period> longest) noexcept {
        drain_ns_ = in_nanoseconds(longest);
        return *this;
    }
    /// What is called with the error of a session and its peer: `fn(std::exception_ptr, endpoint)`, which must not throw.
    /// Unless it is set, a line goes to stderr.
    template <std::invocable<std::exception_ptr, endpoint> Function>
    serve_options& on_error(Function function) {
        static_assert(plain_function<Function&, std::exception_ptr, endpoint>,
                      "rill: on_error wants a plain function: a coroutine would never run, since nobody awaits it");
        on_error_ = session_error_handler(std::move(function));
        return *this;
    }

    [[nodiscard]] std::size_t max_connections() const noexcept { return max_connections_; }
    [[nodiscard]] std::int64_t drain_ns() const noexcept { return drain_ns_; }
    [[nodiscard]] const session_error_handler& on_error() const noexcept { return on_error_; }

  private:
    std::size_t max_connections_ = 10'000;
    std::int64_t drain_ns_ = 0;
    session_error_handler on_error_;
};

/// What makes a session of a connection: a coroutine function that takes the stream by value.
template <class Handler>
concept session_handler = std::invocable<Handler&, tcp_stream> && awaitable<std::invoke_result_t<Handler&, tcp_stream>>;

/// Serves the clients of a listener until it is stopped. Refers to a listener that is given as an lvalue, owns one that
/// is given as an rvalue; owns the handler.
///
/// Stopped  accepting ends at once, the sessions after `drain`; when all are gone, so is this.
/// Errors   what ended accepting: operation_canceled and bad_file_descriptor when the listener is closed. Sessions are
///          ended first.
/// Cost     the frame of the handler and a block of frame memory a connection, both recycled.
template <class Listener, session_handler Handler>
    requires std::same_as<std::remove_cvref_t<Listener>, tcp_listener>
[[nodiscard]] task<> serve(Listener&& listener, Handler handler, serve_options options = serve_options());

// ---- mechanism ----

/// A connection and what runs for it.
template <awaitable Session>
class served_session final : public group_child {
  public:
    served_session(Session&& session, const endpoint& peer, const session_error_handler& on_error) noexcept
        : session_(std::move(session)), peer_(peer), on_error_(on_error) {}

    bool start() noexcept override { return session_.start(*this); }
    [[nodiscard]] std::exception_ptr error() noexcept override { return exception_of(session_); }
    bool report(const std::exception_ptr& error) noexcept override {
        on_error_(error, peer_);
        return true;
    }

  private:
    Session session_;
    endpoint peer_;
    const session_error_handler& on_error_;  // of `serve`, which outlives its sessions
};

/// `Listener` is a reference, or the listener itself: then it is closed when accepting ends, and not after the drain.
template <class Listener, class Handler>
task<> accept_sessions(Listener listener, Handler& handler, const serve_options& options, task_group& sessions) {
    using session = std::invoke_result_t<Handler&, tcp_stream>;
    for (;;) {
        co_await sessions.room();
        tcp_stream client = co_await listener.accept();
        const endpoint peer = client.remote_endpoint();
        try {
            sessions.spawn_child(new served_session<session>(handler(std::move(client)), peer, options.on_error()));
        } catch (
            ...) {  // no memory for the session, or a handler that is no coroutine all the way: its client's affair
            options.on_error()(std::current_exception(), peer);
        }
    }
}

/// The coroutine of `serve`: `Listener` is a reference, or the listener itself.
template <class Listener, class Handler>
task<> serve_kept(Listener listener, Handler handler, serve_options options) {
    const auto accepting = [&](task_group& sessions) {
        return accept_sessions<Listener, Handler>(static_cast<Listener&&>(listener), handler, options, sessions);
    };
    co_await with_draining_task_group(accepting, options.max_connections(), options.drain_ns());
}

template <class Listener, session_handler Handler>
    requires std::same_as<std::remove_cvref_t<Listener>, tcp_listener>
task<> serve(Listener&& listener, Handler handler, serve_options options) {
    using kept = std::conditional_t<std::is_lvalue_reference_v<Listener>, tcp_listener&, tcp_listener>;
    return serve_kept<kept, Handler>(std::forward<Listener>(listener), std::move(handler), std::move(options));
}

}  // namespace rill::inline RILL_ABI
