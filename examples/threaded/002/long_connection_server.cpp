// SPDX-License-Identifier: MIT
// The twin of notes/002/long_connection_server.cpp with blocking sockets.
// Run:  threaded_002_long_connection_server [host] [port]     then note_002_long_connection_client in another terminal
#include <array>
#include <iostream>
#include <string>

#include "../../support/command_line.hpp"
#include "../../support/threaded.hpp"
#include "../../support/utf8.hpp"

void print_all(threaded::tcp_stream accept_socket) {
    std::array<char, 1024> buffer;
    example::utf8_decoder decoder;
    while (const std::size_t size = accept_socket.recv(buffer)) {  // 0: the client has left
        const std::string recv_data = decoder.decode({buffer.data(), size});
        if (recv_data.empty()) continue;  // a part of a character
        std::cout << "服务器端收到回执信息: " << example::printable(recv_data) << '\n' << std::flush;
        if (recv_data == "886") break;
    }
}

void long_connection_server(rill::endpoint where) {
    auto server_socket = threaded::tcp_listener::bind(where, rill::option::backlog{5});
    std::cout << "服务器端, 开始监听了...\n" << std::flush;
    threaded::until_gone(print_all, server_socket.accept());
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"127.0.0.1", 5555},
                                   [](const rill::endpoint& where) { long_connection_server(where); });
}
