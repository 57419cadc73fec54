// SPDX-License-Identifier: MIT
// The twin of notes/002/greeting_server_reuse.cpp with blocking sockets.
// Run:  threaded_002_greeting_server_reuse [host] [port]     then note_002_greeting_client in another terminal
#include <iostream>

#include "../../support/command_line.hpp"
#include "../../support/threaded.hpp"
#include "../../support/utf8.hpp"

void greet(threaded::tcp_stream accept_socket) {
    accept_socket.send_all("Welcome to study socket!");
    const auto recv_data = threaded::recv_to_end(accept_socket);
    std::cout << "服务器端收到回执信息: " << example::one_line(recv_data) << '\n' << std::flush;
}

void greeting_server_reuse(rill::endpoint where) {
    auto server_socket =
        threaded::tcp_listener::bind(where, rill::option::reuse_address{true}, rill::option::backlog{5});
    std::cout << "服务器端, 开始监听了...\n" << std::flush;
    threaded::until_gone(greet, server_socket.accept());
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"127.0.0.1", 5555},
                                   [](const rill::endpoint& where) { greeting_server_reuse(where); });
}
