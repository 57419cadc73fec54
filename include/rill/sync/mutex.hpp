// SPDX-License-Identifier: MIT
#pragma once

// `mutex`: one coroutine at a time, also across `co_await`s, among coroutines of any number of threads.
//
// Who waits is served in the order of arrival, and nobody gets by: the mutex is handed to the next one, and is never free
// in between. It is not recursive: who holds it and locks it again waits for itself, until a stop. To guard a value, or
// between coroutines and plain threads, take `guarded` (guarded.hpp); to hold several, `lock_all` (lock_all.hpp).
//
//     rill::mutex mutex;
//     auto guard = co_await mutex.lock();  // until the end of the scope

#include <cstddef>
#include <optional>
#include <utility>

#include "lock_order.hpp"
#include "wait_queue.hpp"

namespace rill::inline RILL_ABI {

template <std::size_t Count>
class lock_all_operation;

class mutex {
    class waiter;
    class lock_operation;

  public:
    class guard;

    mutex() noexcept = default;
    mutex(const mutex&) = delete;
    mutex& operator=(const mutex&) = delete;

    /// Waits until the mutex is the caller's.
    ///
    /// Result   a guard that holds it until its end.
    /// Stopped  at once, and the place in the queue is given up; what was handed over before the stop is delivered.
    /// Errors   operation_canceled: the mutex ended while this waited.
    /// Thread   any; it may be unlocked on another one.
    /// Cost     no allocation; one step on an atomic if it is free.
    [[nodiscard]] inline lock_operation lock(lock_place where = lock_place::current()) noexcept;
    /// A guard if it is free just now, and nobody waits. Any thread, also one without an io_context.
    template <class Guard = guard>  // so that nobody pays for the optional who does not call it
    [[nodiscard]] std::optional<Guard> try_lock() noexcept;

  private:
    template <std::size_t Count>
    friend class lock_all_operation;

    /// Takes it if it is free. Otherwise `else_waits`, if there is one, has been queued.
    inline bool take(waiter* else_waits) noexcept;
    /// Hands it to who has waited longest.
    inline void give_back() noexcept;

    static constexpr wait_queue::state_word free = 0;
    static constexpr wait_queue::state_word taken = wait_queue::unit;
    wait_queue queue_{free};
    RILL_NO_UNIQUE_ADDRESS ordered_lock order_{"mutex"};
};

/// Holds a mutex, and gives it back at its end. It may end on any thread.
class [[nodiscard]] mutex::guard {
  public:
    /// Holds nothing.
    guard() noexcept = default;
    guard(guard&& other) noexcept : of_(std::exchange(other.of_, nullptr)), held_(std::move(other.held_)) {}
    guard& operator=(guard&& other) noexcept {
        if (this != &other) {
            unlock();
            of_ = std::exchange(other.of_, nullptr);
            held_ = std::move(other.held_);
        }
        return *this;
    }
    ~guard() { unlock(); }

    [[nodiscard]] bool owns_lock() const noexcept { return of_ != nullptr; }
    /// Gives it back early. The next one goes on in its turn, never inside this call.
    void unlock() noexcept {
        held_.end();
        if (of_ != nullptr) std::exchange(of_, nullptr)->give_back();
    }

  private:
    friend mutex;
    template <std::size_t Count>
    friend class lock_all_operation;
    explicit guard(mutex* held_now, held_lock held = {}) noexcept : of_(held_now), held_(std::move(held)) {}

    mutex* of_ = nullptr;
    RILL_NO_UNIQUE_ADDRESS held_lock held_;
};

// ---- mechanism ----

class mutex::waiter : public queued_waiter {
  public:
    mutex* held = nullptr;  // from when it was handed over until it is given out

  protected:
    waiter(const char* name, lock_place where) noexcept : queued_waiter(name), where_(where) {}
    waiter(const waiter& other) noexcept : queued_waiter(other), where_(other.where_) {}
    ~waiter() {
        if (held != nullptr) held->give_back();  // abandoned with it, or thrown away
    }
    /// Gives out what is held.
    guard take_guard() noexcept {
        mutex* const mine = std::exchange(held, nullptr);
        return guard(mine, held_lock(mine->order_, *waiting, where_));
    }

    RILL_NO_UNIQUE_ADDRESS lock_place where_;
};

class [[nodiscard]] mutex::lock_operation final : public waiter {
  public:
    lock_operation(mutex& wanted, lock_place where) noexcept : waiter("lock", where), wanted_(wanted) {}
    lock_operation(lock_operation&& other) noexcept : waiter(other), wanted_(other.wanted_) {}

    bool start(branch& on) noexcept {
        if (!may_start(on)) return false;
        wanted_.order_.wanted_by(on, where_);
        return retry() && keeps_turn();
    }
    guard result() {
        throw_if_failed();
        return take_guard();
    }

  private:
    bool retry() noexcept override {
        if (!wanted_.take(this)) return false;
        held = &wanted_;
        return true;
    }

    mutex& wanted_;
};

inline mutex::lock_operation mutex::lock(lock_place where) noexcept { return {*this, where}; }

template <class Guard>
std::optional<Guard> mutex::try_lock() noexcept {
    if (!take(nullptr)) return std::nullopt;
    return std::optional<Guard>(Guard(this));
}

inline bool mutex::take(waiter* else_waits) noexcept {
    if (queue_.replace(free, taken)) [[likely]]
        return true;
    wait_queue_section section(queue_);
    const bool was_free = section.state() == free;
    if (was_free) {
        section.set_state(taken);
    } else if (else_waits != nullptr) {
        section.add(*else_waits);
    }
    return was_free;
}

inline void mutex::give_back() noexcept {
    if (queue_.replace(taken, free)) [[likely]]
        return;
    wait_queue_section section(queue_);
    if (queued_waiter* const next = section.first()) {
        static_cast<waiter*>(next)->held = this;
        section.grant(*next);
    } else {
        section.set_state(free);
    }
}

}  // namespace rill::inline RILL_ABI
