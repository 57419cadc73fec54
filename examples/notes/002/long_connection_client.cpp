// SPDX-License-Identifier: MIT
// The client of a long connection in note 002: sends each line that you type, until 886 or the end of the input.
// Run:  note_002_long_connection_client [host] [port]     after note_002_long_connection_server in another terminal
#include <array>
#include <iostream>
#include <rill.hpp>

#include "../../support/ask.hpp"

rill::task<> send_lines(rill::tcp_stream& cli_socket) {
    rill::console input;
    for (;;) {
        const auto result = co_await example::ask(input, "请录入您要发给服务器的信息: ");
        if (!result) break;
        co_await cli_socket.send_all(*result);
        if (*result == "886") break;
    }
}

/// Ends when the server leaves, also while you think.
rill::task<> watch(rill::tcp_stream& cli_socket) {
    std::array<char, 1024> ignored;
    while (co_await cli_socket.recv(ignored) != 0) {
    }
}

rill::task<> long_connection_client(rill::endpoint server) {
    auto cli_socket = co_await rill::tcp_stream::connect(server);
    co_await rill::when_any(send_lines(cli_socket), watch(cli_socket));
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"127.0.0.1", 5555},
                                   [](const rill::endpoint& server) { rill::run(long_connection_client(server)); });
}
