// SPDX-License-Identifier: MIT
#pragma once

// Many conversations with one server, and which of them have something to hear or room to speak.

#include <cstddef>
#include <string>
#include <vector>

#include "conversation.hpp"
#include "events.hpp"
#include "options.hpp"

namespace load {

class crowd {
  public:
    /// Connects them all. The largest crowds are larger than a backlog, so each waits to be connected.
    explicit crowd(const options& wanted) {
        const sockaddr_in server = address_of(wanted);
        all_.reserve(wanted.connections);
        wants_to_speak_.resize(wanted.connections);
        for (std::size_t index = 0; index < wanted.connections; ++index)
            events_.add(all_.emplace_back(connect_to(server), index, wanted.bytes).socket, index, EPOLLIN);
    }

    [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
    conversation& operator[](std::size_t index) noexcept { return all_[index]; }

    void speak(std::size_t index) {
        const bool blocked = !all_[index].speak();
        if (blocked == wants_to_speak_[index]) return;
        wants_to_speak_[index] = blocked;
        events_.change(all_[index].socket, index, blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
    }

    /// Waits for at most so long, and lets those speak and hear who can: `answered(index, latency)` for each answer.
    template <class Answered>
    void turn(nanoseconds limit, Answered answered) {
        for (const epoll_event& event : events_.wait(limit)) {
            const auto index = static_cast<std::size_t>(event.data.u64);
            if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0)
                all_[index].hear([&](nanoseconds latency) { answered(index, latency); });
            speak(index);
        }
    }

    /// Waits until every message has its answer, and throws if that takes longer than a server may need.
    void finish() {
        const nanoseconds limit = now() + 10 * second;
        for (std::size_t left = unanswered(); left != 0; left = unanswered()) {
            if (now() > limit) throw wrong_answer(std::to_string(left) + " messages have no answer after 10 s");
            turn(second / 10, [](std::size_t, nanoseconds) {});
        }
    }

  private:
    [[nodiscard]] std::size_t unanswered() const noexcept {
        std::size_t count = 0;
        for (const conversation& each : all_) count += each.unanswered();
        return count;
    }

    events events_;
    std::vector<conversation> all_;
    std::vector<bool> wants_to_speak_;
};

}  // namespace load
