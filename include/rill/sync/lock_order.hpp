// SPDX-License-Identifier: MIT
#pragma once

// Deadlock help: built with RILL_LOCK_ORDER=1, a program says on standard error when two locks are taken in one order here
// and in the other order there, the first time that both were seen; it need not hang for that.
//
//     rill: locks are taken in opposite orders, which can deadlock:
//       transfer.cpp:12 locks mutex 0x7ffd10 while it holds mutex 0x7ffd50, locked at transfer.cpp:11
//       report.cpp:31 locks mutex 0x7ffd50 while it holds mutex 0x7ffd10, locked at report.cpp:30
//
// Who holds a lock is a coroutine with all that awaits it, or, for what is locked by plain calls, the thread. What was
// taken by `try_lock` counts as held by nobody, since who only tries never waits. Without the switch, all this is empty.
//
// A lock has an `ordered_lock`, who holds it a `held_lock`, and its functions take a `lock_place`.

#include <utility>

#include "../core/branch.hpp"

#if RILL_LOCK_ORDER
#include <cstdio>
#include <new>
#include <source_location>

#include "../core/owner_number.hpp"
#include "../core/short_lock.hpp"
#endif

namespace rill::inline RILL_ABI {

#if RILL_LOCK_ORDER

/// Where in the user's program a lock is taken: `lock(lock_place where = lock_place::current())`.
using lock_place = std::source_location;

class held_lock;
class lock_order_graph;

/// What a lock is in the graph of orders. All calls: any thread.
class ordered_lock {
  public:
    /// `what`: what it is, in reports.
    explicit ordered_lock(const char* what) noexcept;
    ~ordered_lock();
    ordered_lock(const ordered_lock&) = delete;
    ordered_lock& operator=(const ordered_lock&) = delete;

    /// A coroutine is about to wait for it: it comes after all that is held there.
    inline void wanted_by(const branch& on, lock_place where) noexcept;
    /// This thread is.
    inline void wanted_here(lock_place where) noexcept;
    /// It is taken while `before` is held, by one who takes several.
    inline void wanted_after(ordered_lock& before, lock_place where) noexcept;

  private:
    friend lock_order_graph;
    struct edge {
        ordered_lock* to;
        lock_place held_at;
        lock_place wanted_at;
        edge* next;
    };

    const char* const what_;
    edge* later_ = nullptr;  // owned: what was wanted while this was held; under the graph's lock, as all that follows
    ordered_lock* next_ = nullptr;  // of all there are
    ordered_lock* previous_ = nullptr;
    ordered_lock* to_look_at_ = nullptr;      // in a search: who comes next
    const ordered_lock* found_by_ = nullptr;  // in a search: through whom
    unsigned search_ = 0;                     // the last that came here
};

/// Says that a lock is held, until its end; moves with what stands for that.
class held_lock {
  public:
    /// None.
    held_lock() noexcept = default;
    /// By a coroutine; by the one that awaits it, if that is the child of a scope that has ended with the lock.
    inline held_lock(ordered_lock& which, const branch& by, lock_place where) noexcept;
    /// By this thread.
    inline held_lock(ordered_lock& which, lock_place where) noexcept;
    inline held_lock(held_lock&& other) noexcept;
    held_lock& operator=(held_lock&& other) noexcept {
        if (this != &other) {
            end();
            take_over(other);
        }
        return *this;
    }
    ~held_lock() { end(); }

    inline void end() noexcept;

  private:
    friend lock_order_graph;
    inline void take_over(held_lock& other) noexcept;

    ordered_lock* which_ = nullptr;  // null: none
    owner_number by_ = 0;
    lock_place where_;
    held_lock* next_ = nullptr;  // of all there are; under the graph's lock
    held_lock* previous_ = nullptr;
};

// ---- mechanism ----

/// Stands for the running thread.
[[nodiscard]] RILL_VISIBLE inline owner_number number_of_this_thread() noexcept {
    static thread_local const owner_number mine = next_owner_number();
    return mine;
}

/// Who was wanted while who was held, in the whole program.
class lock_order_graph {
  public:
    [[nodiscard]] RILL_VISIBLE static lock_order_graph& shared() noexcept {
        static constinit lock_order_graph graph;
        return graph;
    }
    constexpr lock_order_graph() noexcept = default;

    void add(ordered_lock& each) noexcept {
        const short_lock_guard locked(lock_);
        each.next_ = locks_;
        if (locks_ != nullptr) locks_->previous_ = &each;
        locks_ = &each;
    }
    void remove(ordered_lock& each) noexcept;
    void add(held_lock& each) noexcept {
        const short_lock_guard locked(lock_);
        each.next_ = held_;
        if (held_ != nullptr) held_->previous_ = &each;
        held_ = &each;
    }
    void remove(held_lock& each) noexcept {
        const short_lock_guard locked(lock_);
        (each.previous_ == nullptr ? held_ : each.previous_->next_) = each.next_;
        if (each.next_ != nullptr) each.next_->previous_ = each.previous_;
        each.next_ = each.previous_ = nullptr;
    }
    void want(ordered_lock& wanted, owner_number by, const lock_place& where) noexcept {
        const short_lock_guard locked(lock_);
        for (const held_lock* each = held_; each != nullptr; each = each->next_) {
            if (each->by_ == by) note(*each->which_, each->where_, wanted, where);
        }
    }
    void want_after(ordered_lock& before, ordered_lock& wanted, const lock_place& where) noexcept {
        const short_lock_guard locked(lock_);
        note(before, where, wanted, where);
    }

  private:
    using edge = ordered_lock::edge;

    void note(ordered_lock& held, const lock_place& held_at, ordered_lock& wanted,
              const lock_place& wanted_at) noexcept;
    static edge* between(const ordered_lock& held, const ordered_lock& wanted) noexcept {
        edge* each = held.later_;
        while (each != nullptr && each->to != &wanted) each = each->next;
        return each;
    }
    /// Whether `to` was wanted while `from` was held, or by way of others. Then `found_by_` leads back.
    bool leads(ordered_lock& from, const ordered_lock& to) noexcept;
    static void tell(const ordered_lock& held, const edge& later) noexcept {
        std::fprintf(stderr, "  %s:%u locks %s %p while it holds %s %p, locked at %s:%u\n", later.wanted_at.file_name(),
                     static_cast<unsigned>(later.wanted_at.line()), later.to->what_, static_cast<const void*>(later.to),
                     held.what_, static_cast<const void*>(&held), later.held_at.file_name(),
                     static_cast<unsigned>(later.held_at.line()));
    }

    short_lock lock_;
    ordered_lock* locks_ = nullptr;
    held_lock* held_ = nullptr;
    unsigned searches_ = 0;
};

inline void lock_order_graph::remove(ordered_lock& each) noexcept {
    const short_lock_guard locked(lock_);
    (each.previous_ == nullptr ? locks_ : each.previous_->next_) = each.next_;
    if (each.next_ != nullptr) each.next_->previous_ = each.previous_;
    while (edge* const own = each.later_) {
        each.later_ = own->next;
        delete own;
    }
    for (ordered_lock* other = locks_; other != nullptr; other = other->next_) {
        edge** link = &other->later_;
        while (*link != nullptr && (*link)->to != &each) link = &(*link)->next;
        if (*link == nullptr) continue;
        edge* const gone = *link;
        *link = gone->next;
        delete gone;
    }
}

inline bool lock_order_graph::leads(ordered_lock& from, const ordered_lock& to) noexcept {
    const unsigned search = ++searches_;
    from.search_ = search;
    from.to_look_at_ = nullptr;
    ordered_lock* last = &from;
    for (ordered_lock* each = &from; each != nullptr; each = each->to_look_at_) {
        if (each == &to) return true;
        for (const edge* way = each->later_; way != nullptr; way = way->next) {
            if (way->to->search_ == search) continue;
            way->to->search_ = search;
            way->to->found_by_ = each;
            way->to->to_look_at_ = nullptr;
            last = last->to_look_at_ = way->to;
        }
    }
    return false;
}

inline void lock_order_graph::note(ordered_lock& held, const lock_place& held_at, ordered_lock& wanted,
                                   const lock_place& wanted_at) noexcept {
    if (between(held, wanted) != nullptr) return;  // was told, if there was anything to tell
    auto* const later = new (std::nothrow) edge{&wanted, held_at, wanted_at, held.later_};
    if (later == nullptr) return;
    const bool inverted = leads(wanted, held);
    held.later_ = later;
    if (!inverted) return;
    std::fputs(&held == &wanted ? "rill: a lock is wanted by who holds it, which deadlocks:\n"
                                : "rill: locks are taken in opposite orders, which can deadlock:\n",
               stderr);
    tell(held, *later);
    for (const ordered_lock* each = &held; each != &wanted; each = each->found_by_)
        tell(*each->found_by_, *between(*each->found_by_, *each));
}

inline ordered_lock::ordered_lock(const char* what) noexcept : what_(what) { lock_order_graph::shared().add(*this); }
inline ordered_lock::~ordered_lock() { lock_order_graph::shared().remove(*this); }

inline void ordered_lock::wanted_by(const branch& on, lock_place where) noexcept {
    for (const branch* each = &on; each != nullptr; each = each->parent == nullptr ? nullptr : each->parent->owner())
        lock_order_graph::shared().want(*this, each->number, where);
}
inline void ordered_lock::wanted_here(lock_place where) noexcept {
    lock_order_graph::shared().want(*this, number_of_this_thread(), where);
}
inline void ordered_lock::wanted_after(ordered_lock& before, lock_place where) noexcept {
    lock_order_graph::shared().want_after(before, *this, where);
}

inline held_lock::held_lock(ordered_lock& which, const branch& by, lock_place where) noexcept
    : which_(&which), where_(where) {
    const branch* holder = &by;
    while (holder->ended() && holder->parent->owner() != nullptr) holder = holder->parent->owner();
    by_ = holder->number;
    lock_order_graph::shared().add(*this);
}
inline held_lock::held_lock(ordered_lock& which, lock_place where) noexcept
    : which_(&which), by_(number_of_this_thread()), where_(where) {
    lock_order_graph::shared().add(*this);
}
inline held_lock::held_lock(held_lock&& other) noexcept { take_over(other); }

inline void held_lock::take_over(held_lock& other) noexcept {
    if (other.which_ == nullptr) return;
    lock_order_graph::shared().remove(other);
    which_ = std::exchange(other.which_, nullptr);
    by_ = other.by_;
    where_ = other.where_;
    lock_order_graph::shared().add(*this);
}
inline void held_lock::end() noexcept {
    if (std::exchange(which_, nullptr) != nullptr) lock_order_graph::shared().remove(*this);
}

#else

struct lock_place {
    [[nodiscard]] static constexpr lock_place current() noexcept { return {}; }
};

struct ordered_lock {
    explicit ordered_lock(const char*) noexcept {}
    void wanted_by(const branch&, lock_place) const noexcept {}
    void wanted_here(lock_place) const noexcept {}
    void wanted_after(const ordered_lock&, lock_place) const noexcept {}
};

struct held_lock {
    held_lock() noexcept = default;
    held_lock(const ordered_lock&, const branch&, lock_place) noexcept {}
    held_lock(const ordered_lock&, lock_place) noexcept {}
    held_lock(held_lock&&) noexcept {}  // not trivial, as the other is not: it is moved, and never copied
    held_lock& operator=(held_lock&&) noexcept { return *this; }
    ~held_lock() = default;
    void end() const noexcept {}
};

#endif

}  // namespace rill::inline RILL_ABI
