// SPDX-License-Identifier: MIT
// The TCP socket of note 003: created, and closed.
// Run:  note_003_create_tcp_socket
#include <iostream>
#include <rill.hpp>

#include "../../support/command_line.hpp"

void create_tcp_socket() {
    auto s = rill::tcp_listener::bind({"127.0.0.1", 0});  // rill's TCP sockets listen, or are connected
    std::cout << "SOCK_STREAM " << to_string(s.local_endpoint()) << '\n';
    s.close();  // it would by itself at the end of its scope
}

int main(int argc, char** argv) { return example::run_alone(argc, argv, create_tcp_socket); }
