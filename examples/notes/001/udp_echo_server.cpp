// SPDX-License-Identifier: MIT
// The UDP echo server of note 001: sends each datagram back to where it came from; until Ctrl-C.
// Run:  note_001_udp_echo_server [host] [port]     then note_001_udp_send_receive in another terminal
#include <array>
#include <csignal>
#include <iostream>
#include <rill.hpp>
#include <span>

#include "../../support/command_line.hpp"

rill::task<> udp_echo_server(rill::endpoint where) {
    auto udp_server = rill::udp_socket::bind(where);
    std::array<char, 65'536> buffer;
    for (;;) {
        const auto [size, recv_address, truncated] = co_await udp_server.recvfrom(buffer);
        const auto sent = co_await rill::as_result(udp_server.sendto(std::span(buffer).first(size), recv_address));
        if (sent.error()) std::cerr << to_string(recv_address) << ": " << sent.error().message() << '\n';
    }
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"0.0.0.0", 8888}, [](const rill::endpoint& where) {
        rill::run(udp_echo_server(where), rill::stop_on(SIGINT, SIGTERM));
    });
}
