// SPDX-License-Identifier: MIT
#pragma once

// Streams through a proxy, of which the load plays both ends: sources, whom the proxy connects to; and readers, who connect to the proxy.
// A fast reader receives whenever there is something, and its source is `outstanding` pieces of 64 KiB ahead of it at most, so that no
// figure is one of how much the kernel keeps. The source of a slow reader sends all that fits; if nothing holds it back, that is an
// error. Every byte is compared; when a source ends, its reader must see all that was sent, then the end, and the source that of the
// reader.

#include <poll.h>

#include <cstdint>
#include <string>
#include <vector>

#include "clock.hpp"
#include "events.hpp"
#include "options.hpp"
#include "pattern_stream.hpp"

namespace load {

/// Both ends of a stream.
struct relayed {
    descriptor source;
    descriptor reader;
    pattern_stream bytes;

    /// How many bytes are on their way: in the proxy, and in the kernel's buffers on both of its sides.
    [[nodiscard]] std::uint64_t ahead() const noexcept { return bytes.sent() - bytes.received(); }
};

enum class readers { fast, slow };

class relays {
  public:
    /// Connects them all. Slow readers receive when somebody says so, and have little room.
    relays(const options& wanted, readers which)
        : ahead_limit_(which == readers::fast ? wanted.outstanding * pattern::piece : unheld) {
        if (wanted.source == 0) throw std::invalid_argument("a proxy needs source=<the number of a listening socket>");
        const sockaddr_in proxy = address_of(wanted);
        all_.reserve(wanted.connections);
        for (std::size_t index = 0; index < wanted.connections; ++index) {
            descriptor reader = connect_to(proxy, which == readers::slow ? slow_room : 0);
            relayed& made = all_.emplace_back(accept_from(wanted.source), std::move(reader), pattern_stream(index));
            events_.add(made.source, 2 * index, EPOLLOUT | EPOLLET);
            events_.add(made.reader, 2 * index + 1, which == readers::fast ? EPOLLIN : 0U);
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
    relayed& operator[](std::size_t index) noexcept { return all_[index]; }

    /// Waits for at most so long, and lets sources send and fast readers receive: `received(stream, bytes)` for each piece.
    template <class Received>
    void turn(nanoseconds limit, Received received) {
        for (const epoll_event& event : events_.wait(limit)) {
            relayed& each = all_[event.data.u64 / 2];
            if (event.data.u64 % 2 == 0) {
                feed(each);
            } else if (const auto size = each.bytes.receive(each.reader)) {
                if (*size == 0) throw wrong_answer("the proxy closed a connection");
                heard_ = now();
                received(each, *size);
                feed(each);
            }
        }
        if (ahead_limit_ != unheld && now() > heard_ + 10 * second)
            throw wrong_answer("nothing has come through the proxy for 10 s");
    }

    /// Ends all sources. The readers receive what is left, as fast as they can, and leave; then the sources see that.
    void finish() {
        for (std::size_t index = 0; index < size(); ++index) {
            checked(::shutdown(all_[index].source.number(), SHUT_WR), "shutdown");
            events_.change(all_[index].source, 2 * index, EPOLLIN);
            events_.change(all_[index].reader, 2 * index + 1, EPOLLIN);
        }
        const nanoseconds limit = now() + 20 * second;
        for (std::size_t left = size(); left != 0;) {
            if (now() > limit) throw wrong_answer(std::to_string(left) + " streams have not ended after 20 s");
            for (const epoll_event& event : events_.wait(second / 10)) {
                relayed& each = all_[event.data.u64 / 2];
                if (event.data.u64 % 2 == 1) {
                    drain(each);
                } else {
                    end(each);
                    --left;
                }
            }
        }
    }

  private:
    /// More than all of the kernel's buffers between a source and a reader hold.
    static constexpr std::uint64_t unheld = 64UL * 1024 * 1024;
    /// What the kernel keeps for a slow reader.
    static constexpr int slow_room = 64 * 1024;

    static descriptor accept_from(std::uint64_t listener) {
        pollfd ready{static_cast<int>(listener), POLLIN, 0};
        if (checked(::poll(&ready, 1, 10'000), "poll") == 0)
            throw wrong_answer("the proxy does not connect to the source");
        return descriptor(checked(::accept4(ready.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC), "accept4"));
    }
    void feed(relayed& each) const {
        if (each.bytes.send_until(each.bytes.received() + ahead_limit_, each.source) && ahead_limit_ == unheld)
            throw wrong_answer("nothing holds the source back while the reader is slow");
    }
    static void drain(relayed& each) {
        const auto size = each.bytes.receive(each.reader);
        if (!size || *size != 0) return;
        if (each.ahead() != 0) throw wrong_answer("a stream ended early");
        each.reader.close();
    }
    static void end(relayed& each) {
        std::byte room{};
        if (checked(::recv(each.source.number(), &room, sizeof room, 0), "recv of a source") != 0)
            throw wrong_answer("the proxy sent to the source what no reader had said");
        if (each.reader.number() >= 0) throw wrong_answer("the proxy left the source before the reader did");
        each.source.close();
    }

    std::uint64_t ahead_limit_;
    nanoseconds heard_ = now();  // when a fast reader received something
    events events_;
    std::vector<relayed> all_;
};

}  // namespace load
