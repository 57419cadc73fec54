// SPDX-License-Identifier: MIT
#pragma once

// Branches of any io_context that wait for each other, in the order in which they came: what all of sync/ waits with.
//
// A `queued_waiter` is embedded in an awaiter, so that a wait allocates nothing. All is done in a `wait_queue_section`,
// which holds the queue's lock; its end publishes the new state, and then wakes. Waking never resumes anyone inline:
// a waiter goes on in its turn, on its own context. For one thread only see core/wait_list.hpp.
//
//     wait_queue_section section(queue_);                      // on any thread
//     if (queued_waiter* const next = section.first()) section.grant(*next);
//
// States of a waiter; they change under the lock, but for `locking`:
// | phase   | entered when                                       | next                                                |
// |---------|----------------------------------------------------|-----------------------------------------------------|
// | idle    | made, or out of the queue and at home              | queued: `add`                                       |
// | queued  | `add`                                              | granted · locking · leaving · idle: taken, stopped  |
// | locking | its own thread tries to lock the queue             | queued, whether it has locked it or not             |
// | granted | `grant`: what it waited for is its own, or failed  | at home its branch goes on, stopped or not          |
// | leaving | a stop took it out while a nudge was on its way    | when that has come home, its branch is unwound      |
//
// Race: who is granted on another thread may end the queue, or be told by its end, while a stop or a nudge makes this
// waiter look into it. So nobody who is `locking` is granted, and who is not in the queue any more does not touch it.

#include <atomic>
#include <cstdint>
#include <system_error>

#include "../core/io_context.hpp"
#include "../core/lock_word.hpp"
#include "../core/result.hpp"

namespace rill::inline RILL_ABI {

class queued_waiter;
class wait_queue_section;

/// A queue, and in the word of its lock the state of what is waited for. When it ends, those who wait get the error
/// operation_canceled.
class wait_queue {
  public:
    using state_word = lock_word::value;

    /// The lowest bit that belongs to the owner's state.
    static constexpr state_word unit = lock_word::unit << 1;
    /// Set beside the state as long as somebody is in the queue: then no fast path may go by.
    static constexpr state_word waited_for = lock_word::unit;

    explicit wait_queue(state_word state = 0) noexcept : word_(state) {}
    inline ~wait_queue();
    wait_queue(const wait_queue&) = delete;
    wait_queue& operator=(const wait_queue&) = delete;

    /// The state as it is just now, with `waited_for`. Any thread.
    [[nodiscard]] state_word state() const noexcept { return word_.state(); }
    /// Changes the state in one step, if it is `before` (which says whether anybody waits) and not locked.
    [[nodiscard]] bool replace(state_word before, state_word after) noexcept { return word_.replace(before, after); }

  private:
    friend wait_queue_section;
    friend queued_waiter;

    lock_word word_;
    queued_waiter* first_ = nullptr;  // under the lock
    queued_waiter* last_ = nullptr;
};

/// A branch that waits, as an awaiter embeds it. Derive, and give `start` and `retry`.
class queued_waiter : public suspension, public handed_in {
  public:
    enum class phase : std::uint8_t { idle, queued, locking, granted, leaving };

    [[nodiscard]] bool failed() const noexcept { return failure != std::errc(); }
    [[nodiscard]] error_report report() const noexcept { return {std::make_error_code(failure), error_origin(name_)}; }

    // Written by the queue, under its lock.
    branch* waiting = nullptr;
    wait_queue* in = nullptr;        // the last that it was in
    queued_waiter* after = nullptr;  // who came next
    queued_waiter* before = nullptr;
    std::errc failure{};
    std::atomic<phase> now{phase::idle};  // `granted` is final: who reads that (it pairs with `grant`) needs no lock
    bool on_its_way = false;              // another thread hands it in, or has, and it has not been taken in

    /// On the thread of its context, with or without the lock: it goes on, is asked again, or is unwound.
    inline void come_home() noexcept;
    /// Whether it finds what it waits for, and then takes it; for those who are nudged to look. Under the lock.
    virtual bool completes(wait_queue_section&) noexcept { return false; }

  protected:
    /// `name`: what is waited for, in errors and dumps.
    explicit queued_waiter(const char* name) noexcept : name_(name) {}
    queued_waiter(const queued_waiter& other) noexcept
        : suspension(), handed_in(), name_(other.name_) {}  // before it starts
    queued_waiter& operator=(const queued_waiter&) = delete;
    ~queued_waiter() = default;

    /// For `start`: whether it may. False: the branch is stopped, and nothing is taken.
    [[nodiscard]] inline bool may_start(branch& on) noexcept;
    /// For `start`, when it is done at once: true if it goes on now. False: the branch has used its budget, and goes on
    /// in its turn, with what it has got.
    [[nodiscard]] inline bool keeps_turn() noexcept;
    /// Tries, on the thread of its context: true if it is done, false after `add`. Also after a nudge.
    bool retry() noexcept override = 0;
    /// For `retry` of who is in the queue: true if it `completes` and goes on now. It looks at nothing that may have ended.
    [[nodiscard]] inline bool looks_again() noexcept;
    /// Whether a grant is only a part of what it waits for: then it tries again, in its turn.
    [[nodiscard]] virtual bool wants_more() const noexcept { return false; }

    /// It was stopped and has been taken out: others may now go on. Under the lock.
    virtual void has_left(wait_queue_section&) noexcept {}

    void throw_if_failed() const {
        if (failed()) [[unlikely]]
            throw_error(std::make_error_code(failure), error_origin(name_));
    }
    [[nodiscard]] bool in_queue() const noexcept { return now.load(std::memory_order_relaxed) == phase::queued; }

  private:
    inline bool cancel() noexcept final;
    inline void taken_in() noexcept final;
    /// On its own thread: locks the queue that it is in, and gives the state. False: it is in none, and that may be gone.
    inline bool lock_queue(wait_queue::state_word& state) noexcept;
#if RILL_TASK_DUMP
    void describe(error_text& to, instant) const noexcept override { to.append(name_); }
#endif

    const char* const name_;
};

/// Holds the lock of a queue for a few lines. Its end unlocks with the new state, and then wakes whom other threads have
/// parked; nothing of the queue is touched after that, so that who was woken may end it.
class wait_queue_section {
  public:
    explicit wait_queue_section(wait_queue& of) noexcept
        : queue_(of), state_(of.word_.lock() & ~wait_queue::waited_for) {}
    inline ~wait_queue_section();
    wait_queue_section(const wait_queue_section&) = delete;
    wait_queue_section& operator=(const wait_queue_section&) = delete;

    /// The owner's state, without `waited_for`.
    [[nodiscard]] wait_queue::state_word state() const noexcept { return state_; }
    void set_state(wait_queue::state_word state) noexcept { state_ = state; }

    /// Who has waited longest, and by its `after` who came next; null: nobody waits.
    [[nodiscard]] queued_waiter* first() const noexcept { return queue_.first_; }

    /// Parks a waiter's branch at the end. On the thread of its context.
    inline void add(queued_waiter& each) noexcept;
    /// Takes a waiter out that has found what it waited for. On the thread of its context, in `retry`, which returns the
    /// answer. True: it goes on now. False: it goes on when a nudge that is on its way has come home; a stop comes too late.
    [[nodiscard]] inline bool take_out(queued_waiter& each) noexcept;
    /// Takes a waiter out for good: its branch goes on, stopped or not, with what the caller has put there.
    inline void grant(queued_waiter& each) noexcept;
    /// All who wait, in their order.
    void grant_all() noexcept {
        while (first() != nullptr) grant(*first());
    }
    /// As `grant`, but it fails.
    void refuse(queued_waiter& each, std::errc why) noexcept {
        each.failure = why;
        grant(each);
    }
    /// Has a waiter asked again, in its turn, by `retry`. It keeps its place.
    inline void nudge(queued_waiter& each) noexcept;
    void nudge_all() noexcept {
        for (queued_waiter* each = first(); each != nullptr; each = each->after) nudge(*each);
    }
    /// Before what they wait for ends: who `completes` goes on, the others are told so.
    void end_all() noexcept {
        while (queued_waiter* const each = first())
            each->completes(*this) ? grant(*each) : refuse(*each, std::errc::operation_canceled);
    }

  private:
    friend queued_waiter;

    /// Of a queue that is locked already.
    wait_queue_section(wait_queue& of, wait_queue::state_word state) noexcept
        : queue_(of), state_(state & ~wait_queue::waited_for) {}
    inline void remove(queued_waiter& each) noexcept;
    inline void send(queued_waiter& each) noexcept;

    wait_queue& queue_;
    wait_queue::state_word state_;
    ready_item* woken_ = nullptr;  // those of other contexts, to be handed in after the lock
    ready_item** last_woken_ = &woken_;
};

// ---- mechanism ----

inline bool queued_waiter::may_start(branch& on) noexcept {
    waiting = &on;
    return on.open() || on.refuse();
}

inline bool queued_waiter::keeps_turn() noexcept {
    if (waiting->context->within_budget()) [[likely]]
        return true;
    waiting->context->make_ready_again(*waiting);
    return false;
}

inline void wait_queue_section::add(queued_waiter& each) noexcept {
    each.in = &queue_;
    each.after = nullptr;
    each.before = queue_.last_;
    (queue_.first_ == nullptr ? queue_.first_ : queue_.last_->after) = &each;
    queue_.last_ = &each;
    each.on_its_way = false;
    each.now.store(queued_waiter::phase::queued, std::memory_order_relaxed);
    each.waiting->parked = &each;
}

inline void wait_queue_section::remove(queued_waiter& each) noexcept {
    (each.before == nullptr ? queue_.first_ : each.before->after) = each.after;
    (each.after == nullptr ? queue_.last_ : each.after->before) = each.before;
}

inline bool wait_queue_section::take_out(queued_waiter& each) noexcept {
    remove(each);
    each.now.store(each.on_its_way ? queued_waiter::phase::granted : queued_waiter::phase::idle,
                   std::memory_order_relaxed);
    return !each.on_its_way;
}

inline void wait_queue_section::grant(queued_waiter& each) noexcept {
    remove(each);
    const bool on_its_way = each.on_its_way;
    if (running_context == each.waiting->context) {
        each.now.store(queued_waiter::phase::granted, std::memory_order_relaxed);
    } else {
        auto seen = queued_waiter::phase::queued;  // not `locking`, which it is for a moment
        while (!each.now.compare_exchange_weak(seen, queued_waiter::phase::granted, std::memory_order_acq_rel))
            seen = queued_waiter::phase::queued;
    }
    if (!on_its_way) send(each);  // else it may be gone by now
}

inline void wait_queue_section::nudge(queued_waiter& each) noexcept {
    if (!each.on_its_way) send(each);
}

inline void wait_queue_section::send(queued_waiter& each) noexcept {
    if (running_context == each.waiting->context) {
        each.come_home();
        return;
    }
    each.on_its_way = true;
    each.next = nullptr;
    *last_woken_ = &each;
    last_woken_ = &each.next;
}

inline wait_queue_section::~wait_queue_section() {
    queue_.word_.unlock(queue_.first_ == nullptr ? state_ : state_ | wait_queue::waited_for);
    while (ready_item* const item = woken_) {
        auto& each = static_cast<queued_waiter&>(*item);
        woken_ = item->next;
        // It stays parked until it has been taken in, a stop notwithstanding; from then on it may be gone.
        each.waiting->context->hand_in(each);
    }
}

inline wait_queue::~wait_queue() {
    if ((state() & waited_for) == 0) [[likely]]
        return;
    wait_queue_section section(*this);
    while (queued_waiter* const each = section.first()) section.refuse(*each, std::errc::operation_canceled);
}

inline void queued_waiter::come_home() noexcept {
    switch (now.load(std::memory_order_relaxed)) {
        case phase::granted:
            if (failed() || !wants_more()) return waiting->unpark();
            now.store(phase::idle, std::memory_order_relaxed);
            if (!waiting->queued) waiting->go_on();
            break;
        case phase::queued:
            if (!waiting->queued) waiting->go_on();  // to be asked
            break;
        case phase::leaving:
            waiting->refuse();
            break;
        case phase::idle:
        case phase::locking:
            break;  // it can't be: who is on its way is not taken out, and its thread is here
    }
}

inline bool queued_waiter::lock_queue(wait_queue::state_word& state) noexcept {
    for (;;) {
        phase seen = phase::queued;
        if (!now.compare_exchange_strong(seen, phase::locking, std::memory_order_acquire)) return false;
        const bool locked = in->word_.try_lock(state);
        now.store(phase::queued, std::memory_order_release);  // pairs with `grant`
        if (locked) return true;
        // Whoever has locked it may be about to grant.
        for (int looks = 0; looks < 100 && now.load(std::memory_order_relaxed) == phase::queued; ++looks) {
        }
    }
}

inline void queued_waiter::taken_in() noexcept {
    wait_queue::state_word state = 0;
    // Race: it may have been granted after the nudge that brought it here, or stopped: then it is not in the queue.
    if (!lock_queue(state)) return come_home();
    const wait_queue_section section(*in, state);
    on_its_way = false;
    come_home();
}

inline bool queued_waiter::cancel() noexcept {
    if (now.load(std::memory_order_relaxed) == phase::idle) return true;
    wait_queue::state_word state = 0;
    // Race: it was granted just now, on another thread, and is on its way: it completes with what it got.
    if (!lock_queue(state)) return false;
    wait_queue_section section(*in, state);
    if (completes(section)) {  // it was nudged before the stop
        section.grant(*this);
        return false;
    }
    section.remove(*this);
    has_left(section);
    now.store(on_its_way ? phase::leaving : phase::idle, std::memory_order_relaxed);
    return !on_its_way;
}

inline bool queued_waiter::looks_again() noexcept {
    wait_queue::state_word state = 0;
    if (!lock_queue(state))
        return false;  // it was granted just now, on another thread, and goes on when that comes home
    wait_queue_section section(*in, state);
    return completes(section) && section.take_out(*this);
}

}  // namespace rill::inline RILL_ABI
