// SPDX-License-Identifier: MIT
#pragma once

// `shared_mutex`: many readers or one writer, among coroutines of any number of threads.
//
// Who waits is served in the order of arrival: a reader who comes while a writer waits goes behind it, so that readers
// can't starve it, and readers who wait side by side go on together. It can't be upgraded, and who holds it must not
// lock it again, not even shared: a writer may wait in between. One at a time: mutex.hpp.
//
//     auto reading = co_await mutex.lock_shared();
//     auto writing = co_await mutex.lock();

#include <optional>
#include <utility>

#include "lock_order.hpp"
#include "wait_queue.hpp"

namespace rill::inline RILL_ABI {

class shared_mutex {
    class waiter;

  public:
    /// Beside other readers, or alone.
    enum class mode : bool { shared, exclusive };
    template <mode Mode>
    class guard_of;
    template <mode Mode>
    class lock_operation;

    /// Holds it alone until its end, or `unlock`; may end on any thread.
    using guard = guard_of<mode::exclusive>;
    /// Shares it.
    using shared_guard = guard_of<mode::shared>;

    shared_mutex() noexcept = default;
    shared_mutex(const shared_mutex&) = delete;
    shared_mutex& operator=(const shared_mutex&) = delete;

    /// Waits until the caller has it alone.
    ///
    /// Result   a guard that holds it until its end.
    /// Stopped  at once, and the place in the queue is given up; what was handed over before the stop is delivered.
    /// Errors   operation_canceled: the mutex ended while this waited.
    /// Thread   any; it may be unlocked on another one.
    /// Cost     no allocation; one step on an atomic if it is free.
    [[nodiscard]] inline lock_operation<mode::exclusive> lock(lock_place where = lock_place::current()) noexcept;
    /// Waits until no writer has it, and none who came before waits. All else as `lock`.
    [[nodiscard]] inline lock_operation<mode::shared> lock_shared(lock_place where = lock_place::current()) noexcept;
    /// A guard if nobody has it just now. Any thread, also one without an io_context.
    template <mode Mode = mode::exclusive>  // so that nobody pays for the optional who does not call it
    [[nodiscard]] std::optional<guard_of<Mode>> try_lock() noexcept;
    /// A guard if no writer has it just now, and nobody waits.
    template <mode Mode = mode::shared>
    [[nodiscard]] std::optional<guard_of<Mode>> try_lock_shared() noexcept;

  private:
    using state_word = wait_queue::state_word;

    inline bool take(mode how, queued_waiter* else_waits) noexcept;
    inline bool take_fast(mode how) noexcept;
    inline void give_back(mode how) noexcept;
    /// Lets all go on who may now, from the front.
    static inline void admit(wait_queue_section& section, shared_mutex& of) noexcept;
    /// Whether there is room for one more, and nobody waits for it.
    static bool has_room(state_word state, mode how) noexcept {
        return how == mode::exclusive ? state == 0 : (state & (writer | wait_queue::waited_for)) == 0;
    }
    static constexpr state_word part_of(mode how) noexcept { return how == mode::exclusive ? writer : reader; }

    static constexpr state_word writer = wait_queue::unit;
    static constexpr state_word reader = writer << 1;  // times the number of readers
    wait_queue queue_;
    RILL_NO_UNIQUE_ADDRESS ordered_lock order_{"shared_mutex"};
};

// ---- mechanism ----

template <shared_mutex::mode Mode>
class [[nodiscard]] shared_mutex::guard_of {
  public:
    /// Holds nothing.
    guard_of() noexcept = default;
    guard_of(guard_of&& other) noexcept : of_(std::exchange(other.of_, nullptr)), held_(std::move(other.held_)) {}
    guard_of& operator=(guard_of&& other) noexcept {
        if (this != &other) {
            unlock();
            of_ = std::exchange(other.of_, nullptr);
            held_ = std::move(other.held_);
        }
        return *this;
    }
    ~guard_of() { unlock(); }

    [[nodiscard]] bool owns_lock() const noexcept { return of_ != nullptr; }
    /// Gives it back early. Who may then go on does so in its turn, never inside this call.
    void unlock() noexcept {
        held_.end();
        if (of_ != nullptr) std::exchange(of_, nullptr)->give_back(Mode);
    }

  private:
    friend shared_mutex;
    explicit guard_of(shared_mutex* held_now, held_lock held = {}) noexcept : of_(held_now), held_(std::move(held)) {}

    shared_mutex* of_ = nullptr;
    RILL_NO_UNIQUE_ADDRESS held_lock held_;
};

class shared_mutex::waiter : public queued_waiter {
  public:
    const mode how;
    shared_mutex* held = nullptr;  // from when it was handed over until `result` gives it out

    bool start(branch& on) noexcept {
        if (!may_start(on)) return false;
        wanted_.order_.wanted_by(on, where_);
        return retry() && keeps_turn();
    }

  protected:
    waiter(shared_mutex& wanted, mode which, const char* name, lock_place where) noexcept
        : queued_waiter(name), how(which), wanted_(wanted), where_(where) {}
    waiter(const waiter& other) noexcept
        : queued_waiter(other), how(other.how), wanted_(other.wanted_), where_(other.where_) {}
    ~waiter() {
        if (held != nullptr) held->give_back(how);  // abandoned with it, or thrown away
    }

    /// Says that the coroutine holds it.
    held_lock in_order() noexcept { return held_lock(wanted_.order_, *waiting, where_); }

  private:
    bool retry() noexcept final {
        if (!wanted_.take(how, this)) return false;
        held = &wanted_;
        return true;
    }
    void has_left(wait_queue_section& section) noexcept final { admit(section, wanted_); }

    shared_mutex& wanted_;
    RILL_NO_UNIQUE_ADDRESS lock_place where_;
};

template <shared_mutex::mode Mode>
class [[nodiscard]] shared_mutex::lock_operation final : public waiter {
  public:
    lock_operation(shared_mutex& wanted, lock_place where) noexcept
        : waiter(wanted, Mode, Mode == mode::exclusive ? "lock" : "lock_shared", where) {}
    lock_operation(lock_operation&& other) noexcept : waiter(other) {}

    guard_of<Mode> result() {
        throw_if_failed();
        return guard_of<Mode>(std::exchange(held, nullptr), in_order());
    }
};

inline shared_mutex::lock_operation<shared_mutex::mode::exclusive> shared_mutex::lock(lock_place where) noexcept {
    return {*this, where};
}
inline shared_mutex::lock_operation<shared_mutex::mode::shared> shared_mutex::lock_shared(lock_place where) noexcept {
    return {*this, where};
}

template <shared_mutex::mode Mode>
std::optional<shared_mutex::guard_of<Mode>> shared_mutex::try_lock() noexcept {
    if (!take(Mode, nullptr)) return std::nullopt;
    return std::optional<guard_of<Mode>>(guard_of<Mode>(this));
}
template <shared_mutex::mode Mode>
std::optional<shared_mutex::guard_of<Mode>> shared_mutex::try_lock_shared() noexcept {
    return try_lock<Mode>();
}

inline bool shared_mutex::take_fast(mode how) noexcept {
    state_word seen = queue_.state();
    while (has_room(seen, how)) {
        if (queue_.replace(seen, seen + part_of(how))) return true;
        const state_word before = std::exchange(seen, queue_.state());
        if (seen == before) break;  // somebody holds the lock of the word
    }
    return false;
}

inline bool shared_mutex::take(mode how, queued_waiter* else_waits) noexcept {
    if (take_fast(how)) [[likely]]
        return true;
    wait_queue_section section(queue_);
    if (section.first() == nullptr && has_room(section.state(), how)) {
        section.set_state(section.state() + part_of(how));
        return true;
    }
    if (else_waits != nullptr) section.add(*else_waits);
    return false;
}

inline void shared_mutex::give_back(mode how) noexcept {
    const state_word seen = queue_.state();
    if ((seen & wait_queue::waited_for) == 0 && queue_.replace(seen, seen - part_of(how))) [[likely]]
        return;
    wait_queue_section section(queue_);
    section.set_state(section.state() - part_of(how));
    admit(section, *this);
}

inline void shared_mutex::admit(wait_queue_section& section, shared_mutex& of) noexcept {
    while (section.first() != nullptr) {
        auto& next = static_cast<waiter&>(*section.first());
        if (!has_room(section.state(), next.how)) return;
        section.set_state(section.state() + part_of(next.how));
        next.held = &of;
        section.grant(next);
    }
}

}  // namespace rill::inline RILL_ABI
