// SPDX-License-Identifier: MIT
// The twin of notes/001/udp_echo_server.cpp with blocking sockets.
// Run:  threaded_001_udp_echo_server [host] [port]     then note_001_udp_send_receive in another terminal
#include <array>
#include <iostream>
#include <system_error>

#include "../../support/command_line.hpp"
#include "../../support/threaded.hpp"

void udp_echo_server(rill::endpoint where) {
    auto udp_server = threaded::udp_socket::bind(where);
    std::array<char, 65'536> buffer;
    for (;;) {
        const auto [size, recv_address] = udp_server.recvfrom(buffer);
        try {
            udp_server.sendto({buffer.data(), size}, recv_address);
        } catch (const std::system_error& error) {
            std::cerr << to_string(recv_address) << ": " << error.what() << '\n';
        }
    }
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"0.0.0.0", 8888},
                                   [](const rill::endpoint& where) { udp_echo_server(where); });
}
