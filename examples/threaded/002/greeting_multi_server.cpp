// SPDX-License-Identifier: MIT
// The twin of notes/002/greeting_multi_server.cpp with blocking sockets and a thread a client.
// Run:  threaded_002_greeting_multi_server [host] [port]     then several note_002_greeting_client in other terminals

#include "../../support/command_line.hpp"
#include "../../support/threaded.hpp"
#include "../../support/utf8.hpp"

void greet(threaded::tcp_stream accept_socket) {
    accept_socket.send_all("Welcome to study socket!");
    const auto recv_data = threaded::recv_to_end(accept_socket);
    threaded::print("服务器端收到回执信息: ", example::one_line(recv_data));
}

void greeting_multi_server(rill::endpoint where) {
    auto server_socket = threaded::tcp_listener::bind(where, rill::option::backlog{5});
    threaded::print("服务器端, 开始监听了...");
    threaded::serve(server_socket, greet);
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"192.168.24.148", 5556},
                                   [](const rill::endpoint& where) { greeting_multi_server(where); });
}
