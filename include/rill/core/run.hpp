// SPDX-License-Identifier: MIT
#pragma once

// `run(task)`: the way from main into coroutines. `run(task, stop_on(SIGINT, SIGTERM))`: until a signal.
//
// Makes an io_context, runs the task and all that it starts to the end on this thread, and returns its value or throws
// its error. With `stop_on` the task is stopped by the first of the signals, and what comes back says whether it ran to
// its end: an optional of the value, or a bool. A second signal of the same kind has its default action, so that a
// program which does not end can be ended.
//
//     int main() { rill::run(server(), rill::stop_on(SIGINT, SIGTERM)); }

#include <utility>

#include "awaitable.hpp"
#include "foreign.hpp"
#include "io_context.hpp"
#include "optional_value.hpp"
#include "refusal.hpp"
#include "stop_on.hpp"

namespace rill::inline RILL_ABI {

/// Runs an awaitable to its end on this thread. Inside a coroutine, whose own loop stands still meanwhile, `co_await` it instead.
///
/// Errors   those of the awaitable; std::system_error if there is no backend.
template <any_awaitable Awaitable>
auto run(Awaitable&& each) -> await_result<kept_awaitable<Awaitable>> {
    io_context context;
    return context.run(std::forward<Awaitable>(each));
}

/// Runs an awaitable until it ends or one of the signals arrives: an optional of its value, or a bool.
///
/// Errors   those of the awaitable; std::system_error if there is no backend, or a signal that can't be watched.
template <any_awaitable Awaitable>
auto run(Awaitable&& each, const stop_on& signals) -> optional_value<await_result<kept_awaitable<Awaitable>>> {
    io_context context;
    return context.run(std::forward<Awaitable>(each), signals);
}

template <not_awaitable Given, class... Signals>
refusal<Given> run(Given&& each, const Signals&... signals);

// ---- mechanism ----

/// The root of a tree, on the stack of `run`.
template <awaitable Awaitable>
class run_scope final : public root_scope {
  public:
    explicit run_scope(Awaitable&& each) : child_(std::move(each)) {}

    void drive(io_context& context) {
        context.begin_run();
        const running_context_guard running(context);
        context.add_root(*this);
        start_child(child_, context);
        while (!child_.ended()) {
            const std::int64_t limit_ns = context.turn_once();
            if (!child_.ended()) context.wait_once(limit_ns);
        }
        context.end_run();
    }
    [[nodiscard]] bool completed() const noexcept { return child_.now == branch::phase::done; }
    await_result<Awaitable> result() {
        if (!completed()) throw described_error(std::errc::operation_canceled, "run");
        return child_.what.result();
    }
    /// Of one that completed.
    optional_value<await_result<Awaitable>> take_optional_result() { return take_optional(child_.what); }

  private:
    void child_ended(branch& each) noexcept override { each.context->remove_root(*this); }
    void all_ended() noexcept override {}

    child<Awaitable> child_;
};

/// Stops a scope when one of a few signals arrives.
class stop_by_signals {
  public:
    stop_by_signals(io_context& context, scope& target, const stop_on& signals) : context_(context) {
        for (const int number : signals) {
            listener& each = listeners_[count_];
            each.target = &target;
            each.watch.number = number;
            each.watch.once = true;
            try {
                context.add_listener(each);
            } catch (...) {
                leave();
                throw;
            }
            ++count_;
        }
    }
    ~stop_by_signals() { leave(); }
    stop_by_signals(const stop_by_signals&) = delete;
    stop_by_signals& operator=(const stop_by_signals&) = delete;

  private:
    struct listener final : signal_listener {
        void signalled(unsigned) noexcept override { target->stop_children(); }
        scope* target = nullptr;
    };
    void leave() noexcept {
        while (count_ > 0) context_.remove_listener(listeners_[--count_]);
    }

    io_context& context_;
    listener listeners_[stop_on::signals_max];
    std::size_t count_ = 0;
};

template <class Awaitable>
decltype(auto) io_context::run(Awaitable&& each) {
    static_assert(refusal<Awaitable>::told);
    run_scope<kept_awaitable<Awaitable>> root(as_awaitable(std::forward<Awaitable>(each)));
    root.drive(*this);
    return root.result();
}

template <class Awaitable>
auto io_context::run(Awaitable&& each, const stop_on& signals) {
    static_assert(refusal<Awaitable>::told);
    using value_type = await_result<kept_awaitable<Awaitable>>;
    run_scope<kept_awaitable<Awaitable>> root(as_awaitable(std::forward<Awaitable>(each)));
    {
        const stop_by_signals stops(*this, root, signals);
        root.drive(*this);
    }
    if (!root.completed()) return optional_value<value_type>();
    return root.take_optional_result();
}

}  // namespace rill::inline RILL_ABI
