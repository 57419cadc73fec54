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
#include <tuple>
#include <type_traits>
#include <utility>

#include "awaitable.hpp"
#include "foreign.hpp"
#include "io_context.hpp"
#include "sleep.hpp"
#include "task.hpp"
#include "wait_list.hpp"

namespace rill::inline RILL_ABI {

/// A child of a group, in memory of its own until it has ended.
class group_child : public branch {
  public:
    virtual bool start() noexcept = 0;
    /// What it failed with, if it has; what then happens is the group's affair unless `report` takes care of it.
    [[nodiscard]] virtual std::exception_ptr error() noexcept = 0;
    /// Takes care of an error. False: it stops the group.
    virtual bool report(const std::exception_ptr&) noexcept { return false; }
    virtual ~group_child() = default;

    static void* operator new(std::size_t size) { return take_frame_memory(size); }
    static void operator delete(void* block, std::size_t size) noexcept { give_frame_memory(block, size); }
};

/// The children of a body. Lives as long as the `with_task_group` that made it, and belongs to its thread.
class task_group final : private scope {
  public:
    class join_operation;
    class room_operation;

    static constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

    /// Starts an awaitable, in its turn, never inside this call. In a group that is stopped it does not start.
    /// Throws std::bad_alloc, or std::length_error when the group is full: `room` waits for a place.
    template <any_awaitable Awaitable>
    void spawn(Awaitable&& each);
    /// Starts `function(arguments...)`, a coroutine. The group owns both until it has ended, so a lambda with captures
    /// and arguments taken by reference are safe.
    template <class Function, class... Arguments>
        requires(!any_awaitable<Function>)
    void spawn(Function&& function, Arguments&&... arguments);
    /// Adds a child that was made elsewhere, and owns it from then on.
    void spawn_child(group_child* each);

    /// Stops the children, present and future; the body goes on.
    void stop() noexcept { stop_children(); }
    /// Waits until there is no child left, so that what the body owns may outlive them.
    [[nodiscard]] join_operation join() noexcept;
    /// Waits until another child may be spawned. The place is the caller's until it next waits for something.
    [[nodiscard]] room_operation room() noexcept;
    /// How many children have not ended.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

  private:
    template <class Body>
    friend class task_group_operation;

    explicit task_group(std::size_t limit) noexcept : limit_(limit) {}
    ~task_group() = default;

    bool start_queued(branch& each) noexcept override { return static_cast<group_child&>(each).start(); }
    inline void child_ended(branch& ended) noexcept override;
    bool delivers() noexcept override { return true; }
    inline void all_ended() noexcept override;

    [[nodiscard]] bool has_room() const noexcept { return size_ < limit_; }

    std::size_t size_ = 0;
    std::size_t limit_;
    wait_list joining_;
    wait_list looking_for_room_;
    bool cut_short_ = false;    // a stop from outside ended a child
    std::exception_ptr error_;  // the first error of a child
    scope* whole_ = nullptr;    // the with_task_group around it
};

/// Made by `with_task_group`.
template <class Body>
class task_group_operation;

/// Runs `body(group)` and all that it spawns; gives the body's value. `limit`: how many children there may be at a time.
///
/// Stopped  body and children are stopped and unwound.
/// Errors   the first one, of a child or of the body, after all others have ended.
/// Cost     a block of recycled frame memory a child.
template <class Body>
    requires std::invocable<Body&, task_group&>
[[nodiscard]] auto with_task_group(Body body, std::size_t limit = task_group::unlimited) {
    return task_group_operation<Body>(std::move(body), limit, 0);
}

/// As with_task_group, but a stop from outside, or an error of the body, ends only the body at once: the children then
/// have `drain_ns` to end by themselves, and are stopped after that. Once the body has returned, a stop ends them at once.
template <class Body>
    requires std::invocable<Body&, task_group&>
[[nodiscard]] auto with_draining_task_group(Body body, std::size_t limit, std::int64_t drain_ns) {
    return task_group_operation<Body>(std::move(body), limit, drain_ns);
}

// ---- mechanism ----

class [[nodiscard]] task_group::join_operation final : private waiter {
  public:
    explicit join_operation(task_group& group) noexcept : group_(group) {}

    bool start(branch& on) noexcept {
        if (!on.open()) return on.refuse();
        if (group_.size_ == 0) return true;
        group_.joining_.add(*this, on);
        return false;
    }
    [[nodiscard]] bool failed() const noexcept { return false; }
    void result() const noexcept {}

  private:
    task_group& group_;
};

class [[nodiscard]] task_group::room_operation final : private waiter {
  public:
    explicit room_operation(task_group& group) noexcept : group_(group) {}

    bool start(branch& on) noexcept {
        if (!on.open()) return on.refuse();
        if (group_.has_room() && group_.looking_for_room_.empty()) return true;
        group_.looking_for_room_.add(*this, on);
        return false;
    }
    [[nodiscard]] bool failed() const noexcept { return false; }
    void result() const noexcept {}

  private:
    bool cancel() noexcept override {
        group_.looking_for_room_.remove(*this);
        group_.looking_for_room_.nudge_first();
        return true;
    }
    /// Nobody who came later has passed; the next one asks after this one has had its chance to spawn.
    bool retry() noexcept override {
        if (!group_.has_room()) return false;
        group_.looking_for_room_.remove(*this);
        group_.looking_for_room_.nudge_first();
        return true;
    }

    task_group& group_;
};

inline task_group::join_operation task_group::join() noexcept { return join_operation(*this); }
inline task_group::room_operation task_group::room() noexcept { return room_operation(*this); }

/// An awaitable as a child.
template <awaitable Awaitable>
class group_child_of final : public group_child {
  public:
    explicit group_child_of(Awaitable&& each) : each_(std::move(each)) {}

    bool start() noexcept override { return each_.start(*this); }
    [[nodiscard]] std::exception_ptr error() noexcept override { return error_of(each_); }

    /// The error of a finished awaitable, if it has one.
    static std::exception_ptr error_of(Awaitable& each) noexcept {
        if (!each.failed()) return nullptr;
        try {
            static_cast<void>(each.result());
        } catch (...) {
            return std::current_exception();
        }
        return nullptr;
    }

  private:
    Awaitable each_;
};

/// A function with its arguments as a child; it is called when its turn comes.
template <class Function, class... Arguments>
class group_child_calling final : public group_child {
    using coroutine = std::invoke_result_t<Function&, Arguments...>;
    static_assert(awaitable<coroutine>,
                  "rill: spawn(function, arguments...) wants a coroutine: a function that returns a rill::task");

  public:
    template <class... Given>
    explicit group_child_calling(Function&& function, Given&&... given)
        : function_(std::move(function)), arguments_(std::forward<Given>(given)...) {}
    template <class... Given>
    explicit group_child_calling(const Function& function, Given&&... given)
        : function_(function), arguments_(std::forward<Given>(given)...) {}

    bool start() noexcept override {
        try {
            running_ = std::apply([this](Arguments&... each) { return function_(std::move(each)...); }, arguments_);
        } catch (...) {
            error_ = std::current_exception();
            return true;
        }
        return running_.start(*this);
    }
    [[nodiscard]] std::exception_ptr error() noexcept override {
        return error_ ? error_ : group_child_of<coroutine>::error_of(running_);
    }

  private:
    Function function_;
    std::tuple<Arguments...> arguments_;
    coroutine running_;
    std::exception_ptr error_;
};

template <any_awaitable Awaitable>
void task_group::spawn(Awaitable&& each) {
    spawn_child(new group_child_of<kept_awaitable<Awaitable>>(as_awaitable(std::forward<Awaitable>(each))));
}

template <class Function, class... Arguments>
    requires(!any_awaitable<Function>)
void task_group::spawn(Function&& function, Arguments&&... arguments) {
    static_assert(std::invocable<std::decay_t<Function>&, std::decay_t<Arguments>...>,
                  "rill: spawn wants an awaitable, or a coroutine function with the arguments to call it with");
    using made = group_child_calling<std::decay_t<Function>, std::decay_t<Arguments>...>;
    spawn_child(new made(std::forward<Function>(function), std::forward<Arguments>(arguments)...));
}

inline void task_group::spawn_child(group_child* each) {
    if (owner()->ended()) {  // a destructor of what is abandoned
        delete each;
        return;
    }
    if (size_ >= limit_) {
        delete each;
        throw std::length_error("rill: the task group is full: co_await group.room() before spawn");
    }
    ++size_;
    queue_child(*each, *owner()->context);
}

inline void task_group::child_ended(branch& ended) noexcept {
    auto& each = static_cast<group_child&>(ended);
    if (each.now == branch::phase::stopped) {
        cut_short_ = cut_short_ || !stopped();
    } else {
        std::exception_ptr error = each.error();
        if (error && !each.report(error) && !error_) {
            error_ = std::move(error);
            stop_children();
            whole_->stop_children();
        }
    }
    delete &each;
    --size_;
    if (size_ == 0) joining_.wake_all();
    looking_for_room_.nudge_first();
}

inline void task_group::all_ended() noexcept {
    branch& mine = *owner();
    mine.parked = nullptr;
    mine.parent->end_child(mine, branch::phase::done);
}

/// Two children: the body, and a branch that is parked on the group as long as children can come or are left.
template <class Body>
class [[nodiscard]] task_group_operation final : public scope, private timer {
    using coroutine = std::invoke_result_t<Body&, task_group&>;
    static_assert(awaitable<coroutine>,
                  "rill: with_task_group wants a coroutine: a lambda that returns a rill::task (-> rill::task<>)");
    using value_type = await_result<coroutine>;

  public:
    task_group_operation(Body&& body, std::size_t limit, std::int64_t drain_ns)
        : body_(std::move(body)), limit_(limit), drain_ns_(drain_ns), group_(limit) {}
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
    void expired() noexcept override { group_.stop(); }
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
        group_.stop();
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
            group_.stop();
        }
    }
    if (group_.finish_start()) end_child(children_, branch::phase::done);
}

}  // namespace rill::inline RILL_ABI
