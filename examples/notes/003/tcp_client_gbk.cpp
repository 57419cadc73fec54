// SPDX-License-Identifier: MIT
// The TCP client of note 003: sends one line in GBK, and prints the answer, which is in GBK too.
// Run:  note_003_tcp_client_gbk [host port]     after note_003_tcp_server_gbk; asks for what is not given
#include <iostream>
#include <optional>
#include <rill.hpp>
#include <string>

#include "../../support/ask.hpp"
#include "../../support/gbk.hpp"
#include "../../support/messages.hpp"
#include "../../support/utf8.hpp"

rill::task<> tcp_client_gbk(std::optional<rill::endpoint> server) {
    rill::console input;
    if (!server) {
        const auto server_ip = co_await example::ask_address(input, "请输入服务器ip:");
        const auto server_port = co_await example::ask_port(input, "请输入服务器port:");
        if (!server_port) co_return;  // the end of the input
        server.emplace(*server_ip, *server_port);
    }
    auto tcp_client_socket = co_await rill::tcp_stream::connect(*server);

    const auto send_data = co_await example::ask(input, "请输入要发送的数据：");
    if (!send_data) co_return;
    co_await tcp_client_socket.send_all(example::to_gbk(*send_data));
    if (send_data->empty()) tcp_client_socket.shutdown_send();  // nothing was sent: that is to be seen

    const std::string recv_data = co_await example::recv_message(tcp_client_socket);
    example::gbk_decoder gbk;
    std::cout << "接收到的数据为: " << example::printable(gbk.decode_all(recv_data)) << '\n' << std::flush;
}

int main(int argc, char** argv) {
    return example::run_program(argc, argv, {"[host] [port]", 2, "asks for them unless they are given"},
                                [](const example::arguments& given) {
                                    std::optional<rill::endpoint> server;
                                    if (given.has(1)) server = given.address({"127.0.0.1", 7788});
                                    rill::run(tcp_client_gbk(server));
                                });
}
