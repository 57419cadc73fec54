// SPDX-License-Identifier: MIT
#pragma once

// The loop of the bare epoll servers: edge-triggered, a pointer for each socket, and a listener whose clients are accepted until there
// are no more. Who is told must try until the call would block.

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "listening.hpp"

namespace server_support {

class edge_loop {
  public:
    explicit edge_loop(std::uint16_t port)
        : listener_(open_server(SOCK_STREAM | SOCK_NONBLOCK, port)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
        add(listener_, EPOLLIN, nullptr);
    }

    void add(int socket, std::uint32_t wanted, void* whose) const {
        epoll_event event{};
        event.events = wanted;
        event.data.ptr = whose;
        if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event) < 0) die("epoll_ctl");
    }

    /// For ever: `accepted(socket)` for each client, `ready(whose, events)` for each event of what was added.
    template <class Whose, class Accepted, class Ready>
    [[noreturn]] void run(Accepted accepted, Ready ready) const {
        std::array<epoll_event, 256> events{};
        for (;;) {
            const int many = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
            for (int index = 0; index < many; ++index) {
                const epoll_event& now = events[static_cast<std::size_t>(index)];
                if (now.data.ptr != nullptr) {
                    ready(*static_cast<Whose*>(now.data.ptr), now.events);
                    continue;
                }
                for (int client = 0;
                     (client = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;)
                    accepted(client);
            }
        }
    }

  private:
    int listener_;
    int epoll_;
};

}  // namespace server_support
