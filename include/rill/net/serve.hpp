// SPDX-License-Identifier: MIT
#pragma once

// `serve(listener, handler)`: accepts for ever, and runs a session for each connection, many at a time.
//
// A session is `handler(stream)`, a coroutine. Its error ends it and nothing else: it goes to `on_error`. No error of a
// peer, and no lack of descriptors, ends the loop. It ends when it is stopped, or when the listener is closed: then no
// more is accepted, the sessions have until `drain` to end by themselves, are stopped after that, and are waited for.
// It serves a tcp_listener and a unix_listener, and gives the handler the stream of its kind.
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
#include "../core/temporary_callable.hpp"
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
    /// A peer over a Unix socket has no endpoint: then it is `endpoint()`. Unless it is set, a line goes to stderr.
    template <class Function>
        requires std::invocable<std::decay_t<Function>&, std::exception_ptr, endpoint>
    serve_options& on_error(Function&& function) {
        static_assert(plain_function<std::decay_t<Function>&, std::exception_ptr, endpoint>,
                      "rill: on_error wants a plain function: a coroutine would never run, since nobody awaits it");
        static_assert(survives_being_awaited<Function>,
                      "rill: g++ 12 would destroy the captures of this lambda twice: give it a name, and pass that");
        on_error_ = session_error_handler(std::decay_t<Function>(std::forward<Function>(function)));
        return *this;
    }

    /// What was set; the time to drain is in nanoseconds.
    [[nodiscard]] std::size_t max_connections() const noexcept { return max_connections_; }
    [[nodiscard]] std::int64_t drain_ns() const noexcept { return drain_ns_; }
    [[nodiscard]] const session_error_handler& on_error() const noexcept { return on_error_; }

  private:
    std::size_t max_connections_ = 10'000;
    std::int64_t drain_ns_ = 0;
    session_error_handler on_error_;
};

/// What can be served: it accepts streams.
template <class Listener>
concept stream_listener = std::derived_from<Listener, socket> && requires(Listener& each) {
    { each.accept() } -> awaitable;
};
/// What it accepts.
template <stream_listener Listener>
using accepted_stream = await_result<decltype(std::declval<Listener&>().accept())>;

/// What makes a session of a connection: a coroutine function that takes the stream by value.
template <class Handler, class Stream>
concept session_handler = std::invocable<Handler&, Stream> && awaitable<std::invoke_result_t<Handler&, Stream>>;

/// Serves the clients of a listener until it is stopped. Refers to a listener that is given as an lvalue, owns one that
/// is given as an rvalue; owns the handler.
///
/// Stopped  accepting ends at once, the sessions after `drain`; when all are gone, so is this.
/// Errors   what ended accepting: operation_canceled and bad_file_descriptor when the listener is closed. Sessions are
///          ended first.
/// Cost     the frame of the handler and a block of frame memory a connection, both recycled.
template <class Listener, class Handler>
[[nodiscard]] task<> serve(Listener&& listener, Handler&& handler, serve_options options = serve_options());

// ---- mechanism ----

class room_for_session;

/// Who waits for a session to end, if somebody does. Outlives the sessions.
struct session_end {
    room_for_session* awaited_by = nullptr;
};

/// Waits until a session has ended, or the listener is closed, which is an error: the kernel's backlog keeps the clients,
/// and nobody would ask the listener meanwhile.
class [[nodiscard]] room_for_session final : public socket_operation {
  public:
    room_for_session(const socket& listener, session_end& end) noexcept
        : socket_operation(listener, backend::verb::closing), end_(end) {}
    room_for_session(room_for_session&& other) noexcept = default;  // only before it starts
    ~room_for_session() {
        if (end_.awaited_by == this) end_.awaited_by = nullptr;
    }

    bool start(branch& on) noexcept {
        end_.awaited_by = this;
        return begin<backend::verb::closing>(on);
    }
    void result() const { throw_if_failed(); }

    void session_ended() noexcept {
        if (operation_.state != backend::operation_state::parked) return;  // it is over already
        branch& waiting = *operation_.owner;
        static_cast<void>(waiting.context->reactor().cancel(operation_));
        waiting.unpark();
    }

  private:
    session_end& end_;
};

/// A connection and what runs for it.
template <awaitable Session>
class served_session final : public group_child {
  public:
    served_session(Session&& session, const endpoint& peer, const serve_options& options, session_end& end) noexcept
        : session_(std::move(session)), peer_(peer), options_(options), end_(end) {}
    ~served_session() override {
        if (end_.awaited_by != nullptr) end_.awaited_by->session_ended();
    }

    bool start() noexcept override { return session_.start(*this); }
    [[nodiscard]] bool failed() const noexcept override { return session_.failed(); }
    [[nodiscard]] std::exception_ptr error() noexcept override { return exception_of(session_); }
    bool report(const std::exception_ptr& error) noexcept override {
        options_.on_error()(error, peer_);
        return true;
    }

  private:
    Session session_;
    endpoint peer_;
    const serve_options& options_;  // of `serve`, which outlives its sessions
    session_end& end_;              // likewise
};

/// Whom an error is reported of.
template <class Stream>
[[nodiscard]] endpoint peer_of([[maybe_unused]] const Stream& client) {
    if constexpr (std::is_same_v<decltype(client.remote_endpoint()), endpoint>) {
        return client.remote_endpoint();
    } else {
        return {};
    }
}

/// `Listener` is a reference, or the listener itself: then it is closed when accepting ends, and not after the drain.
template <class Listener, class Handler>
task<> accept_sessions(Listener listener, Handler& handler, const serve_options& options, session_end& end,
                       task_group& sessions) {
    using stream = accepted_stream<std::remove_reference_t<Listener>>;
    using session = std::invoke_result_t<Handler&, stream>;
    for (;;) {
        while (sessions.size() >= options.max_connections()) co_await room_for_session(listener, end);
        stream client = co_await listener.accept();
        const endpoint peer = peer_of(client);
        try {
            sessions.spawn_child(new served_session<session>(handler(std::move(client)), peer, options, end));
        } catch (
            ...) {  // no memory for the session, or a handler that is no coroutine all the way: its client's affair
            options.on_error()(std::current_exception(), peer);
        }
    }
}

/// The coroutine of `serve`: `Listener` is a reference, or the listener itself.
template <class Listener, class Handler>
task<> serve_kept(Listener listener, Handler handler, serve_options options) {
    session_end end;
    const auto accepting = [&](task_group& sessions) {
        return accept_sessions<Listener, Handler>(static_cast<Listener&&>(listener), handler, options, end, sessions);
    };
    co_await with_draining_task_group(accepting, options.max_connections(), options.drain_ns());
}

template <class Listener, class Handler>
task<> serve(Listener&& listener, Handler&& handler, serve_options options) {
    using given = std::remove_cvref_t<Listener>;
    using kept = std::conditional_t<std::is_lvalue_reference_v<Listener>, given&, given>;
    using kept_handler = std::decay_t<Handler>;
    static_assert(stream_listener<given>, "rill: serve wants a listener first: a tcp_listener or a unix_listener");
    static_assert(survives_being_awaited<Handler>,
                  "rill: g++ 12 would destroy the captures of this lambda twice: give it a name, and pass that");
    if constexpr (stream_listener<given>) {
        static_assert(session_handler<kept_handler, accepted_stream<given>>,
                      "rill: serve wants a coroutine function that takes what is accepted: rill::task<> "
                      "session(rill::tcp_stream client)");
        if constexpr (session_handler<kept_handler, accepted_stream<given>>)
            return serve_kept<kept, kept_handler>(std::forward<Listener>(listener), std::forward<Handler>(handler),
                                                  std::move(options));
    }
}

}  // namespace rill::inline RILL_ABI
