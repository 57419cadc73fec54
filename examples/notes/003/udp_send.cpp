// SPDX-License-Identifier: MIT
// Sending over UDP in note 003: one line, one datagram.
// Run:  note_003_udp_send [host] [port]     after note_003_udp_bind_receive in another terminal
#include <rill.hpp>

#include "../../support/ask.hpp"

rill::task<> udp_send(rill::endpoint dest_addr) {
    auto udp_socket = rill::udp_socket::open(dest_addr);
    rill::console input;
    const auto send_data = co_await example::ask(input, "请输入要发送的数据:");
    if (send_data) co_await udp_socket.sendto(*send_data, dest_addr);
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"192.168.1.103", 8080},
                                   [](const rill::endpoint& dest_addr) { rill::run(udp_send(dest_addr)); });
}
