// SPDX-License-Identifier: MIT
// The UDP socket of note 003: created, and closed.
// Run:  note_003_create_udp_socket
#include <iostream>
#include <rill.hpp>

#include "../../support/command_line.hpp"

void create_udp_socket() {
    auto s = rill::udp_socket::open(rill::family::v4);
    std::cout << "SOCK_DGRAM " << to_string(s.local_endpoint()) << '\n';
    s.close();  // it would by itself at the end of its scope
}

int main(int argc, char** argv) { return example::run_alone(argc, argv, create_udp_socket); }
