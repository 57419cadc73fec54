// SPDX-License-Identifier: MIT
#pragma once

// `watch<T>`: the latest value, such as a configuration or a state. Set on any thread, awaited in coroutines of any.
//
// Each reader has a subscription, which gives the value there is, and then each newer one. Values that were replaced
// before it looked are skipped: a slow reader costs nobody anything. If every value counts, see broadcast.hpp.
//
//     rill::watch<config> current(load());
//     auto changes = current.subscribe();
//     while (auto latest = co_await changes.next()) apply(*latest);  // elsewhere: current.set(load());

#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include "subscription_wait.hpp"

namespace rill::inline RILL_ABI {

/// T is copied for each reader, under a lock: it must not use the watch while it is.
template <class T>
class watch {
    static_assert(std::is_copy_constructible_v<T> && std::is_nothrow_swappable_v<T>,
                  "rill: the value of a watch is copied to each reader, and replaced without throwing");
    class next_operation;

  public:
    class subscription;

    /// With the value that those who begin to follow it see first.
    explicit watch(T initial) : value_(std::move(initial)) {}
    ~watch() { wait_queue_section(queue_).end_all(); }
    watch(const watch&) = delete;
    watch& operator=(const watch&) = delete;

    /// Replaces the value. Those who wait go on in their turn, never inside this call. Any thread.
    /// Throws std::system_error (broken_pipe) if it is closed.
    void set(T value);
    /// A copy of the value. Any thread.
    [[nodiscard]] T get() const {
        const wait_queue_section section(queue_);
        return value_;
    }
    /// The value can't change any more: who has seen it gets nothing instead. Any thread, any number of times.
    void close() noexcept;
    /// A reader, whose first value is the one there is now or a newer one. It must not outlive this. Any thread.
    [[nodiscard]] subscription subscribe() noexcept { return subscription(*this); }

  private:
    static constexpr wait_queue::state_word is_closed = wait_queue::unit;

    mutable wait_queue queue_;
    T value_;                  // under its lock
    std::uint64_t count_ = 1;  // of the values there have been
};

/// Reads a watch, in one coroutine at a time.
template <class T>
class [[nodiscard]] watch<T>::subscription {
  public:
    /// Only while nobody awaits the other.
    subscription(subscription&& other) noexcept : of_(other.of_), at_(other.at_) {}
    subscription& operator=(subscription&&) = delete;

    /// Waits for a value that it has not given yet.
    ///
    /// Result   an optional: a copy of the latest value, or nothing when the watch is closed and the last was given.
    /// Stopped  at once; the value stays to be given. One that came before the stop is delivered.
    /// Errors   operation_in_progress   another `next` is under way; that one is not disturbed
    ///          operation_canceled      the watch ended while this waited, and nothing had come
    ///          what the copy throws; then the value stays to be given
    /// Thread   any, one at a time.
    /// Cost     no allocation but those of the copy.
    [[nodiscard]] next_operation next() noexcept { return next_operation(*this); }

  private:
    friend watch;
    friend subscription_wait<subscription, T>;
    explicit subscription(watch& of) noexcept : of_(&of) {}

    wait_queue& queue() const noexcept { return of_->queue_; }
    bool is_over(const wait_queue_section& section) const noexcept {
        return at_ != of_->count_ || section.state() == is_closed;
    }
    /// Under the lock, when that is so: what there is, if anything, and the number of that.
    std::optional<T> copy(std::uint64_t& number) const {
        number = of_->count_;
        return at_ == number ? std::nullopt : std::optional<T>(std::in_place, std::as_const(of_->value_));
    }

    watch* of_;
    std::uint64_t at_ = 0;  // the number of the last that was given
    bool awaited_ = false;
};

// ---- mechanism ----

template <class T>
class [[nodiscard]] watch<T>::next_operation final : public subscription_wait<subscription, T> {
  public:
    explicit next_operation(subscription& by) noexcept : subscription_wait<subscription, T>("watch", by) {}
    next_operation(next_operation&& other) noexcept : subscription_wait<subscription, T>(other) {}
};

template <class T>
void watch<T>::set(T value) {
    wait_queue_section section(queue_);
    if (section.state() == is_closed) throw described_error(std::errc::broken_pipe, "set a watch that is closed");
    using std::swap;
    swap(value_, value);  // the old one ends after the lock
    ++count_;
    section.nudge_all();
}

template <class T>
void watch<T>::close() noexcept {
    wait_queue_section section(queue_);
    section.set_state(is_closed);
    section.nudge_all();
}

}  // namespace rill::inline RILL_ABI
