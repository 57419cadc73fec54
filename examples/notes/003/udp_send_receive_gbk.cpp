// SPDX-License-Identifier: MIT
// Sending and receiving over UDP in note 003: a line goes out in UTF-8, and an answer in GBK comes back.
// Run:  note_003_udp_send_receive_gbk [host] [port]
#include <array>
#include <iostream>
#include <rill.hpp>
#include <string>

#include "../../support/ask.hpp"
#include "../../support/gbk.hpp"
#include "../../support/python_text.hpp"
#include "../../support/utf8.hpp"

rill::task<> udp_send_receive_gbk(rill::endpoint dest_addr) {
    auto udp_socket = rill::udp_socket::open(dest_addr);
    rill::console input;
    const auto send_data = co_await example::ask(input, "请输入要发送的数据:");
    if (!send_data) co_return;
    co_await udp_socket.sendto(*send_data, dest_addr);

    std::array<char, 65'536> buffer;
    const auto [size, from, truncated] = co_await udp_socket.recvfrom(buffer);
    example::gbk_decoder gbk;
    const std::string recv_data = gbk.decode_all({buffer.data(), size});
    std::cout << example::one_line(recv_data) << '\n' << example::python_text(from) << '\n' << std::flush;
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"192.168.236.129", 8080},
                                   [](const rill::endpoint& dest_addr) { rill::run(udp_send_receive_gbk(dest_addr)); });
}
