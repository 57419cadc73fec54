// SPDX-License-Identifier: MIT
#pragma once

// `semaphore`: at most so many at once, or so much at once, among coroutines of any number of threads.
//
// What was acquired is a `permit`, which gives it back at the end of its scope. Who waits is served in the order of
// arrival: one who wants much is not passed by those who want little. To tell others that something has happened, take
// `event`, `latch` or `channel`.
//
//     rill::semaphore slots(10);
//     auto permit = co_await slots.acquire();

#include <optional>
#include <utility>

#include "wait_queue.hpp"

namespace rill::inline RILL_ABI {

class semaphore {
    class acquire_operation;

  public:
    class permit;

    /// The most that there can be.
    static constexpr std::uint32_t max = ~std::uint32_t{0} / wait_queue::unit;

    /// With so much to give out. Throws std::system_error (invalid_argument) if that is more than `max`.
    explicit semaphore(std::uint32_t total) : total_(checked(total)), queue_(total * wait_queue::unit) {}
    semaphore(const semaphore&) = delete;
    semaphore& operator=(const semaphore&) = delete;

    /// What is there just now; others may take it at the same moment. Any thread.
    [[nodiscard]] std::uint32_t available() const noexcept { return queue_.state() / wait_queue::unit; }

    /// Waits until there is so much, and takes it, all at once.
    ///
    /// Result   a permit that gives it back at its end.
    /// Stopped  at once, and the place in the queue is given up; what was handed over before the stop is delivered.
    /// Errors   invalid_argument     more than there will ever be
    ///          operation_canceled   the semaphore ended while this waited
    /// Thread   any; the permit may end on another one.
    /// Cost     no allocation; one step on an atomic if there is enough.
    [[nodiscard]] inline acquire_operation acquire(std::uint32_t count = 1) noexcept;
    /// A permit if there is so much just now, and nobody waits. Any thread, also one without an io_context.
    template <class Permit = permit>  // so that nobody pays for the optional who does not call it
    [[nodiscard]] std::optional<Permit> try_acquire(std::uint32_t count = 1) noexcept;

  private:
    using state_word = wait_queue::state_word;

    static std::uint32_t checked(std::uint32_t total) {
        if (total > max) throw described_error(std::errc::invalid_argument, "semaphore");
        return total;
    }
    inline bool take(std::uint32_t count, queued_waiter* else_waits) noexcept;
    inline bool take_fast(state_word wanted) noexcept;
    inline void give_back(std::uint32_t count) noexcept;
    /// Lets all go on for whom there is enough now, from the front.
    inline void admit(wait_queue_section& section) noexcept;

    const std::uint32_t total_;
    wait_queue queue_;  // its state: what is there, in units
};

/// Has taken something from a semaphore, and gives it back at its end. It may end on any thread.
class [[nodiscard]] semaphore::permit {
  public:
    /// Has nothing.
    permit() noexcept = default;
    permit(permit&& other) noexcept : of_(std::exchange(other.of_, nullptr)), count_(other.count_) {}
    permit& operator=(permit&& other) noexcept {
        if (this != &other) {
            release();
            of_ = std::exchange(other.of_, nullptr);
            count_ = other.count_;
        }
        return *this;
    }
    ~permit() { release(); }

    /// How much it has.
    [[nodiscard]] std::uint32_t count() const noexcept { return of_ == nullptr ? 0 : count_; }
    /// Gives it back early. Who may then go on does so in its turn, never inside this call.
    void release() noexcept {
        if (of_ != nullptr) std::exchange(of_, nullptr)->give_back(count_);
    }

  private:
    friend semaphore;
    permit(semaphore* from, std::uint32_t count) noexcept : of_(from), count_(count) {}

    semaphore* of_ = nullptr;
    std::uint32_t count_ = 0;
};

// ---- mechanism ----

class [[nodiscard]] semaphore::acquire_operation final : public queued_waiter {
  public:
    acquire_operation(semaphore& from, std::uint32_t count) noexcept
        : queued_waiter("acquire"), from_(from), count_(count) {}
    acquire_operation(acquire_operation&& other) noexcept
        : queued_waiter(other), from_(other.from_), count_(other.count_) {}

    bool start(branch& on) noexcept { return may_start(on) && retry() && keeps_turn(); }
    permit result() {
        throw_if_failed();
        return std::move(taken_);
    }

  private:
    friend semaphore;

    bool retry() noexcept override {
        if (count_ > from_.total_) return failure = std::errc::invalid_argument, true;
        return from_.take(count_, this) && have();
    }
    bool have() noexcept {
        taken_ = permit(&from_, count_);
        return true;
    }
    void has_left(wait_queue_section& section) noexcept override { from_.admit(section); }

    semaphore& from_;
    const std::uint32_t count_;
    permit taken_;  // from when it was handed over: who is abandoned with it, or throws it away, gives it back
};

inline semaphore::acquire_operation semaphore::acquire(std::uint32_t count) noexcept { return {*this, count}; }

template <class Permit>
std::optional<Permit> semaphore::try_acquire(std::uint32_t count) noexcept {
    if (count > total_ || !take(count, nullptr)) return std::nullopt;
    return std::optional<Permit>(Permit(this, count));
}

inline bool semaphore::take_fast(state_word wanted) noexcept {
    state_word seen = queue_.state();
    while ((seen & wait_queue::waited_for) == 0 && seen >= wanted) {
        if (queue_.replace(seen, seen - wanted)) return true;
        const state_word before = std::exchange(seen, queue_.state());
        if (seen == before) break;  // somebody holds the lock of the word
    }
    return false;
}

inline bool semaphore::take(std::uint32_t count, queued_waiter* else_waits) noexcept {
    const state_word wanted = count * wait_queue::unit;
    if (take_fast(wanted)) [[likely]]
        return true;
    wait_queue_section section(queue_);
    if (section.first() == nullptr && section.state() >= wanted) {
        section.set_state(section.state() - wanted);
        return true;
    }
    if (else_waits != nullptr) section.add(*else_waits);
    return false;
}

inline void semaphore::give_back(std::uint32_t count) noexcept {
    const state_word seen = queue_.state();
    const state_word more = count * wait_queue::unit;
    if ((seen & wait_queue::waited_for) == 0 && queue_.replace(seen, seen + more)) [[likely]]
        return;
    wait_queue_section section(queue_);
    section.set_state(section.state() + more);
    admit(section);
}

inline void semaphore::admit(wait_queue_section& section) noexcept {
    while (section.first() != nullptr) {
        auto& next = static_cast<acquire_operation&>(*section.first());
        const state_word wanted = next.count_ * wait_queue::unit;
        if (section.state() < wanted) return;
        section.set_state(section.state() - wanted);
        next.have();
        section.grant(next);
    }
}

}  // namespace rill::inline RILL_ABI
