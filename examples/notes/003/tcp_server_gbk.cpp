// SPDX-License-Identifier: MIT
// The TCP server of note 003: prints one message of one client, which is in GBK, and thanks for it.
// Run:  note_003_tcp_server_gbk [host] [port]     then note_003_tcp_client_gbk in another terminal
#include <csignal>
#include <iostream>
#include <rill.hpp>
#include <string>

#include "../../support/command_line.hpp"
#include "../../support/gbk.hpp"
#include "../../support/messages.hpp"
#include "../../support/utf8.hpp"

rill::task<> serve_client(rill::tcp_stream client_socket) {
    const std::string recv_data = co_await example::recv_message(client_socket);
    example::gbk_decoder gbk;
    std::cout << "接收到的数据为: " << example::printable(gbk.decode_all(recv_data)) << '\n' << std::flush;
    co_await client_socket.send_all(example::to_gbk("thank you !"));
}

rill::task<> tcp_server_gbk(rill::endpoint address) {
    auto tcp_server_socket = rill::tcp_listener::bind(address, rill::option::backlog{128});
    co_await example::until_gone(serve_client(co_await tcp_server_socket.accept()));
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"0.0.0.0", 7788}, [](const rill::endpoint& address) {
        rill::run(tcp_server_gbk(address), rill::stop_on(SIGINT, SIGTERM));
    });
}
