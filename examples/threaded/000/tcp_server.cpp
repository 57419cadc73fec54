// SPDX-License-Identifier: MIT
// The twin of notes/000/tcp_server.cpp with blocking sockets.
// Run:  threaded_000_tcp_server [host] [port]     then note_000_tcp_client in another terminal
#include <array>
#include <iostream>
#include <string_view>

#include "../../support/command_line.hpp"
#include "../../support/python_text.hpp"
#include "../../support/threaded.hpp"
#include "../../support/utf8.hpp"

void serve_client(threaded::tcp_stream client) {
    std::array<char, 512> buffer;
    while (const std::size_t size = client.recv(buffer)) {  // 0: the client has closed the connection
        const std::string_view info(buffer.data(), size);
        std::cout << "收到对方信息： " << example::printable(info) << '\n' << std::flush;
        client.send_all("服务端接收到了信息 ", info);
    }
}

void tcp_server(rill::endpoint where) {
    auto listener = threaded::tcp_listener::bind(where, rill::option::backlog{128});
    std::cout << "服务端启动成功，在" << listener.local_endpoint().port() << "端口等待客户端连接...\n" << std::flush;
    auto client = listener.accept();
    std::cout << "接受一个客户端连接: " << example::python_text(client.remote_endpoint()) << '\n' << std::flush;
    threaded::until_gone(serve_client, std::move(client));
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, [](const rill::endpoint& where) { tcp_server(where); });
}
