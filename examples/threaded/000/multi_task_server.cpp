// SPDX-License-Identifier: MIT
// The twin of notes/000/multi_task_server.cpp with blocking sockets and a thread a client.
// Run:  threaded_000_multi_task_server [host] [port]     then several note_000_tcp_client in other terminals
#include <array>
#include <atomic>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "../../support/command_line.hpp"
#include "../../support/python_text.hpp"
#include "../../support/threaded.hpp"
#include "../../support/utf8.hpp"

void serve_client(threaded::tcp_stream client) {
    std::array<char, 1024> buffer;
    while (const std::size_t size = client.recv(buffer)) {  // 0: the client has closed the connection
        const std::string_view info(buffer.data(), size);
        threaded::print("收到对方信息： ", example::printable(info));
        client.send_all("服务端接收到了信息 ", info);
    }
}

void multi_task_server(rill::endpoint where) {
    auto listener = threaded::tcp_listener::bind(where, rill::option::backlog{128});
    threaded::print("服务端启动成功，在", std::to_string(listener.local_endpoint().port()), "端口等待客户端连接...");

    std::atomic<int> clients = 0;  // which the threads share; nobody waits for their end
    for (;;) {
        auto client = listener.accept();
        threaded::print("接受一个客户端连接: ", example::python_text(client.remote_endpoint()));
        threaded::print("当前运行的任务数为：", std::to_string(++clients));
        const auto run = [&clients](threaded::tcp_stream accepted) {
            threaded::until_gone(serve_client, std::move(accepted));
            --clients;
        };
        std::thread(run, std::move(client)).detach();
    }
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, [](const rill::endpoint& where) { multi_task_server(where); });
}
