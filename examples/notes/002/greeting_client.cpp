// SPDX-License-Identifier: MIT
// The greeting client of note 002: prints the server's greeting, answers it, closes.
// Run:  note_002_greeting_client [host] [port]     after note_002_greeting_server in another terminal
#include <iostream>
#include <rill.hpp>

#include "../../support/command_line.hpp"
#include "../../support/messages.hpp"
#include "../../support/utf8.hpp"

rill::task<> greeting_client(rill::endpoint server) {
    auto cli_socket = co_await rill::tcp_stream::connect(server);
    const auto recv_data = co_await example::recv_message(cli_socket);
    std::cout << "客户端接收到: " << example::one_line(recv_data) << '\n' << std::flush;
    co_await cli_socket.send_all("收到, 已开始学习, So Easy!");
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"127.0.0.1", 5555},
                                   [](const rill::endpoint& server) { rill::run(greeting_client(server)); });
}
