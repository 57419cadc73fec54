// SPDX-License-Identifier: MIT
// The TCP server of note 003 that goes on: prints what its clients send in GBK, and answers each time; until Ctrl-C.
// Run:  note_003_tcp_loop_server [host] [port]     then note_003_tcp_client_gbk in another terminal
#include <array>
#include <csignal>
#include <iostream>
#include <rill.hpp>
#include <string>

#include "../../support/command_line.hpp"
#include "../../support/gbk.hpp"
#include "../../support/python_text.hpp"
#include "../../support/utf8.hpp"

rill::task<> serve_client(rill::tcp_stream new_socket) {
    std::cout << "连接的客户端信息为：" << example::python_text(new_socket.remote_endpoint()) << '\n' << std::flush;
    std::array<char, 1024> buffer;
    example::gbk_decoder gbk;
    while (const std::size_t size = co_await new_socket.recv(buffer)) {
        const std::string recv_data = gbk.decode({buffer.data(), size});
        if (recv_data.empty()) continue;  // a part of a character
        std::cout << "客户端发来的信息为：" << example::printable(recv_data) << '\n' << std::flush;
        co_await new_socket.send_all(example::to_gbk("您好，这里是服务端，收到你的信息"));
    }
}

rill::task<> tcp_loop_server(rill::endpoint localtion_address) {
    auto tcp_socket = rill::tcp_listener::bind(localtion_address, rill::option::backlog{128});
    std::cout << "等待新的客户端连接\n" << std::flush;
    co_await rill::serve(tcp_socket, serve_client);
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"0.0.0.0", 7788}, [](const rill::endpoint& localtion_address) {
        rill::run(tcp_loop_server(localtion_address), rill::stop_on(SIGINT, SIGTERM));
    });
}
