// SPDX-License-Identifier: MIT
#pragma once

// UDP: each socket keeps a number of datagrams outstanding. They are sent and received many at a call, so that the load is
// lighter than the server. Each begins with its number and goes on with the bytes that belong to it; one that does not
// come back is lost, is counted, and is sent again when nothing comes any more.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "descriptor.hpp"
#include "events.hpp"
#include "pattern.hpp"
#include "window.hpp"

namespace load {

/// One socket, connected to the server, and what is under way on it.
class datagram_peer {
  public:
    static constexpr std::size_t outstanding_max = 64;

    datagram_peer(const sockaddr_in& server, std::size_t size, std::size_t outstanding)
        : socket(checked(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket")),
          size_(size),
          outstanding_(outstanding),
          sent_at_(outstanding),
          room_(outstanding * size),
          messages_(outstanding),
          parts_(outstanding) {
        if (size < sizeof(std::uint64_t)) throw std::invalid_argument("a datagram holds its number: 8 bytes at least");
        if (outstanding == 0 || outstanding > outstanding_max) throw std::invalid_argument("1 to 64 outstanding");
        const sockaddr_in source = next_source();
        checked(::bind(socket.number(), reinterpret_cast<const sockaddr*>(&source), sizeof source), "bind");
        checked(::connect(socket.number(), reinterpret_cast<const sockaddr*>(&server), sizeof server), "connect");
        for (std::size_t each = 0; each < outstanding; ++each) {
            parts_[each] = {&room_[each * size], size};
            messages_[each].msg_hdr.msg_iov = &parts_[each];
            messages_[each].msg_hdr.msg_iovlen = 1;
        }
    }

    descriptor socket;

    /// Sends as many new ones.
    void send(std::size_t count) {
        for (std::size_t each = 0; each < count; ++each) {
            std::byte* const datagram = &room_[each * size_];
            std::memcpy(datagram, pattern(0).from(next_), size_);
            std::memcpy(datagram, &next_, sizeof next_);
            sent_at_[next_ % outstanding_] = now();
            ++next_;
        }
        for (std::size_t done = 0; done < count;)
            done += static_cast<std::size_t>(checked(
                ::sendmmsg(socket.number(), &messages_[done], static_cast<unsigned>(count - done), 0), "sendmmsg"));
        under_way_ += count;
    }
    /// Receives what is there, and calls `answered(latency)` for each. How many there were.
    template <class Answered>
    std::size_t receive(Answered answered) {
        const int count =
            ::recvmmsg(socket.number(), messages_.data(), static_cast<unsigned>(outstanding_), MSG_DONTWAIT, nullptr);
        if (count < 0 && errno == EAGAIN) return 0;
        const auto got = static_cast<std::size_t>(checked(count, "recvmmsg"));
        const nanoseconds present = now();
        for (std::size_t each = 0; each < got; ++each)
            answered(present - check(&room_[each * size_], messages_[each].msg_len));
        if (got > under_way_) throw wrong_answer("more datagrams came than were sent");
        under_way_ -= got;
        return got;
    }
    /// Nothing comes any more: what is under way is lost. How many that are.
    std::size_t give_up() noexcept { return std::exchange(under_way_, 0); }
    [[nodiscard]] std::size_t under_way() const noexcept { return under_way_; }

  private:
    /// When the datagram was sent, if it is one of ours and whole.
    nanoseconds check(const std::byte* datagram, std::size_t size) const {
        std::uint64_t number = 0;
        if (size != size_) throw wrong_answer("a datagram has another size");
        std::memcpy(&number, datagram, sizeof number);
        if (number >= next_ || number + 4 * outstanding_max < next_) throw wrong_answer("a datagram was never sent");
        if (std::memcmp(datagram + sizeof number, pattern(0).from(number) + sizeof number, size - sizeof number) != 0)
            throw wrong_answer("a datagram is not what was sent");
        return sent_at_[number % outstanding_];
    }

    std::size_t size_;
    std::size_t outstanding_;
    std::vector<nanoseconds> sent_at_;  // of the latest ones, by number
    std::vector<std::byte> room_;
    std::vector<mmsghdr> messages_;
    std::vector<iovec> parts_;
    std::uint64_t next_ = 0;
    std::size_t under_way_ = 0;
};

inline report run_datagrams(const options& wanted) {
    const sockaddr_in server = address_of(wanted);
    events ready;
    window measured(wanted);
    std::vector<datagram_peer> all;
    all.reserve(wanted.connections);
    std::uint64_t asked = 0;
    std::uint64_t answered = 0;
    std::uint64_t lost = 0;
    const auto send = [&](datagram_peer& by, std::uint64_t count) {
        const std::uint64_t allowed = std::min(count, measured.limit() - asked);
        asked += allowed;
        if (allowed != 0) by.send(allowed);
    };
    for (std::size_t index = 0; index < wanted.connections; ++index) {
        datagram_peer& made = all.emplace_back(server, wanted.bytes, wanted.outstanding);
        ready.add(made.socket, index, EPOLLIN);
        send(made, wanted.outstanding);
    }
    nanoseconds last = now();
    while (measured.goes_on()) {
        for (const epoll_event& event : ready.wait(second / 100)) {
            datagram_peer& each = all[event.data.u64];
            const std::size_t got = each.receive([&](nanoseconds latency) { measured.count(latency); });
            answered += got;
            send(each, got);
            last = now();
        }
        if (now() < last + second / 5) continue;
        for (datagram_peer& each : all) {
            const std::size_t gone = each.give_up();
            lost += gone;
            asked -= gone;
            send(each, gone);
        }
        last = now();
    }

    std::uint64_t under_way = 0;
    for (const datagram_peer& each : all) under_way += each.under_way();
    if (answered + under_way != asked) throw wrong_answer("the counts of questions and answers differ");
    report told;
    measured.tell(told);
    told.add("asked", asked);
    told.add("answered", answered);
    told.add("lost", lost);
    return told;
}

}  // namespace load
