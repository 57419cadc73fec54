// SPDX-License-Identifier: MIT
// The twin of notes/000/tcp_multi_user_server.cpp with blocking sockets and a thread a client.
// Run:  threaded_000_tcp_multi_user_server [host] [port]     then several note_000_tcp_client in other terminals
#include <array>
#include <string_view>

#include "../../support/command_line.hpp"
#include "../../support/python_text.hpp"
#include "../../support/threaded.hpp"
#include "../../support/utf8.hpp"

void serve_client(threaded::tcp_stream client) {
    threaded::print("接受一个客户端连接: ", example::python_text(client.remote_endpoint()));
    std::array<char, 1024> buffer;
    while (const std::size_t size = client.recv(buffer)) {  // 0: the client has closed the connection
        const std::string_view info(buffer.data(), size);
        threaded::print("收到对方信息： ", example::printable(info));
        client.send_all("服务端接收到了信息 ", info);
    }
}

void tcp_multi_user_server(rill::endpoint where) {
    auto listener = threaded::tcp_listener::bind(where, rill::option::backlog{128});
    threaded::print("服务端启动成功，在", std::to_string(listener.local_endpoint().port()), "端口等待客户端连接...");
    threaded::serve(listener, serve_client);
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, [](const rill::endpoint& where) { tcp_multi_user_server(where); });
}
