// SPDX-License-Identifier: MIT
#pragma once

// What a `guarded` value has beside the value: the lock of threads, and the coroutines that wait for a change.
//
// Each entry of a writer is a new version. Those who wait are asked one after the other, in the order in which they came,
// each on its own thread and under the lock, whether this is the version that they wait for; so the one who came first has
// the first choice. Who has been asked passes the question on, whatever the answer, and also when it is stopped.
//
// States of the question, under the lock of the queue: `asked_` has it, or nobody has, and then all know the version.

#include <cstdint>
#include <system_error>

#include "../core/described_error.hpp"
#include "fair_lock.hpp"
#include "held_here.hpp"
#include "lock_order.hpp"
#include "wait_queue.hpp"

namespace rill::inline RILL_ABI {

class guard_state;

/// A coroutine that waits for a change. `guarded_wait` is one.
class change_waiter : public queued_waiter {
  public:
    /// Whether it likes this version; if so it has taken what it wants, or failed. Under the lock of a writer, on its thread.
    virtual bool likes_it() noexcept = 0;
    /// Whether it may have changed the value by that.
    [[nodiscard]] virtual bool writes() const noexcept = 0;

    std::uint32_t asked_at = 0;  // the version that it has said no to. Under the lock of the queue

  protected:
    explicit change_waiter(guard_state& of) noexcept : queued_waiter("a change of a guarded value"), of_(of) {}
    change_waiter(const change_waiter& other) noexcept : queued_waiter(other), of_(other.of_) {}
    ~change_waiter() = default;

    inline bool retry() noexcept override;

  private:
    inline void has_left(wait_queue_section& section) noexcept override;

    guard_state& of_;
};

class guard_state {
  public:
    guard_state() noexcept = default;
    guard_state(const guard_state&) = delete;
    guard_state& operator=(const guard_state&) = delete;

    /// Locks it. Throws std::system_error (resource_deadlock_would_occur) where this thread is inside already.
    void enter_write() {
        if (!lock_.try_write()) [[unlikely]]
            enter_late(fair_lock::mode::write, -1);
    }
    void enter_read() {
        if (held_here::holds_any() || !lock_.try_read()) [[unlikely]]
            enter_late(fair_lock::mode::read, -1);
    }
    /// Likewise, but gives up after so long, and then says false.
    [[nodiscard]] bool enter_write_within(std::int64_t limit_ns) {
        return lock_.try_write() || enter_late(fair_lock::mode::write, limit_ns);
    }
    /// Unlocks it; a writer may have made a version that somebody waits for.
    void leave_write() noexcept {
        if (watched_) [[unlikely]]
            tell_change();
        lock_.unlock_write();
    }
    void leave_read() noexcept { lock_.unlock_read(); }

    /// Locks several as writers, in the order of their addresses, so that no two threads wait for each other. Sorts them.
    static void enter_all(guard_state** first, guard_state** end);

    /// Asks a waiter: for the first time, or because the question has come to it. True: it goes on. False: it waits in the
    /// queue, or for a nudge that is on its way.
    [[nodiscard]] bool ask(change_waiter& each) noexcept;
    /// A waiter was stopped and has left the queue.
    void left(change_waiter& each, wait_queue_section& section) noexcept;

    RILL_NO_UNIQUE_ADDRESS ordered_lock order{"guarded"};

  private:
    enum class answer : std::uint8_t { yes, no, not_asked };

    RILL_COLD bool enter_late(fair_lock::mode how, std::int64_t limit_ns);
    RILL_COLD void tell_change() noexcept;
    [[nodiscard]] bool may_be_asked(const change_waiter& each) noexcept;
    [[nodiscard]] bool settle(change_waiter& each, answer given) noexcept;
    void forget(const change_waiter& each) noexcept;
    void ask_next(wait_queue_section& section) noexcept;
    [[nodiscard]] change_waiter* next_to_ask(const wait_queue_section& section) noexcept;
    [[nodiscard]] static change_waiter* next_of(const change_waiter& each) noexcept {
        return static_cast<change_waiter*>(each.after);
    }
    [[nodiscard]] static change_waiter* first_of(const wait_queue_section& section) noexcept {
        return static_cast<change_waiter*>(section.first());
    }

    /// After so many rounds in a row that were not finished, one of those behind is asked before the next.
    static constexpr unsigned cut_short_max = 16;

    fair_lock lock_;
    bool watched_ = false;  // under the lock of a writer: there may be somebody who waits
    wait_queue waiting_;
    // Under the lock of the queue:
    std::uint32_t version_ = 0;
    std::uint32_t round_ = 0;           // the version that this round of questions is about
    unsigned cut_short_ = 0;            // how many rounds in a row a new version has ended
    change_waiter* asked_ = nullptr;    // who has the question; null: everybody has said no to this version
    change_waiter* cursor_ = nullptr;   // who comes next in this round; null: nobody
    change_waiter* further_ = nullptr;  // who of those behind comes next, when rounds are cut short; null: the first
};

// ---- mechanism ----

inline bool change_waiter::retry() noexcept {
    const phase seen = now.load(std::memory_order_acquire);
    // Race: the value ended, and refused it on another thread: that is on its way here.
    if (seen != phase::idle && seen != phase::queued) return false;
    return of_.ask(*this);
}

inline void change_waiter::has_left(wait_queue_section& section) noexcept { of_.left(*this, section); }

inline bool guard_state::enter_late(fair_lock::mode how, std::int64_t limit_ns) {
    if (held_here::holds(this))
        throw described_error(std::errc::resource_deadlock_would_occur,
                              "a guarded value that is entered again from inside of its own function");
    return lock_.wait_for(how, limit_ns);
}

inline void guard_state::enter_all(guard_state** first, guard_state** end) {
    const auto address = [](const guard_state* each) { return reinterpret_cast<std::uintptr_t>(each); };
    for (guard_state** each = first; each != end; ++each) {
        bool again = held_here::holds(*each);
        guard_state** at = each;
        guard_state* const mine = *each;
        for (; at != first && address(at[-1]) >= address(mine); --at) {
            again = again || at[-1] == mine;
            *at = at[-1];
        }
        *at = mine;
        if (again) throw described_error(std::errc::resource_deadlock_would_occur, "a guarded value twice in with_all");
    }
    for (guard_state** each = first; each != end; ++each)
        if (!(*each)->lock_.try_write()) (*each)->lock_.wait_for(fair_lock::mode::write, -1);
}

inline void guard_state::tell_change() noexcept {
    wait_queue_section section(waiting_);
    watched_ = section.first() != nullptr;
    ++version_;
    if (asked_ == nullptr) ask_next(section);
}

inline bool guard_state::ask(change_waiter& each) noexcept {
    if (held_here::holds(this)) {  // a function inside of it turns this loop: it would wait for itself
        each.failure = std::errc::resource_deadlock_would_occur;
        return settle(each, answer::yes);
    }
    if (!lock_.try_write()) lock_.wait_for(fair_lock::mode::write, -1);
    answer given = answer::not_asked;
    if (may_be_asked(each)) {
        const held_here inside(this);
        given = each.likes_it() ? answer::yes : answer::no;
    }
    const bool goes_on = (given == answer::yes && !watched_) || settle(each, given);
    lock_.unlock_write();
    return goes_on;
}

/// Whoever comes first must stand behind those that have not said no to this version.
inline bool guard_state::may_be_asked(const change_waiter& each) noexcept {
    if (!watched_) return true;
    const wait_queue_section section(waiting_);
    return asked_ == nullptr || each.now.load(std::memory_order_relaxed) == queued_waiter::phase::queued;
}

inline bool guard_state::settle(change_waiter& each, answer given) noexcept {
    wait_queue_section section(waiting_);
    const bool queued = each.now.load(std::memory_order_relaxed) == queued_waiter::phase::queued;
    bool goes_on = given == answer::yes;
    if (asked_ == &each) asked_ = nullptr;
    if (goes_on && queued) {
        forget(each);
        goes_on = section.take_out(each);
    }
    if (given == answer::yes && each.writes()) ++version_;
    if (given != answer::yes) each.asked_at = given == answer::no ? version_ : version_ - 1;
    if (given != answer::yes && !queued) {
        section.add(each);
        watched_ = true;
        if (given == answer::not_asked && cursor_ == nullptr) cursor_ = &each;
    }
    if (asked_ == nullptr) ask_next(section);
    return goes_on;
}

inline void guard_state::left(change_waiter& each, wait_queue_section& section) noexcept {
    forget(each);
    if (asked_ != &each) return;
    asked_ = nullptr;
    ask_next(section);
}

inline void guard_state::forget(const change_waiter& each) noexcept {
    if (cursor_ == &each) cursor_ = next_of(each);
    if (further_ == &each) further_ = next_of(each);
}

inline void guard_state::ask_next(wait_queue_section& section) noexcept {
    asked_ = next_to_ask(section);
    if (asked_ != nullptr) section.nudge(*asked_);
}

inline change_waiter* guard_state::next_to_ask(const wait_queue_section& section) noexcept {
    if (round_ != version_) {
        cut_short_ = cursor_ == nullptr ? 0 : cut_short_ + 1;
        round_ = version_;
        cursor_ = first_of(section);
        if (cut_short_ == cut_short_max) {
            cut_short_ = 0;
            change_waiter* const behind = further_ == nullptr ? cursor_ : further_;
            if (behind != nullptr) further_ = next_of(*behind);
            return behind;
        }
    }
    while (cursor_ != nullptr && cursor_->asked_at == version_) cursor_ = next_of(*cursor_);
    change_waiter* const found = cursor_;
    if (found != nullptr) cursor_ = next_of(*found);
    return found;
}

}  // namespace rill::inline RILL_ABI
