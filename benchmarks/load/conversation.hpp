// SPDX-License-Identifier: MIT
#pragma once

// One connection to an echo server: messages are asked for, each with the time that it counts from, and every byte that
// comes back is compared. Whether another message follows an answer (a closed loop) or a clock (an open one) is decided
// by whoever asks.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include "clock.hpp"
#include "pattern_stream.hpp"

namespace load {

class conversation {
  public:
    conversation(descriptor connected, std::size_t index, std::size_t message_bytes)
        : socket(std::move(connected)), stream_(index), message_(message_bytes) {}

    descriptor socket;

    /// One more message, whose latency counts from `when`. Nothing is sent before `speak`.
    void ask(nanoseconds when) { asked_.push_back(when); }
    /// Sends what was asked for and fits. False: there is more, and it goes when the socket is writable.
    bool speak() { return stream_.send_until((answered_ + asked_.size()) * message_, socket); }
    /// Receives once, and calls `answered(latency)` for each message that is whole by then.
    template <class Answered>
    void hear(Answered answered) {
        const auto size = stream_.receive(socket);
        if (!size) return;
        if (*size == 0) throw wrong_answer("the server closed a connection");
        const nanoseconds present = now();
        while (!asked_.empty() && (answered_ + 1) * message_ <= stream_.received()) {
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
    pattern_stream stream_;
    std::size_t message_;
    std::deque<nanoseconds> asked_;
    std::uint64_t answered_ = 0;
};

}  // namespace load
