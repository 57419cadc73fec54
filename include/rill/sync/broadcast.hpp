// SPDX-License-Identifier: MIT
#pragma once

// `broadcast<T>`: every value to every reader. Sent on any thread, received in coroutines of any.
//
// It keeps the last so many values, and sending never waits: a reader who is slower than that is told how many values it
// has missed, and goes on with the oldest that is kept. If none may be missed, give each reader a channel of its own
// (channel.hpp); if only the latest counts, see watch.hpp.
//
//     rill::broadcast<std::string> news(64);
//     auto reader = news.subscribe();
//     while (auto got = co_await reader.recv()) show(got->value, got->missed);  // elsewhere: news.send("...");

#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include "subscription_wait.hpp"
#include "value_ring.hpp"

namespace rill::inline RILL_ABI {

/// T is copied for each reader, under a lock: it must not use the broadcast while it is.
template <class T>
class broadcast {
    static_assert(std::is_copy_constructible_v<T>, "rill: the values of a broadcast are copied to each reader");
    class recv_operation;

  public:
    class subscription;

    /// What a reader gets.
    struct message {
        T value;
        std::uint64_t missed;  ///< how many values were dropped between the last one that it got and this one

        message(T what, std::uint64_t count) : value(std::move(what)), missed(count) {}
    };

    /// Keeps the last so many values. Throws std::system_error (invalid_argument) for zero, and std::bad_alloc if there is no
    /// memory for them: the only allocation.
    explicit broadcast(std::size_t kept) : values_(checked(kept)) {}
    ~broadcast() { wait_queue_section(queue_).end_all(); }
    broadcast(const broadcast&) = delete;
    broadcast& operator=(const broadcast&) = delete;

    /// Sends a value, in place of the oldest if there is no room. Those who wait go on in their turn, never inside this call.
    /// Any thread. Throws std::system_error (broken_pipe) if it is closed.
    void send(T value);
    /// Nothing more can be sent: who has received what is kept gets nothing. Any thread, any number of times.
    void close() noexcept;
    /// A reader of all that is sent from now on. It must not outlive this. Any thread.
    [[nodiscard]] subscription subscribe() noexcept {
        const wait_queue_section section(queue_);
        return subscription(*this, sent_);
    }

  private:
    static std::size_t checked(std::size_t kept) {
        if (kept == 0) throw described_error(std::errc::invalid_argument, "a broadcast that keeps no value");
        return kept;
    }

    static constexpr wait_queue::state_word is_closed = wait_queue::unit;

    wait_queue queue_;
    value_ring<T> values_;    // under its lock: the last that were sent
    std::uint64_t sent_ = 0;  // how many there were in all
};

/// Reads a broadcast, in one coroutine at a time.
template <class T>
class [[nodiscard]] broadcast<T>::subscription {
  public:
    /// Only while nobody awaits the other.
    subscription(subscription&& other) noexcept : of_(other.of_), at_(other.at_) {}
    subscription& operator=(subscription&&) = delete;

    /// Waits for a value that was sent after the last one that it got.
    ///
    /// Result   an optional: a copy of the value, and how many were missed before it; or nothing when the broadcast is closed
    ///          and the last was received.
    /// Stopped  at once, and nothing was taken; what came before the stop is delivered.
    /// Errors   operation_in_progress   another `recv` is under way; that one is not disturbed
    ///          operation_canceled      the broadcast ended while this waited, and nothing had come
    ///          what the copy throws; then the value stays to be received
    /// Thread   any, one at a time.
    /// Cost     no allocation but those of the copy.
    [[nodiscard]] recv_operation recv() noexcept { return recv_operation(*this); }

  private:
    friend broadcast;
    friend subscription_wait<subscription, message>;
    subscription(broadcast& of, std::uint64_t from) noexcept : of_(&of), at_(from) {}

    wait_queue& queue() const noexcept { return of_->queue_; }
    bool is_over(const wait_queue_section& section) const noexcept {
        return at_ != of_->sent_ || section.state() == is_closed;
    }
    /// Under the lock, when that is so: what comes next, if anything, and the number of what comes after it.
    inline std::optional<message> copy(std::uint64_t& then_at) const;

    broadcast* of_;
    std::uint64_t at_;  // the number of the next that it gets
    bool awaited_ = false;
};

// ---- mechanism ----

template <class T>
class [[nodiscard]] broadcast<T>::recv_operation final : public subscription_wait<subscription, message> {
  public:
    explicit recv_operation(subscription& by) noexcept
        : subscription_wait<subscription, message>("broadcast recv", by) {}
    recv_operation(recv_operation&& other) noexcept : subscription_wait<subscription, message>(other) {}
};

template <class T>
auto broadcast<T>::subscription::copy(std::uint64_t& then_at) const -> std::optional<message> {
    then_at = at_;
    if (at_ == of_->sent_) return std::nullopt;
    const std::uint64_t oldest = of_->sent_ - of_->values_.size();
    const std::uint64_t at = at_ < oldest ? oldest : at_;
    then_at = at + 1;
    return std::optional<message>(std::in_place, std::as_const(of_->values_[static_cast<std::size_t>(at - oldest)]),
                                  at - at_);
}

template <class T>
void broadcast<T>::send(T value) {
    std::optional<T> dropped;  // ends after the lock
    wait_queue_section section(queue_);
    if (section.state() == is_closed)
        throw described_error(std::errc::broken_pipe, "send to a broadcast that is closed");
    if (values_.full()) {
        dropped.emplace(std::move(values_[0]));
        values_.drop_oldest();
    }
    values_.push(std::move(value));
    ++sent_;
    section.nudge_all();
}

template <class T>
void broadcast<T>::close() noexcept {
    wait_queue_section section(queue_);
    section.set_state(is_closed);
    section.nudge_all();
}

}  // namespace rill::inline RILL_ABI
