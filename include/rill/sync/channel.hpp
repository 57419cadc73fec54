// SPDX-License-Identifier: MIT
#pragma once

// `channel<T>`: passes values on, from any number of senders to any number of receivers, on any threads.
//
// It is bounded: when it is full, its senders wait, so that nothing grows. A `channel<T>(0)` keeps nothing: who sends
// waits until somebody receives. Each value reaches one receiver, in the order in which they were sent; for every value
// to everyone see broadcast.hpp, for the latest one watch.hpp. Closing it ends the receivers' loops:
//
//     rill::channel<std::string> lines(64);
//     co_await lines.send(line);                          // elsewhere, and at the end: lines.close();
//     while (auto line = co_await lines.recv()) use(*line);

#include <optional>
#include <utility>

#include "value_ring.hpp"
#include "wait_queue.hpp"

namespace rill::inline RILL_ABI {

/// T moves without throwing, and must not use the channel while it is moved, which happens under a lock.
template <class T>
class channel {
    class send_operation;
    class recv_operation;

  public:
    /// With room for so many values. Throws std::bad_alloc if there is no memory for them: the only allocation.
    explicit channel(std::size_t capacity) : values_(capacity) {}
    channel(const channel&) = delete;
    channel& operator=(const channel&) = delete;

    /// Waits until there is room, or a receiver, and passes the value on.
    ///
    /// Stopped  at once, and the value was not passed on: it ends with the coroutine. What was taken before the stop is sent.
    /// Errors   broken_pipe          the channel is closed, or was while this waited; the value was not passed on
    ///          operation_canceled   the channel ended while this waited
    /// Thread   any. Those who wait are served in the order of arrival.
    /// Cost     no allocation; one short lock.
    [[nodiscard]] send_operation send(T value) noexcept { return send_operation(*this, std::move(value)); }
    /// Waits for a value.
    ///
    /// Result   an optional: the value, or nothing when the channel is closed and all that was in it has been received.
    /// Stopped  at once, and nothing was taken; a value that was handed over before the stop is delivered.
    /// Errors   operation_canceled: the channel ended while this waited.
    /// Thread   any. Those who wait are served in the order of arrival.
    /// Cost     no allocation; one short lock.
    [[nodiscard]] recv_operation recv() noexcept { return recv_operation(*this); }

    /// Passes the value on if it need not wait. False: there is no room, or it is closed, and the value was not moved from.
    /// Any thread, also one without an io_context.
    [[nodiscard]] bool try_send(T&& value) noexcept {
        wait_queue_section section(queue_);
        return section.state() == open && put(section, value);
    }
    [[nodiscard]] bool try_send(const T& value) { return try_send(T(value)); }
    /// A value if there is one. Any thread, also one without an io_context.
    [[nodiscard]] std::optional<T> try_recv() noexcept {
        std::optional<T> value;
        wait_queue_section section(queue_);
        take(section, value);
        return value;
    }

    /// Nothing more can be sent; what is in the channel can still be received. Those who wait to send get broken_pipe, those
    /// who wait to receive get nothing. Any thread, any number of times.
    void close() noexcept;
    /// Whether `close` was called; what is inside can still be received.
    [[nodiscard]] bool closed() const noexcept { return queue_.state() >= is_closed; }

  private:
    /// Hands a value to a receiver, or keeps it. False: there is no room, and it was not moved from.
    bool put(wait_queue_section& section, T& value) noexcept;
    /// Takes a value, and lets a sender go on. False: there is none.
    bool take(wait_queue_section& section, std::optional<T>& to) noexcept;

    static constexpr wait_queue::state_word open = 0;
    static constexpr wait_queue::state_word is_closed = wait_queue::unit;

    wait_queue queue_;           // either of senders or of receivers: one of each would not wait
    value_ring<T> values_;       // under its lock, as all that follows
    bool senders_wait_ = false;  // those in the queue, if any, are senders
};

// ---- mechanism ----

template <class T>
class [[nodiscard]] channel<T>::send_operation final : public queued_waiter {
  public:
    send_operation(channel& to, T&& given) noexcept
        : queued_waiter("channel send"), to_(to), value_(std::move(given)) {}
    send_operation(send_operation&& other) noexcept
        : queued_waiter(other), to_(other.to_), value_(std::move(other.value_)) {}

    bool start(branch& on) noexcept { return may_start(on) && retry() && keeps_turn(); }
    void result() const { throw_if_failed(); }

  private:
    friend channel;

    bool retry() noexcept override {
        wait_queue_section section(to_.queue_);
        if (section.state() == is_closed) return failure = std::errc::broken_pipe, true;
        if (to_.put(section, value_)) return true;
        to_.senders_wait_ = true;
        section.add(*this);
        return false;
    }

    channel& to_;
    T value_;
};

template <class T>
class [[nodiscard]] channel<T>::recv_operation final : public queued_waiter {
  public:
    explicit recv_operation(channel& from) noexcept : queued_waiter("channel recv"), from_(from) {}
    recv_operation(recv_operation&& other) noexcept : queued_waiter(other), from_(other.from_) {}

    bool start(branch& on) noexcept { return may_start(on) && retry() && keeps_turn(); }
    std::optional<T> result() {
        throw_if_failed();
        return std::move(value_);
    }

  private:
    friend channel;

    bool retry() noexcept override {
        wait_queue_section section(from_.queue_);
        if (from_.take(section, value_) || section.state() == is_closed) return true;
        from_.senders_wait_ = false;
        section.add(*this);
        return false;
    }

    channel& from_;
    std::optional<T> value_;
};

template <class T>
bool channel<T>::put(wait_queue_section& section, T& value) noexcept {
    if (section.first() != nullptr && !senders_wait_) {
        auto& receiver = static_cast<recv_operation&>(*section.first());
        receiver.value_.emplace(std::move(value));
        section.grant(receiver);
        return true;
    }
    if (values_.full()) return false;
    values_.push(std::move(value));
    return true;
}

template <class T>
bool channel<T>::take(wait_queue_section& section, std::optional<T>& to) noexcept {
    auto* const sender = senders_wait_ ? static_cast<send_operation*>(section.first()) : nullptr;
    if (!values_.empty()) {
        to.emplace(std::move(values_[0]));
        values_.drop_oldest();
        if (sender != nullptr) values_.push(std::move(sender->value_));
    } else if (sender != nullptr) {
        to.emplace(std::move(sender->value_));
    }
    if (sender != nullptr) section.grant(*sender);
    return to.has_value();
}

template <class T>
void channel<T>::close() noexcept {
    wait_queue_section section(queue_);
    section.set_state(is_closed);
    while (section.first() != nullptr) {
        if (senders_wait_) {
            section.refuse(*section.first(), std::errc::broken_pipe);
        } else {
            section.grant(*section.first());
        }
    }
}

}  // namespace rill::inline RILL_ABI
