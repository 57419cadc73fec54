// SPDX-License-Identifier: MIT
#pragma once

// `fair_lock`: a lock of threads, for one writer or several readers, with a limit of time; what guarded.hpp locks with.
//
// One atomic word as long as nobody waits. Those who wait stand in one queue, readers and writers, in the order in which
// they came; whoever comes meanwhile may still be first, since that is much faster than waking somebody, but nobody who
// waits is passed more than `passes_max` times. It blocks the thread: for coroutines there are mutex and shared_mutex.
//
// Nothing of the lock is touched after the step that lets the next one in, so that this one may end it.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "../backend/parking_spot.hpp"
#include "../core/short_lock.hpp"

namespace rill::inline RILL_ABI {

class fair_lock {
  public:
    enum class mode : std::uint8_t { write, read };

    fair_lock() noexcept = default;
    fair_lock(const fair_lock&) = delete;
    fair_lock& operator=(const fair_lock&) = delete;

    /// Takes it if nobody is in the way and nobody waits.
    [[nodiscard]] bool try_write() noexcept;
    [[nodiscard]] bool try_read() noexcept;
    /// Takes it, if need be in its turn. False: not within `limit_ns`, which is negative for no limit.
    bool wait_for(mode how, std::int64_t limit_ns) noexcept;
    void unlock_write() noexcept;
    void unlock_read() noexcept;
    /// How many wait just now.
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.load(std::memory_order_relaxed); }

    /// How often one who waits is passed by one who came later, at most.
    static constexpr unsigned passes_max = 16;
    /// How often one who waits looks again before its thread sleeps.
    static constexpr int spins_max = 200;

  private:
    using value = std::uint32_t;
    static constexpr std::int64_t never = INT64_MAX;

    /// A thread that waits, on its stack.
    struct place {
        explicit place(mode wanted) noexcept : how(wanted) {}

        const mode how;
        // Under the lock of the queue:
        bool granted = false;    // it has the lock, and is out of the queue
        bool nudged = false;     // it is to try. Of both it is told, once, and it does not leave before that
        unsigned passed_by = 0;  // how many had passed by when it came
        place* next = nullptr;
        place* previous = nullptr;
        place* next_told = nullptr;
        backend::parking_spot spot;
    };
    /// The lock of the queue; after it is unlocked, those are told whom it concerns.
    class section;

    [[nodiscard]] static bool is_free(value seen, mode how) noexcept {
        return how == mode::write ? (seen & ~queued) == 0 : (seen & writing) == 0;
    }
    [[nodiscard]] static value share_of(mode how) noexcept { return how == mode::write ? writing : reader; }
    [[nodiscard]] bool leave_alone(mode how) noexcept;
    [[nodiscard]] bool enter_or_queue(place& mine) noexcept;
    [[nodiscard]] bool wait_in_queue(place& mine, std::int64_t until) noexcept;
    RILL_COLD void unlock_beside_queue(mode how) noexcept;

    // The word: whether somebody writes, whether there is a queue, how many read. While there is a queue, it changes only
    // under the lock of the queue.
    static constexpr value writing = 1;
    static constexpr value queued = 2;
    static constexpr value reader = 4;
    std::atomic<value> word_{0};
    short_lock queue_lock_;
    // Under that lock:
    place* first_ = nullptr;
    place* last_ = nullptr;
    unsigned passed_by_ = 0;  // how many have entered while others waited
    std::atomic<unsigned> waiting_{0};
};

// ---- mechanism ----

inline bool fair_lock::try_write() noexcept {
    value free = 0;
    return word_.compare_exchange_strong(free, writing, std::memory_order_acquire, std::memory_order_relaxed);
}

inline bool fair_lock::try_read() noexcept {
    value seen = word_.load(std::memory_order_relaxed);
    while ((seen & (writing | queued)) == 0)
        if (word_.compare_exchange_weak(seen, seen + reader, std::memory_order_acquire, std::memory_order_relaxed))
            return true;
    return false;
}

inline void fair_lock::unlock_write() noexcept {
    if (!leave_alone(mode::write)) [[unlikely]]
        unlock_beside_queue(mode::write);
}

inline void fair_lock::unlock_read() noexcept {
    if (!leave_alone(mode::read)) [[unlikely]]
        unlock_beside_queue(mode::read);
}

/// Unlocks if there is no queue.
inline bool fair_lock::leave_alone(mode how) noexcept {
    value seen = how == mode::write ? writing : word_.load(std::memory_order_relaxed);
    while ((seen & queued) == 0)
        if (word_.compare_exchange_weak(seen, seen - share_of(how), std::memory_order_release,
                                        std::memory_order_relaxed))
            return true;
    return false;
}

class fair_lock::section {
  public:
    explicit section(fair_lock& of) noexcept : of_(of) { of_.queue_lock_.lock(); }
    ~section() {
        of_.queue_lock_.unlock();
        while (place* const each = told_) {
            told_ = each->next_told;
            each->spot.tell();  // it may be gone from here on
        }
    }
    section(const section&) = delete;
    section& operator=(const section&) = delete;

    void append(place& mine) noexcept {
        mine.passed_by = of_.passed_by_;
        mine.previous = of_.last_;
        (of_.first_ == nullptr ? of_.first_ : of_.last_->next) = &mine;
        of_.last_ = &mine;
        of_.waiting_.fetch_add(1, std::memory_order_relaxed);
    }
    void remove(place& each) noexcept {
        of_.waiting_.fetch_sub(1, std::memory_order_relaxed);
        (each.previous == nullptr ? of_.first_ : each.previous->next) = each.next;
        (each.next == nullptr ? of_.last_ : each.next->previous) = each.previous;
        if (of_.first_ == nullptr) of_.word_.fetch_and(~queued, std::memory_order_relaxed);
    }
    [[nodiscard]] bool free_for(const place& each) const noexcept {
        return is_free(of_.word_.load(std::memory_order_relaxed), each.how);
    }
    /// Who stands first is to try, if it may; if it was passed too often, it gets the lock.
    void let_front_in() noexcept {
        place* const front = of_.first_;
        if (front == nullptr || !free_for(*front)) return;
        if (of_.passed_by_ - front->passed_by >= passes_max) {
            admit_front();
        } else if (!front->nudged) {
            front->nudged = true;
            tell(*front);
        }
    }
    /// Gives the lock, which is free for it, to who stands first, and to the readers behind a reader.
    void admit_front() noexcept {
        mode how;
        do {
            place& front = *of_.first_;
            how = front.how;
            of_.word_.fetch_add(share_of(how), std::memory_order_acq_rel);
            remove(front);
            front.granted = true;
            if (!front.nudged) tell(front);
        } while (how == mode::read && of_.first_ != nullptr && of_.first_->how == mode::read);
    }

  private:
    void tell(place& each) noexcept {
        each.next_told = told_;
        told_ = &each;
    }

    fair_lock& of_;
    place* told_ = nullptr;
};

inline bool fair_lock::wait_for(mode how, std::int64_t limit_ns) noexcept {
    place mine(how);
    if (enter_or_queue(mine)) return true;
    const std::int64_t present = backend::parking_spot::now();
    return wait_in_queue(mine, limit_ns < 0 || limit_ns > never - present ? never : present + limit_ns);
}

/// True: it has the lock, and may have passed those who wait. False: it is in the queue.
inline bool fair_lock::enter_or_queue(place& mine) noexcept {
    section here(*this);
    value seen = word_.load(std::memory_order_relaxed);
    for (;;) {
        const bool enters =
            is_free(seen, mine.how) && (first_ == nullptr || passed_by_ - first_->passed_by < passes_max);
        if (!enters && first_ != nullptr) break;  // the word says so already
        // Race: without a queue others enter and leave just now, and the word decides whether they see this one.
        if (!word_.compare_exchange_weak(seen, enters ? seen + share_of(mine.how) : seen | queued,
                                         std::memory_order_acquire, std::memory_order_relaxed))
            continue;
        if (!enters) break;
        if (first_ != nullptr) ++passed_by_;
        return true;
    }
    here.append(mine);
    return false;
}

inline bool fair_lock::wait_in_queue(place& mine, std::int64_t until) noexcept {
    for (;;) {
        bool told = false;
        for (int spins = 0; spins < spins_max && !told; ++spins) told = mine.spot.told();
        const std::int64_t left_ns = until == never ? -1 : until - backend::parking_spot::now();
        if (!told && (until == never || left_ns > 0)) told = mine.spot.park(left_ns);
        if (!told) {
            section here(*this);
            if (!mine.nudged && !mine.granted) {
                here.remove(mine);
                here.let_front_in();  // readers may enter that stood behind a writer
                return false;
            }
        }
        if (!told) mine.spot.park(-1);  // it is about to be
        section here(*this);
        if (!mine.granted && here.free_for(mine)) here.admit_front();
        if (mine.granted) return true;
        mine.nudged = false;  // somebody was faster
        mine.spot.reset();
    }
}

inline void fair_lock::unlock_beside_queue(mode how) noexcept {
    do {
        section here(*this);
        if (first_ == nullptr) continue;  // they have given up, and it is left as if they had not been
        word_.fetch_sub(share_of(how), std::memory_order_acq_rel);
        return here.let_front_in();
    } while (!leave_alone(how));
}

}  // namespace rill::inline RILL_ABI
