// SPDX-License-Identifier: MIT
// The echo server on bare epoll: what readiness can reach, with nothing between it and the system. One thread, one buffer
// for all, edge-triggered: a read that leaves room has emptied the socket. Run: server_epoll_echo [port] [bytes of a buffer].
#include "support/bare_flow.hpp"
#include "support/edge_loop.hpp"

using server_support::flow;

int main(int count, char** arguments) {
    const server_support::arguments wanted(count, arguments);
    const server_support::page_buffer buffer(wanted.buffer_bytes);
    const server_support::edge_loop loop(wanted.port);
    loop.run<flow>(
        [&](int client) { loop.add(client, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, new flow{client, client}); },
        [&](flow& each, std::uint32_t events) {
            if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) each.hung_up = true;
            if (go_on(each, buffer) == server_support::flow_progress::waits) return;
            ::close(each.from);
            delete &each;
        });
}
