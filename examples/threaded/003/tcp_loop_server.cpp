// SPDX-License-Identifier: MIT
// The twin of notes/003/tcp_loop_server.cpp with blocking sockets and a thread a client.
// Run:  threaded_003_tcp_loop_server [host] [port]     then note_003_tcp_client_gbk in another terminal
#include <array>
#include <string>

#include "../../support/command_line.hpp"
#include "../../support/gbk.hpp"
#include "../../support/python_text.hpp"
#include "../../support/threaded.hpp"
#include "../../support/utf8.hpp"

void serve_client(threaded::tcp_stream new_socket) {
    threaded::print("连接的客户端信息为：", example::python_text(new_socket.remote_endpoint()));
    std::array<char, 1024> buffer;
    example::gbk_decoder gbk;
    while (const std::size_t size = new_socket.recv(buffer)) {
        const std::string recv_data = gbk.decode({buffer.data(), size});
        if (recv_data.empty()) continue;  // a part of a character
        threaded::print("客户端发来的信息为：", example::printable(recv_data));
        new_socket.send_all(example::to_gbk("您好，这里是服务端，收到你的信息"));
    }
}

void tcp_loop_server(rill::endpoint localtion_address) {
    auto tcp_socket = threaded::tcp_listener::bind(localtion_address, rill::option::backlog{128});
    threaded::print("等待新的客户端连接");
    threaded::serve(tcp_socket, serve_client);
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"0.0.0.0", 7788},
                                   [](const rill::endpoint& localtion_address) { tcp_loop_server(localtion_address); });
}
