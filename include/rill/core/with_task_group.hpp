// SPDX-License-Identifier: MIT
#pragma once

// `with_task_group(fn)`: a body that starts children as it goes, and a scope that ends when all of them have.
//
// The body gets a `task_group&`, spawns into it, and its own value is that of the whole. When the body returns, the
// children are waited for. The first error, of a child or of the body, stops all others, is waited for, and is thrown.
// Nothing spawned here can outlive the `co_await`. For a fixed set see when_all.hpp.
//
//     co_await rill::with_task_group([&](rill::task_group& group) -> rill::task<> {
//         for (;;) group.spawn(session, co_await listener.accept());
//     });

#include <concepts>
#include <exception>
#include <type_traits>
#include <utility>

#include "awaitable.hpp"
#include "io_context.hpp"
#include "sleep.hpp"
#include "task.hpp"
#include "task_group.hpp"
#include "temporary_callable.hpp"

namespace rill::inline RILL_ABI {

/// Made by `with_task_group`.
template <class Body>
class [[nodiscard]] task_group_operation;

/// A body of a group.
template <class Body>
concept task_group_body = std::invocable<std::decay_t<Body>&, task_group&>;

/// Runs `body(group)` and all that it spawns; gives the body's value. `limit`: how many children there may be at a time.
///
/// Stopped  body and children are stopped and unwound.
/// Errors   the first one, of a child or of the body, after all others have ended.
/// Cost     a block of recycled frame memory a child.
template <class Body>
[[nodiscard]] auto with_task_group(Body&& body, std::size_t limit = task_group::unlimited) {
    static_assert(task_group_body<Body>, "rill: with_task_group wants a coroutine function that takes a task_group&");
    static_assert(survives_being_awaited<Body>,
                  "rill: g++ 12 would destroy the captures of this lambda twice: give it a name, and pass that");
    return task_group_operation<std::decay_t<Body>>(std::forward<Body>(body), limit, 0);
}

/// As with_task_group, but a stop from outside, or an error of the body, ends only the body at once: the children then
/// have `drain_ns` to end by themselves, and are stopped after that. Once the body has returned, a stop ends them at once.
template <task_group_body Body>
[[nodiscard]] auto with_draining_task_group(Body&& body, std::size_t limit, std::int64_t drain_ns) {
    static_assert(survives_being_awaited<Body>,
                  "rill: g++ 12 would destroy the captures of this lambda twice: give it a name, and pass that");
    return task_group_operation<std::decay_t<Body>>(std::forward<Body>(body), limit, drain_ns);
}

// ---- mechanism ----

/// Two children: the body, and a branch that is parked on the group as long as children can come or are left.
template <class Body>
class task_group_operation final : public scope, private timer {
    using coroutine = std::invoke_result_t<Body&, task_group&>;
    static_assert(awaitable<coroutine>,
                  "rill: with_task_group wants a coroutine: a lambda that returns a rill::task (-> rill::task<>)");
    using value_type = await_result<coroutine>;

  public:
    template <class Given>
    task_group_operation(Given&& body, std::size_t limit, std::int64_t drain_ns)
        : body_(std::forward<Given>(body)), limit_(limit), drain_ns_(drain_ns), group_(limit) {}
    task_group_operation(task_group_operation&& other) noexcept
        : scope(),
          timer(),
          body_(std::move(other.body_)),
          limit_(other.limit_),
          drain_ns_(other.drain_ns_),
          group_(limit_) {}

    bool start(branch& on) noexcept;
    [[nodiscard]] bool failed() const noexcept { return error_ || group_.error_ || running_.failed(); }
    value_type result() {
        if (error_) std::rethrow_exception(error_);
        if (group_.error_) std::rethrow_exception(group_.error_);
        return running_.what.result();
    }

  private:
    inline void child_ended(branch& ended) noexcept override;
    bool delivers() noexcept override {
        return failed() || (running_.now == branch::phase::done && !(group_.cut_short_ && owner_stopped()));
    }
    void expired() noexcept override { group_.stop_children(); }
    void end_group() noexcept;

    Body body_;
    std::size_t limit_;
    std::int64_t drain_ns_;
    task_group group_;
    branch children_;  // stands for the group in this scope
    child<coroutine> running_{coroutine()};
    std::exception_ptr error_;  // of the body, if it came before that of a child, or of making it
};

template <class Body>
bool task_group_operation<Body>::start(branch& on) noexcept {
    if (!on.open()) return on.refuse();
    begin(on);
    group_.whole_ = this;
    children_.shielded = drain_ns_ > 0;
    start_empty_child(children_, *on.context);
    group_.begin(children_);
    try {
        running_.what = body_(group_);  // which may spawn already, if it is no coroutine itself
    } catch (...) {
        error_ = std::current_exception();
        group_.stop_children();
        end_group();
        return finish_start();
    }
    start_child(running_, *on.context);
    return finish_start();
}

template <class Body>
void task_group_operation<Body>::child_ended(branch& ended) noexcept {
    if (&ended == &children_) {
        children_.context->timers().cancel(*this);
        group_.relay_.settle(*children_.context);
        return;
    }
    if (running_.failed() && !group_.error_) {
        try {
            static_cast<void>(running_.what.result());
        } catch (...) {
            error_ = std::current_exception();
        }
        stop_children();
    }
    end_group();
}

/// The body has ended: the group ends with its last child.
template <class Body>
void task_group_operation<Body>::end_group() noexcept {
    if (children_.ended()) return;  // abandoned
    if (children_.shielded) {
        if (running_.now == branch::phase::done && !running_.failed() && !owner_stopped()) {
            children_.shielded = false;  // from now on a stop reaches the children as well
        } else if (!children_.context->timers().add(*this, later_by(children_.context->now(), drain_ns_))) {
            group_.stop_children();
        }
    }
    if (group_.finish_start()) end_child(children_, branch::phase::done);
}

}  // namespace rill::inline RILL_ABI
