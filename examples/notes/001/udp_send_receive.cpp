// SPDX-License-Identifier: MIT
// Sending and receiving over UDP in note 001: one line to the server, then one datagram from anybody.
// Run:  note_001_udp_send_receive [host] [port] [local port]
#include <array>
#include <iostream>
#include <rill.hpp>

#include "../../support/ask.hpp"
#include "../../support/python_text.hpp"
#include "../../support/utf8.hpp"

rill::task<> udp_send_receive(rill::endpoint server, long long local_port) {
    const bool six = server.address().is_v6();
    const auto everywhere = six ? rill::ip_address::any_v6() : rill::ip_address::any_v4();
    auto udp_socket = rill::udp_socket::bind({everywhere, local_port});

    rill::console input;
    const auto data = co_await example::ask(input, "请输入你想要对服务器说的话：");
    if (!data) co_return;
    co_await udp_socket.sendto(*data, server);

    std::array<char, 65'536> buffer;
    const auto [size, remote_address, truncated] = co_await udp_socket.recvfrom(buffer);
    std::cout << "收到来自: " << example::python_text(remote_address) << " 的数据："
              << example::one_line({buffer.data(), size}) << '\n'
              << std::flush;
}

int main(int argc, char** argv) {
    return example::run_program(
        argc, argv, {"[host] [port] [local port]", 3, "192.168.115.81 8080 8888 unless they are given"},
        [](const example::arguments& given) {
            rill::run(udp_send_receive(given.address({"192.168.115.81", 8080}), given.port(3, 8888)));
        });
}
