// SPDX-License-Identifier: MIT
// The greeting server of note 002 for many clients, which are greeted at the same time; until Ctrl-C.
// Run:  note_002_greeting_multi_server [host] [port]     then several note_002_greeting_client in other terminals
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

rill::task<> greeting_multi_server(rill::endpoint where) {
    auto server_socket = rill::tcp_listener::bind(where, rill::option::backlog{5});
    std::cout << "服务器端, 开始监听了...\n" << std::flush;
    co_await rill::serve(server_socket, greet);
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"192.168.24.148", 5556}, [](const rill::endpoint& where) {
        rill::run(greeting_multi_server(where), rill::stop_on(SIGINT, SIGTERM));
    });
}
