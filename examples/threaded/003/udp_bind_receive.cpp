// SPDX-License-Identifier: MIT
// The twin of notes/003/udp_bind_receive.cpp with blocking sockets.
// Run:  threaded_003_udp_bind_receive [host] [port]
#include <array>
#include <iostream>
#include <string>

#include "../../support/command_line.hpp"
#include "../../support/gbk.hpp"
#include "../../support/threaded.hpp"
#include "../../support/utf8.hpp"

void udp_bind_receive(rill::endpoint local_addr) {
    auto udp_socket = threaded::udp_socket::bind(local_addr);
    std::array<char, 65'536> buffer;
    const auto [size, from] = udp_socket.recvfrom(buffer);
    example::gbk_decoder gbk;
    const std::string recv_data = gbk.decode_all({buffer.data(), size});
    std::cout << example::one_line(recv_data) << '\n' << std::flush;
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"0.0.0.0", 7788},
                                   [](const rill::endpoint& local_addr) { udp_bind_receive(local_addr); });
}
