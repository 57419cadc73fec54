// SPDX-License-Identifier: MIT
// The first socket of note 002: of IPv4 and TCP, and printed.
// Run:  note_002_create_socket
#include <iostream>
#include <rill.hpp>

#include "../../support/command_line.hpp"
#include "../../support/python_text.hpp"

void create_socket() {
    const auto cli_socket = rill::tcp_listener::bind({"127.0.0.1", 0});  // rill's TCP sockets listen, or are connected
    std::cout << "<socket fd=" << cli_socket.native_handle()
              << ", family=AF_INET, type=SOCK_STREAM, laddr=" << example::python_text(cli_socket.local_endpoint())
              << ">\n";
}

int main(int argc, char** argv) { return example::run_alone(argc, argv, create_socket); }
