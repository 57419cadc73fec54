// SPDX-License-Identifier: MIT
#pragma once

// What the awaiters of all socket verbs have in common: from `start` to the backend, and from its error to the user.
//
// The way of an operation: one comparison asks whether the branch is not stopped, the socket is attached and it is here;
// then the backend tries. All else (first use, closed, elsewhere, stopped) takes a closer look.

#include "../core/awaitable.hpp"
#include "../core/io_context.hpp"
#include "socket.hpp"

namespace rill::inline RILL_ABI {

/// What a failed operation was, and who its peer is.
[[nodiscard]] inline error_origin origin_of(const backend::operation& failed) noexcept;

/// An operation on a socket while a coroutine awaits it.
class socket_operation : public suspension {
  public:
    [[nodiscard]] bool failed() const noexcept { return static_cast<bool>(operation_.failure); }
    [[nodiscard]] error_report report() const noexcept {
        return {to_error_code(operation_.failure), origin_of(operation_)};
    }

  protected:
    socket_operation(const socket_operation&) noexcept = default;  // until it has started
    ~socket_operation() = default;
    socket_operation(const socket& of, backend::verb verb) noexcept : operation_(verb) { operation_.not_started = &of; }

    /// Starts it on a branch: true when it has finished.
    template <backend::verb Verb>
    bool begin(branch& on) noexcept {
        operation_.socket = &of().state();  // as it is now: it may have been closed since this was made
        operation_.owner = &on;
        io_context* context = on.gate;
        if (operation_.socket->home != context || !context->nothing_handed_in()) [[unlikely]] {
            if (const answer now = look_closer(on); now != answer::go_on) return now == answer::finished;
            context = on.gate;
        }
        if (context->start<Verb>(operation_) == backend::progress::parked) {
            on.parked = this;
            return false;
        }
        return context->within_budget() || defer(on);
    }
    /// The socket's object, until the start.
    [[nodiscard]] const socket& of() const noexcept { return *static_cast<const socket*>(operation_.not_started); }
    /// Finishes with an error of its own, without having started; in a scope that is stopped there is no error either.
    RILL_COLD bool refuse(branch& on, backend::error why) noexcept {
        if (!on.open()) return on.refuse();
        operation_.failure = why;
        operation_.peer = of().state().remote;
        return true;
    }
    void throw_if_failed() const {
        if (failed()) [[unlikely]]
            raise();
    }

    backend::operation operation_;

  private:
    [[noreturn]] RILL_COLD void raise() const { throw_error(to_error_code(operation_.failure), origin_of(operation_)); }
    enum class answer : std::uint8_t { go_on, finished, refused };
    RILL_COLD answer look_closer(branch& on) noexcept;
    /// It has its result, and goes on with it after others had their turn.
    RILL_COLD static bool defer(branch& on) noexcept {
        on.context->make_deferred(on);
        return false;
    }
#if RILL_TASK_DUMP
    void describe(error_text& to, instant) const noexcept final {
        const error_origin origin = origin_of(operation_);
        to.append(origin.operation);
        const backend::socket_address& peer = operation_.socket->remote;
        if (has_peer(peer)) append_address(to.append(" "), peer);
    }
#endif
    bool cancel() noexcept final {
        return operation_.owner->context->reactor().cancel(operation_) == backend::release_answer::let_go;
    }
};

// ---- mechanism ----

inline error_origin origin_of(const backend::operation& failed) noexcept {
    static constexpr const char* names[backend::verb_count] = {
        "accept",   "connect", "recv",          "recv_exactly", "recv_lent", "send",      "send_all", "readable",
        "recvfrom", "sendto",  "recvfrom_many", "sendto_many",  "connect",   "send_file", "accept"};
    const char* const name = names[static_cast<std::size_t>(failed.what)];
    const bool known = has_peer(failed.peer);
    return {name, known ? &append_address : nullptr, failed.peer};
}

inline socket_operation::answer socket_operation::look_closer(branch& on) noexcept {
    if (!on.open()) {
        on.refuse();
        return answer::refused;
    }
    backend::socket_state& of = *operation_.socket;
    backend::error failed;
    switch (of.now) {
        case backend::socket_state::phase::closed:
            failed = to_backend_error(std::errc::bad_file_descriptor);
            break;
        case backend::socket_state::phase::attached:
            if (of.home != on.context) failed = to_backend_error(std::errc::operation_not_permitted);
            break;
        case backend::socket_state::phase::unattached:
            failed = on.context->reactor().attach(of, on.context);
            break;
    }
    if (!failed) return answer::go_on;
    operation_.failure = failed;
    operation_.peer = of.remote;
    return answer::finished;
}

}  // namespace rill::inline RILL_ABI
