// SPDX-License-Identifier: MIT
// The TCP server of note 000: accepts one client, prints what it sends and answers it, until the client closes.
// Run:  note_000_tcp_server [host] [port]     then note_000_tcp_client in another terminal
#include <array>
#include <csignal>
#include <iostream>
#include <rill.hpp>
#include <string_view>

#include "../../support/command_line.hpp"
#include "../../support/messages.hpp"
#include "../../support/python_text.hpp"
#include "../../support/utf8.hpp"

rill::task<> serve_client(rill::tcp_stream client) {
    std::array<char, 512> buffer;
    while (const std::size_t size = co_await client.recv(buffer)) {  // 0: the client has closed the connection
        const std::string_view info(buffer.data(), size);
        std::cout << "收到对方信息： " << example::printable(info) << '\n' << std::flush;
        co_await client.send_all("服务端接收到了信息 ", info);
    }
}

rill::task<> tcp_server(rill::endpoint where) {
    auto listener = rill::tcp_listener::bind(where, rill::option::backlog{128});
    std::cout << "服务端启动成功，在" << listener.local_endpoint().port() << "端口等待客户端连接...\n" << std::flush;
    auto client = co_await listener.accept();
    std::cout << "接受一个客户端连接: " << example::python_text(client.remote_endpoint()) << '\n' << std::flush;
    co_await example::until_gone(serve_client(std::move(client)));
}

int main(int argc, char** argv) {
    return example::run_at_address(
        argc, argv, [](const rill::endpoint& where) { rill::run(tcp_server(where), rill::stop_on(SIGINT, SIGTERM)); });
}
