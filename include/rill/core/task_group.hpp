// SPDX-License-Identifier: MIT
#pragma once

// `task_group`: children that are started as one goes. A body gets one from `with_task_group` (with_task_group.hpp).
//
// A child runs from its turn after `spawn` until it ends or is stopped; then it is gone, and its place is free. An error
// of a child stops the group and its body. All but the stops belong to the thread of the body.

#include <concepts>
#include <exception>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "awaitable.hpp"
#include "foreign.hpp"
#include "group_child.hpp"
#include "io_context.hpp"
#include "spawned.hpp"
#include "stop_relay.hpp"
#include "wait_list.hpp"

namespace rill::inline RILL_ABI {

/// The children of a body. Lives as long as the `with_task_group` that made it, and belongs to its thread.
class task_group final : private scope {
  public:
    class join_operation;
    class room_operation;

    /// As a limit: none.
    static constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

    /// Starts an awaitable, in its turn, never inside this call. In a group that is stopped it does not start.
    /// Gives a handle that can stop this child alone; it may be dropped.
    /// Throws std::bad_alloc, or std::length_error when the group is full: `room` waits for a place.
    template <any_awaitable Awaitable>
    spawned spawn(Awaitable&& each);
    /// Starts `function(arguments...)`, a coroutine. The group owns both until it has ended, so a lambda with captures
    /// and arguments taken by reference are safe.
    template <class Function, class... Arguments>
        requires(!any_awaitable<Function>)
    spawned spawn(Function&& function, Arguments&&... arguments);
    /// Adds a child that was made elsewhere, and owns it from then on, also if it throws.
    void spawn_child(group_child* each);

    /// Stops the children, present and future; the body goes on. Any thread, as long as the group lives.
    void stop() noexcept { relay_.request(*owner()->context); }
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

    spawned spawn_with_handle(spawned_child* each);
    RILL_COLD void take_error(group_child& failed) noexcept;
    [[nodiscard]] bool has_room() const noexcept { return size_ < limit_; }

    std::size_t size_ = 0;
    std::size_t limit_;
    wait_list joining_;
    wait_list looking_for_room_;
    bool cut_short_ = false;    // a stop from outside ended a child
    std::exception_ptr error_;  // the first error of a child
    scope* whole_ = nullptr;    // the with_task_group around it
    stop_relay relay_{*this};
};

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
#if RILL_TASK_DUMP
    void describe(error_text& to, instant) const noexcept override { to.append("a place in its group"); }
#endif
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

template <any_awaitable Awaitable>
spawned task_group::spawn(Awaitable&& each) {
    return spawn_with_handle(
        new group_child_of<kept_awaitable<Awaitable>>(as_awaitable(std::forward<Awaitable>(each))));
}

template <class Function, class... Arguments>
    requires(!any_awaitable<Function>)
spawned task_group::spawn(Function&& function, Arguments&&... arguments) {
    static_assert(!awaitable<std::remove_cvref_t<Function>>,
                  "rill: an awaitable is awaited once, as an rvalue: write spawn(std::move(it)), or spawn the call");
    static_assert(std::invocable<std::decay_t<Function>&, std::decay_t<Arguments>...>,
                  "rill: spawn wants an awaitable, or a coroutine function with the arguments to call it with");
    constexpr bool can_be_kept = (std::is_constructible_v<std::decay_t<Arguments>, Arguments> && ...);
    static_assert(can_be_kept, "rill: spawn keeps its arguments, and one of them can't be copied: write std::move(it)");
    using made = group_child_calling<std::decay_t<Function>, std::decay_t<Arguments>...>;
    if constexpr (can_be_kept)
        return spawn_with_handle(new made(std::forward<Function>(function), std::forward<Arguments>(arguments)...));
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

inline spawned task_group::spawn_with_handle(spawned_child* each) {
    spawned handle(each->link().shared_with_handle(*each, *owner()->context));
    spawn_child(each);
    return handle;
}

inline void task_group::child_ended(branch& ended) noexcept {
    auto& each = static_cast<group_child&>(ended);
    if (each.now == branch::phase::stopped) {
        cut_short_ = cut_short_ || !(stopped() || each.singled_out);
    } else if (each.failed()) {
        take_error(each);
    }
    delete &each;
    --size_;
    if (size_ == 0) joining_.wake_all();
    looking_for_room_.nudge_first();
}

/// The first error that nobody takes care of ends the group.
inline void task_group::take_error(group_child& failed) noexcept {
    std::exception_ptr error = failed.error();
    if (failed.report(error) || error_) return;
    error_ = std::move(error);
    stop_children();
    whole_->stop_children();
}

inline void task_group::all_ended() noexcept {
    branch& mine = *owner();
    mine.parked = nullptr;
    mine.parent->end_child(mine, branch::phase::done);
}

}  // namespace rill::inline RILL_ABI

#include "with_task_group.hpp"
