// SPDX-License-Identifier: MIT
#pragma once

// `io_context`: one loop on one thread. It resumes what is ready, expires timers, and waits for its backend.
//
// Most programs never name it: `rill::run(task)` makes one. Name it to choose a backend, to hand work in from another
// thread (`post`, `on`), or to drive several loops by hand (`turn` and `wait`). It never starts a thread, and nothing but
// `post`, `on`, `wake` and a stop may come to it from another thread.
//
//     rill::io_context context(rill::backend::epoll);
//     context.run(server());

#include <atomic>
#include <concepts>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../backend/default_backend.hpp"
#include "../backend/durations.hpp"
#include "branch.hpp"
#include "error.hpp"
#include "handed_in.hpp"
#include "plain_function.hpp"
#include "running_context.hpp"
#include "signal_listener.hpp"
#include "timer_heap.hpp"

namespace rill::inline RILL_ABI {

class stop_on;

class io_context {
  public:
    /// With the backend that the environment's RILL_BACKEND names, else with the best one of this system. Throws
    /// std::system_error when it can't be had.
    io_context() : io_context(backend::default_kind()) {}
    /// With the given backend; the environment overrides it all the same, so that any program runs on any backend.
    explicit io_context(backend::kind which) : io_context(backend::make_reactor(which)) {}
    /// With a backend that was made elsewhere, and is owned from now on: a simulated network, or one of a test.
    explicit io_context(backend::reactor* made) noexcept : starters_(made->starters()), reactor_(made) {}
    /// Abandons what is still there (see `abandon`), and drops what was posted and has not run.
    ~io_context();
    io_context(const io_context&) = delete;
    io_context& operator=(const io_context&) = delete;

    /// Runs an awaitable to its end on this thread, and all that it started: returns its value or throws its error.
    template <class Awaitable>
    decltype(auto) run(Awaitable&& each);
    /// Until one of the signals arrives: an optional of the value, or a bool for void.
    template <class Awaitable>
    auto run(Awaitable&& each, const stop_on& signals);

    /// Has a function called on the thread of the loop, in its turn, with nothing after it in its coroutine's frame: it
    /// must not throw (std::terminate). Never runs it inline. Any thread, as long as the context lives.
    template <std::invocable Function>
    void post(Function function);

    /// One round of what is ready and due. Returns for how long the loop may then `wait`: zero if there is more to do,
    /// negative if there is nothing to wait for but events.
    std::chrono::nanoseconds turn() { return std::chrono::nanoseconds(turn_once()); }
    /// Waits for events until the limit, a `wake` or a `post`, and deals with them.
    void wait(std::chrono::nanoseconds limit) { wait_once(limit.count()); }
    /// Ends a `wait`, now or the next one. Any thread, also in a signal handler.
    void wake() noexcept { reactor_->wake(); }

    /// Destroys every coroutine that runs here, leaves first, as a crash would: nothing is resumed, nobody is told.
    /// Operations of the kernel that can't be taken back are waited for. Not from within a coroutine of this context.
    void abandon() noexcept;
    /// Stops all that runs here, and all that another context has yet to send here (on.hpp). Thread of the loop.
    void stop_all() noexcept;
    /// Whether that was asked for, and everything has ended.
    [[nodiscard]] bool all_stopped() const noexcept { return stops_all_ && roots_ == nullptr; }
    [[nodiscard]] bool stops_all() const noexcept { return stops_all_; }

    /// Tells the tree of all that runs here, a line at a time: see task_dump.hpp, which defines it.
    template <std::invocable<std::string_view> Sink>
    void dump(Sink&& sink);

    /// Which backend it is on.
    [[nodiscard]] backend::kind which() const noexcept { return reactor_->which(); }
    /// The time on the clock of the backend.
    [[nodiscard]] instant now() noexcept { return reactor_->calls().now(); }
    [[nodiscard]] backend::reactor& reactor() noexcept { return *reactor_; }

    /// Says that a `run` begins. Throws std::logic_error if one is under way.
    void begin_run() {
        if (driven_) throw std::logic_error("rill: run inside a coroutine of the same io_context");
        driven_ = true;
    }
    void end_run() noexcept { driven_ = false; }

    /// `turn` and `wait` in nanoseconds, as the loop itself uses them.
    std::int64_t turn_once();
    void wait_once(std::int64_t limit_ns);

    // What follows is for the awaitables of the library, on the thread of the loop.

    /// Puts a branch that may go on behind those that already wait.
    void make_ready(branch& each) noexcept { ready_.push(each); }
    /// Before all others: the chain that runs just now goes on, from less deep in the stack.
    void make_urgent(branch& each) noexcept { urgent_.push(each); }
    /// After the next look at the backend: a branch that has used its budget.
    void make_deferred(branch& each) noexcept {
        deferred_.push(each);
        budget_ = budget;  // for the others that go on in this resumption
    }
    /// Behind those that wait: a branch that has used its budget, though it wants nothing from the backend.
    void make_ready_again(branch& each) noexcept {
        ready_.push(each);
        budget_ = budget;
    }
    /// Resumes a branch now. Only from the loop or a backend's `wait`.
    void resume(branch& each) noexcept;
    [[nodiscard]] bool resumes_at_once() const noexcept { return !abandoning_; }

    /// Starts an operation whose verb is known.
    template <backend::verb Verb>
    backend::progress start(backend::operation& each) noexcept {
        if constexpr (!backend::is_built_in(Verb)) backend::prepare<Verb>(each);
        return starters_[static_cast<std::size_t>(Verb)](each);
    }
    /// Says whether one more operation may finish at once in this resumption.
    [[nodiscard]] bool within_budget() noexcept { return --budget_ != 0; }
    /// Whether a frame may be started from inside another; `leave` it afterwards.
    [[nodiscard]] bool enter() noexcept { return depth_ < inline_depth && ++depth_ != 0; }
    void leave() noexcept { --depth_; }
    /// A frame ended that the loop had resumed: its chain goes on.
    void continue_chain() noexcept { continues_ = true; }

    /// Those of `sleep_for` and the like; and whether no other thread has sent anything.
    [[nodiscard]] timer_heap& timers() noexcept { return timers_; }
    [[nodiscard]] bool nothing_handed_in() const noexcept { return inbox_.maybe_empty(); }
    /// Takes in what other threads pushed: `handed_in` at once, the rest in its turn.
    RILL_COLD void take_in() noexcept;
    /// Pushes from any thread, and wakes the loop.
    void hand_in(ready_item& item) noexcept;
    void add_root(root_scope& root) noexcept;
    void remove_root(root_scope& root) noexcept;
    /// Throws std::system_error if the signal can't be watched.
    void add_listener(signal_listener& each);
    void remove_listener(signal_listener& each) noexcept;
    /// Destroys the frames of a branch and of all that is below it.
    RILL_COLD void abandon(branch& top) noexcept;
    /// Takes a branch that is about to be destroyed out of every queue.
    void forget(branch& each) noexcept;

    /// How many operations of one branch may finish at once before others have their turn.
    static constexpr unsigned budget = 16;
    /// How many branches run before the backend is looked at again.
    static constexpr unsigned round = 61;

  private:
    void run_one(ready_item& item) noexcept;
    static void destroy_frames(branch& each) noexcept;
    static void take_back(branch& top) noexcept;
    RILL_COLD void let_go(branch& each) noexcept;
    RILL_COLD void end_unstarted() noexcept;
    void expire_timers() noexcept;
    RILL_COLD void tell_signals() noexcept;

    const backend::reactor::starter* const starters_;  // of the reactor, one step nearer
    backend::reactor* const reactor_;                  // owned
    ready_queue urgent_;
    ready_queue ready_;
    ready_queue deferred_;
    unsigned budget_ = budget;
    unsigned depth_ = 0;
    bool continues_ = false;
    timer_heap timers_;
    inbox inbox_;
    std::atomic<bool> asleep_{false};      // written by the loop, taken back by the first who wakes it
    std::atomic<unsigned> handing_in_{0};  // threads that are in `hand_in`
    bool driven_ = false;                  // a `run` is under way
    root_scope* roots_ = nullptr;
    signal_listener* listeners_ = nullptr;
    bool abandoning_ = false;  // nothing is resumed meanwhile
    bool stops_all_ = false;   // for good
};

/// The context that runs on this thread just now. Throws std::system_error (operation_not_permitted) if there is none.
[[nodiscard]] inline io_context& this_context();

// ---- mechanism ----

template <std::invocable Function>
void io_context::post(Function function) {
    static_assert(plain_function<Function&>,
                  "rill: post wants a plain function: a coroutine would never run, since nobody awaits it");
    auto* const item = new posted_function_of<Function>(std::move(function));
    if (running_context == this) {
        ready_.push(*item);
    } else {
        hand_in(*item);
    }
}

inline io_context& this_context() {
    if (running_context == nullptr)
        throw described_error(std::errc::operation_not_permitted, "no io_context runs on this thread");
    return *running_context;
}

inline void io_context::hand_in(ready_item& item) noexcept {
    // Race: the loop says that it sleeps, then looks into the inbox; this pushes, then looks whether it sleeps. All four
    // are sequentially consistent, so at least one sees the other. Who takes `asleep_` back wakes it, once.
    handing_in_.fetch_add(1, std::memory_order_relaxed);
    if (inbox_.push(item) && asleep_.exchange(false)) wake();
    handing_in_.fetch_sub(1,
                          std::memory_order_release);  // pairs with the destructor: nothing of this is touched after it
}

inline void io_context::add_listener(signal_listener& each) {
    each.watch.wakes = reactor_;
    if (const backend::error failed = reactor_->calls().watch(each.watch))
        throw_error(to_error_code(failed), error_origin("watch a signal"));
    each.next = listeners_;
    listeners_ = &each;
}

inline void io_context::remove_listener(signal_listener& each) noexcept {
    reactor_->calls().unwatch(each.watch);
    signal_listener** link = &listeners_;
    while (*link != &each) link = &(*link)->next;
    *link = each.next;
}

inline void io_context::add_root(root_scope& root) noexcept {
    root.next = roots_;
    root.previous = nullptr;
    if (roots_ != nullptr) roots_->previous = &root;
    roots_ = &root;
}

inline void io_context::remove_root(root_scope& root) noexcept {
    (root.previous == nullptr ? roots_ : root.previous->next) = root.next;
    if (root.next != nullptr) root.next->previous = root.previous;
}

inline io_context::~io_context() {
    for (;;) {
        abandon();
        take_in();
        if (roots_ != nullptr) continue;  // sent by another context, which is told so
        ready_item* const item = ready_.pop();
        if (item == nullptr) break;
        auto& posted = static_cast<posted_function&>(*item);  // no branch is left
        posted.call(posted, posted_function::how::drop);      // which may post again
    }
    // Race: a thread that handed something in, which has been taken in by now, may still be about to wake this.
    while (handing_in_.load(std::memory_order_acquire) != 0) {
    }
    delete reactor_;
}

}  // namespace rill::inline RILL_ABI

#include "abandon.hpp"
#include "turn.hpp"
