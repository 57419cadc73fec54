// SPDX-License-Identifier: MIT
// The two sockets of note 001: one of TCP, one of UDP. They close when they go out of scope.
// Run:  note_001_create_sockets
#include <iostream>
#include <rill.hpp>

#include "../../support/command_line.hpp"

void create_sockets() {
    const auto tcp = rill::tcp_listener::bind({"127.0.0.1", 0});  // rill's TCP sockets listen, or are connected
    std::cout << "tcp " << to_string(tcp.local_endpoint()) << '\n';

    const auto udp = rill::udp_socket::open(rill::family::v4);
    std::cout << "udp " << to_string(udp.local_endpoint()) << '\n';
}

int main(int argc, char** argv) { return example::run_alone(argc, argv, create_sockets); }
