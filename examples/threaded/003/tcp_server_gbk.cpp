// SPDX-License-Identifier: MIT
// The twin of notes/003/tcp_server_gbk.cpp with blocking sockets.
// Run:  threaded_003_tcp_server_gbk [host] [port]     then note_003_tcp_client_gbk in another terminal
#include <iostream>
#include <string>

#include "../../support/command_line.hpp"
#include "../../support/gbk.hpp"
#include "../../support/threaded.hpp"
#include "../../support/utf8.hpp"

void serve_client(threaded::tcp_stream client_socket) {
    const std::string recv_data = threaded::recv_message(client_socket);
    example::gbk_decoder gbk;
    std::cout << "接收到的数据为: " << example::printable(gbk.decode_all(recv_data)) << '\n' << std::flush;
    client_socket.send_all(example::to_gbk("thank you !"));
}

void tcp_server_gbk(rill::endpoint address) {
    auto tcp_server_socket = threaded::tcp_listener::bind(address, rill::option::backlog{128});
    threaded::until_gone(serve_client, tcp_server_socket.accept());
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"0.0.0.0", 7788},
                                   [](const rill::endpoint& address) { tcp_server_gbk(address); });
}
