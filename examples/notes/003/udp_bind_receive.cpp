// SPDX-License-Identifier: MIT
// Binding a UDP socket in note 003: waits for one datagram in GBK, and prints it.
// Run:  note_003_udp_bind_receive [host] [port]
#include <array>
#include <csignal>
#include <iostream>
#include <rill.hpp>
#include <string>

#include "../../support/command_line.hpp"
#include "../../support/gbk.hpp"
#include "../../support/utf8.hpp"

rill::task<> udp_bind_receive(rill::endpoint local_addr) {
    auto udp_socket = rill::udp_socket::bind(local_addr);
    std::array<char, 65'536> buffer;
    const auto [size, from, truncated] = co_await udp_socket.recvfrom(buffer);
    example::gbk_decoder gbk;
    const std::string recv_data = gbk.decode_all({buffer.data(), size});
    std::cout << example::one_line(recv_data) << '\n' << std::flush;
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"0.0.0.0", 7788}, [](const rill::endpoint& local_addr) {
        rill::run(udp_bind_receive(local_addr), rill::stop_on(SIGINT, SIGTERM));
    });
}
