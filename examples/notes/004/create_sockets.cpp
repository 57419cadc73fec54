// SPDX-License-Identifier: MIT
// The sockets of note 004: streams and datagrams, between machines (AF_INET) and on one machine (AF_UNIX).
// Run:  note_004_create_sockets
#include <iostream>
#include <rill.hpp>

#include "../../support/command_line.hpp"

void create_sockets() {
    const auto stream = rill::tcp_listener::bind({"127.0.0.1", 0});  // rill's TCP sockets listen, or are connected
    std::cout << "AF_INET SOCK_STREAM " << to_string(stream.local_endpoint()) << '\n';
    const auto datagrams = rill::udp_socket::open(rill::family::v4);
    std::cout << "AF_INET SOCK_DGRAM " << to_string(datagrams.local_endpoint()) << '\n';

    try {
        const auto [one, other] = rill::socket_pair();  // two streams that are connected to each other
        std::cout << "AF_UNIX SOCK_STREAM " << one.is_open() << other.is_open() << '\n';
        const auto local = rill::unix_datagram_socket::open();
        std::cout << "AF_UNIX SOCK_DGRAM " << local.is_open() << '\n';
    } catch (const std::system_error& error) {  // where the system, or rill on it, has none
        std::cout << "AF_UNIX " << error.what() << '\n';
    }
}

int main(int argc, char** argv) { return example::run_alone(argc, argv, create_sockets); }
