// SPDX-License-Identifier: MIT
// The UDP client of note 000: sends each line that you type; `exit` or the end of the input ends it.
// Run:  note_000_udp_client [host] [port]     after note_000_udp_server in another terminal
#include <iostream>
#include <rill.hpp>

#include "../../support/ask.hpp"

rill::task<> udp_client(rill::endpoint server) {
    auto udp_socket = rill::udp_socket::open(server);
    rill::console input;
    for (;;) {
        const auto content = co_await example::ask(input, ">>>");
        if (!content || *content == "exit") break;
        co_await udp_socket.sendto(*content, server);
    }
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"127.0.0.1", 3333},
                                   [](const rill::endpoint& server) { rill::run(udp_client(server)); });
}
