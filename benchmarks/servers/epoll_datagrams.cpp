// SPDX-License-Identifier: MIT
// UDP echo on bare epoll: recvfrom and sendto, one by one, until there is no more. Run: server_epoll_datagrams [port]
// [bytes of the buffer].
#include <sys/epoll.h>

#include "support/listening.hpp"
#include "support/page_buffer.hpp"

int main(int count, char** arguments) {
    const server_support::arguments wanted(count, arguments);
    const server_support::page_buffer buffer(wanted.buffer_bytes);
    const int socket = server_support::open_server(SOCK_DGRAM | SOCK_NONBLOCK, wanted.port);
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) < 0) server_support::die("epoll_ctl");
    for (;;) {
        if (::epoll_wait(epoll, &event, 1, -1) <= 0) continue;
        for (;;) {
            sockaddr_in peer{};
            socklen_t size = sizeof peer;
            auto* const whom = reinterpret_cast<sockaddr*>(&peer);
            const ssize_t got = ::recvfrom(socket, buffer.data(), buffer.size(), 0, whom, &size);
            if (got < 0) break;
            ::sendto(socket, buffer.data(), static_cast<std::size_t>(got), 0, whom, size);
        }
    }
}
