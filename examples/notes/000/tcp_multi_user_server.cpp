// SPDX-License-Identifier: MIT
// The multi-user TCP server of note 000, which serves its users at the same time, not one after the other; until Ctrl-C.
// Run:  note_000_tcp_multi_user_server [host] [port]     then several note_000_tcp_client in other terminals
#include <array>
#include <csignal>
#include <iostream>
#include <rill.hpp>
#include <string_view>

#include "../../support/command_line.hpp"
#include "../../support/python_text.hpp"
#include "../../support/utf8.hpp"

rill::task<> serve_client(rill::tcp_stream client) {
    std::cout << "接受一个客户端连接: " << example::python_text(client.remote_endpoint()) << '\n' << std::flush;
    std::array<char, 1024> buffer;
    while (const std::size_t size = co_await client.recv(buffer)) {  // 0: the client has closed the connection
        const std::string_view info(buffer.data(), size);
        std::cout << "收到对方信息： " << example::printable(info) << '\n' << std::flush;
        co_await client.send_all("服务端接收到了信息 ", info);
    }
}

rill::task<> tcp_multi_user_server(rill::endpoint where) {
    auto listener = rill::tcp_listener::bind(where, rill::option::backlog{128});
    std::cout << "服务端启动成功，在" << listener.local_endpoint().port() << "端口等待客户端连接...\n" << std::flush;
    co_await rill::serve(listener, serve_client);
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, [](const rill::endpoint& where) {
        rill::run(tcp_multi_user_server(where), rill::stop_on(SIGINT, SIGTERM));
    });
}
