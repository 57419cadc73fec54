// SPDX-License-Identifier: MIT
// The greeting server of note 002: greets one client, and prints what that answers until it closes.
// Run:  note_002_greeting_server [host] [port]     then note_002_greeting_client in another terminal
#include <csignal>
#include <iostream>
#include <rill.hpp>

#include "../../support/command_line.hpp"
#include "../../support/messages.hpp"
#include "../../support/utf8.hpp"

rill::task<> greet(rill::tcp_stream accept_socket) {
    co_await accept_socket.send_all("Welcome to study socket!");
    const auto recv_data = co_await example::recv_to_end(accept_socket);
    std::cout << "服务器端收到回执信息: " << example::one_line(recv_data) << '\n' << std::flush;
}

rill::task<> greeting_server(rill::endpoint where) {
    auto server_socket = rill::tcp_listener::bind(where, rill::option::backlog{5});
    std::cout << "服务器端, 开始监听了...\n" << std::flush;
    co_await example::until_gone(greet(co_await server_socket.accept()));
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"127.0.0.1", 5555}, [](const rill::endpoint& where) {
        rill::run(greeting_server(where), rill::stop_on(SIGINT, SIGTERM));
    });
}
