// SPDX-License-Identifier: MIT
#pragma once

// One connection to an echo server: messages are asked for, each with the time that it counts from, and every byte that
// comes back is compared. Whether another message follows an answer (a closed loop) or a clock (an open one) is decided
// by whoever asks.

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include "clock.hpp"
#include "descriptor.hpp"
#include "failure.hpp"
#include "pattern.hpp"

namespace load {

class conversation {
  public:
    conversation(descriptor connected, std::size_t index, std::size_t message_bytes)
        : socket(std::move(connected)), pattern_(index), message_(message_bytes) {}

    descriptor socket;

    /// One more message, whose latency counts from `when`. Nothing is sent before `speak`.
    void ask(nanoseconds when) { asked_.push_back(when); }
    /// Sends what was asked for and fits. False: there is more, and it goes when the socket is writable.
    bool speak() {
        const std::uint64_t wanted = (answered_ + asked_.size()) * message_;
        while (sent_ < wanted) {
            const std::size_t size = std::min<std::uint64_t>(wanted - sent_, pattern::piece);
            const ssize_t count = ::send(socket.number(), pattern_.from(sent_), size, MSG_NOSIGNAL);
            if (count < 0 && (errno == EAGAIN || errno == EINPROGRESS)) return false;
            sent_ += static_cast<std::uint64_t>(checked(count, "send"));
        }
        return true;
    }
    /// Receives once, and calls `answered(latency)` for each message that is whole by then.
    template <class Answered>
    void hear(Answered answered) {
        alignas(4096) static std::array<std::byte, pattern::piece> buffer;
        const ssize_t count = ::recv(socket.number(), buffer.data(), buffer.size(), 0);
        if (count < 0 && errno == EAGAIN) return;
        const auto size = static_cast<std::size_t>(checked(count, "recv"));
        if (size == 0) throw wrong_answer("the server closed a connection");
        if (received_ + size > sent_) throw wrong_answer("the server sent more than it was sent");
        pattern_.check(received_, buffer.data(), size);
        received_ += size;
        const nanoseconds present = now();
        while (!asked_.empty() && (answered_ + 1) * message_ <= received_) {
            const nanoseconds since = asked_.front();
            asked_.pop_front();
            ++answered_;
            answered(present - since);
        }
    }
    /// Messages that were asked for and have no answer yet.
    [[nodiscard]] std::size_t unanswered() const noexcept { return asked_.size(); }
    [[nodiscard]] std::uint64_t answered() const noexcept { return answered_; }

  private:
    pattern pattern_;
    std::size_t message_;
    std::deque<nanoseconds> asked_;
    std::uint64_t sent_ = 0;
    std::uint64_t received_ = 0;
    std::uint64_t answered_ = 0;
};

}  // namespace load
