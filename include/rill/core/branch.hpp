// SPDX-License-Identifier: MIT
#pragma once

// The tree: a branch is what one child of a scope is to the loop, a scope is what awaits its children.
//
// A branch is a chain of coroutines that await each other (or a bare operation), its io_context, whether it is stopped,
// and the one thing it is parked on. `co_await task` stays on the branch; a scope (when_all, timeout, a task group, run)
// makes a branch for each child and is what its own branch is parked on meanwhile. So the tree hangs together from the
// root to each operation, and a stop walks down it without recursion.
//
// States of a branch, seen from the loop:
// | leaf     | parked  | queued | it is ...                                                                          |
// |----------|---------|--------|------------------------------------------------------------------------------------|
// | any      | null    | no     | running just now, or has ended                                                     |
// | any      | null    | yes    | about to go on: a value, an error, or a place to start is waiting for it           |
// | any      | set     | no     | waiting: an operation, a timer, a lock, or its own children                        |
// | any      | set     | yes    | to be asked again: stopped, to let go and be unwound; else, whether it may go on   |

#include <cstdint>

#include "frame.hpp"
#if RILL_LOCK_ORDER
#include "owner_number.hpp"
#endif
#include "ready_queue.hpp"

namespace rill::inline RILL_ABI {

class io_context;
class scope;
class stop_announcement;

/// What a branch can be parked on.
class suspension {
  public:
    suspension() noexcept = default;

    /// The branch was stopped. True: it is let go now, nothing was taken, and it will not be resumed from here.
    /// False: it stays, and is resumed by a completion, with a value that is not lost.
    virtual bool cancel() noexcept = 0;
    /// The branch was queued although it is parked, and is not stopped. True: it goes on. False: it stays parked.
    virtual bool retry() noexcept { return true; }
    /// As cancel, but for good: the branch is about to be destroyed.
    virtual bool abandon() noexcept { return cancel(); }
    /// The scope whose children the branch waits for, if that is what it waits for.
    virtual scope* as_scope() noexcept { return nullptr; }
#if RILL_TASK_DUMP
    /// Says in a dump what is waited for: "recv 127.0.0.1:5000".
    virtual void describe(error_text& to, instant) const noexcept { to.append("an event"); }
#endif

  protected:
    suspension(const suspension&) noexcept = default;
    suspension& operator=(const suspension&) noexcept = default;
    ~suspension() = default;
};

/// What is parked here waits for its turn: to go on after a `yield`; stopped, to be unwound.
class nothing_to_wait_for final : public suspension {
  public:
    bool cancel() noexcept override { return true; }
#if RILL_TASK_DUMP
    void describe(error_text& to, instant) const noexcept override { to.append("its turn"); }
#endif
};

/// Is told of the stop of one branch, which owns it; `get_stop_token` leaves one there.
class stop_observer {
  public:
    /// The branch was stopped: called once at most, on its thread, when all that is stopped with it has been marked.
    virtual void stopped() noexcept = 0;
    /// The branch is gone, and so may this be.
    virtual void let_go() noexcept = 0;

    stop_observer* next = nullptr;  // in the list of those that are told of the same stop

  protected:
    ~stop_observer() = default;
};

class branch : public ready_item {
  public:
    branch() noexcept : ready_item(kind::branch) {}
    ~branch() {
        if (observer != nullptr) [[unlikely]]
            observer->let_go();
    }

    enum class phase : std::uint8_t { unstarted, running, done, stopped };

    phase now = phase::unstarted;
    bool shielded = false;       // a stop that comes from above its scope passes it by
    bool singled_out = false;    // it was stopped by itself, and not with those around it
    io_context* gate = nullptr;  // the io_context, or null once the branch is stopped: one comparison asks for both
    io_context* context = nullptr;
    frame* leaf = nullptr;         // the innermost frame; null: a bare operation, or before and after the chain
    suspension* parked = nullptr;  // what it waits for
    scope* parent = nullptr;       // whose child it is
    branch* next_sibling = nullptr;
    branch* previous_sibling = nullptr;
    stop_observer* observer = nullptr;  // owned; null: nobody has asked for a token
#if RILL_LOCK_ORDER
    const owner_number number = next_owner_number();
#endif

    [[nodiscard]] bool ended() const noexcept { return now == phase::done || now == phase::stopped; }

    /// Whether operations may start here; takes in first what other threads have asked for.
    [[nodiscard]] bool open() noexcept;
    /// Parks the branch, which is stopped, to be unwound in its turn. Always false, as `start` answers when parked.
    RILL_COLD bool refuse() noexcept;
    /// Queues it: it goes on in its turn, or, still parked, tries again whether it may.
    void go_on() noexcept;
    /// What it was parked on has happened: it goes on in its turn. A stop may have queued it by then.
    void unpark() noexcept {
        parked = nullptr;
        if (!queued) go_on();
    }
};

/// Waits for children, and ends when all of them have. Nothing is copied or moved once it has been started.
///
/// Combinators derive from it. They call `begin`, then `start_child` for each child, then `finish_start`, whose answer is
/// that of their own `start`. `child_ended` is called for each child that ended, `delivers` when all have.
class scope : public suspension {
  public:
    scope() noexcept = default;
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;

    bool cancel() noexcept final { return false; }
    scope* as_scope() noexcept final { return this; }
#if RILL_TASK_DUMP
    void describe(error_text& to, instant) const noexcept override { to.append("those below"); }
#endif

    [[nodiscard]] branch* owner() const noexcept { return owner_; }
    [[nodiscard]] branch* first_child() const noexcept { return first_child_; }
    [[nodiscard]] bool stopped() const noexcept { return stopped_; }

    /// Stops all children that are not shielded, present and future: marks them at once, unwinds them in the loop's next turn.
    void stop_children() noexcept;
    /// The first half of that, for several scopes at once: `stop.tell()` is the other.
    void mark_stopped(stop_announcement& stop) noexcept;
    /// Stops one of the children that have not ended, and no other.
    void stop_child(branch& child) noexcept;

    /// Starts a child that was queued by `queue_child`: true if it ended at once.
    virtual bool start_queued(branch&) noexcept { return true; }

    /// Called when a child's chain has come to its end, or was unwound.
    void end_child(branch& child, branch::phase how) noexcept;

  protected:
    ~scope() = default;

    /// Parks the owner here, and keeps the scope from ending until `finish_start`.
    void begin(branch& owner) noexcept;
    /// Adds a child, and starts it unless the scope is stopped.
    template <class Child>
    void start_child(Child& child, io_context& context) noexcept {
        if (add(child, context)) {
            child.now = branch::phase::running;
            if (child.start()) end_child(child, branch::phase::done);
        } else {
            end_child(child, branch::phase::stopped);
        }
    }
    /// Adds a child that runs nothing of its own: it stands for another scope, which it is parked on.
    void start_empty_child(branch& child, io_context& context) noexcept {
        add(child, context);
        child.now = branch::phase::running;
    }
    /// Adds a child that is started in its turn, by `start_queued`.
    void queue_child(branch& child, io_context& context) noexcept;
    /// True: all children have ended and the owner goes on. False: it waits, or is stopped.
    bool finish_start() noexcept;

    [[nodiscard]] bool owner_stopped() const noexcept { return owner_ != nullptr && owner_->gate == nullptr; }
    [[nodiscard]] std::uint32_t running() const noexcept { return running_; }

    /// A child has ended: `child.now` says how. May free it.
    virtual void child_ended(branch& child) noexcept = 0;
    /// All children have ended. True: the owner goes on with a result. False: it was stopped, and is unwound.
    virtual bool delivers() noexcept = 0;
    /// What then follows, if the scope has not ended within its start. A root has no owner and does something else.
    inline virtual void all_ended() noexcept;

  private:
    bool add(branch& child, io_context& context) noexcept;
    void remove(branch& child) noexcept;

    branch* owner_ = nullptr;        // the branch that is parked here; null: the root of a tree
    branch* first_child_ = nullptr;  // those that have not ended, in the order in which they were added
    branch* last_child_ = nullptr;
    std::uint32_t running_ = 0;  // children that have not ended, and one more while the scope starts
    bool stopped_ = false;       // its own stop, beside that of its owner
};

/// The root of a tree: has one child, which no branch waits for.
class root_scope : public scope {
  public:
    root_scope* next = nullptr;  // in the list of its io_context
    root_scope* previous = nullptr;

  protected:
    root_scope() noexcept = default;
    ~root_scope() = default;

    bool delivers() noexcept final { return true; }
};

/// The next branch of the tree below `top` after `at`, parents first; `inside` null: not into the children of `at`.
inline branch* next_branch(const scope& top, branch& at, scope* inside) noexcept;

// ---- mechanism ----

inline nothing_to_wait_for let_go_at_once;

inline void scope::begin(branch& owner) noexcept {
    owner_ = &owner;
    running_ = 1;
    owner.parked = this;  // before the children start: a stop that one of them asks for must find the others
}

inline void scope::remove(branch& child) noexcept {
    (child.previous_sibling == nullptr ? first_child_ : child.previous_sibling->next_sibling) = child.next_sibling;
    (child.next_sibling == nullptr ? last_child_ : child.next_sibling->previous_sibling) = child.previous_sibling;
}

inline void scope::end_child(branch& child, branch::phase how) noexcept {
    child.now = how;
    remove(child);
    child_ended(child);  // the child may be gone from here on
    if (--running_ == 0) all_ended();
}

inline bool scope::add(branch& child, io_context& context) noexcept {
    child.context = &context;
    child.parent = this;
    child.previous_sibling = last_child_;
    (last_child_ == nullptr ? first_child_ : last_child_->next_sibling) = &child;
    last_child_ = &child;
    ++running_;
    const bool closed = !child.shielded && (stopped_ || owner_stopped());
    child.gate = closed ? nullptr : &context;
    return !closed;
}

inline void scope::queue_child(branch& child, io_context& context) noexcept {
    add(child, context);
    child.go_on();
}

/// Collects whom to tell of a stop, outermost first: they may do anything, so they are told when all is marked.
class stop_announcement {
  public:
    /// Marks one branch. The scope whose children it waits for, which are to be marked next; null: there are none.
    scope* mark(branch& each) noexcept {
        each.gate = nullptr;
        if (each.observer != nullptr) [[unlikely]] {
            *last_ = each.observer;
            last_ = &each.observer->next;
        }
        if (each.parked == nullptr) return nullptr;
        scope* const inside = each.parked->as_scope();
        if (inside == nullptr && !each.queued) each.go_on();
        return inside;
    }
    /// Marks what is below a scope.
    void mark_below(scope& top) noexcept {
        branch* each = top.first_child();
        while (each != nullptr) {
            scope* const inside = each->gate != nullptr && !each->shielded ? mark(*each) : nullptr;
            each = next_branch(top, *each, inside);
        }
    }
    void tell() noexcept {
        *last_ = nullptr;
        while (stop_observer* const each = first_) {
            first_ = each->next;
            each->stopped();
        }
    }

  private:
    stop_observer* first_ = nullptr;
    stop_observer** last_ = &first_;
};

inline void scope::mark_stopped(stop_announcement& stop) noexcept {
    stopped_ = true;
    stop.mark_below(*this);
}

inline void scope::stop_children() noexcept {
    stop_announcement stop;
    mark_stopped(stop);
    stop.tell();  // nothing comes after it: the scope may be gone
}

inline void scope::stop_child(branch& child) noexcept {
    if (child.gate == nullptr) return;
    child.singled_out = true;
    stop_announcement stop;
    if (scope* const inside = stop.mark(child)) stop.mark_below(*inside);
    stop.tell();
}

inline void scope::all_ended() noexcept {
    owner_->parked = nullptr;
    if (delivers()) {
        owner_->go_on();
    } else {
        owner_->refuse();
    }
}

inline bool scope::finish_start() noexcept {
    if (--running_ != 0) return false;
    owner_->parked = nullptr;
    return delivers() || owner_->refuse();
}

inline branch* next_branch(const scope& top, branch& at, scope* inside) noexcept {
    if (inside != nullptr && inside->first_child() != nullptr) return inside->first_child();
    branch* each = &at;
    while (each->next_sibling == nullptr) {
        if (each->parent == &top) return nullptr;
        each = each->parent->owner();
    }
    return each->next_sibling;
}

}  // namespace rill::inline RILL_ABI
