// SPDX-License-Identifier: MIT
// The twin of notes/004/udp_server.cpp with blocking sockets.
// Run:  threaded_004_udp_server [host] [port]     then note_004_udp_client in another terminal
#include <array>
#include <iostream>
#include <system_error>

#include "../../support/command_line.hpp"
#include "../../support/python_text.hpp"
#include "../../support/threaded.hpp"
#include "../../support/utf8.hpp"

void udp_server(rill::endpoint where) {
    auto sock = threaded::udp_socket::bind(where);
    std::array<char, 65'536> buffer;
    for (;;) {
        const auto [size, addr] = sock.recvfrom(buffer);
        std::cout << example::python_text(addr) << ' ' << example::one_line({buffer.data(), size}) << '\n'
                  << std::flush;
        try {
            sock.sendto("收到", addr);
        } catch (const std::system_error& error) {
            std::cerr << to_string(addr) << ": " << error.what() << '\n';
        }
    }
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, [](const rill::endpoint& where) { udp_server(where); });
}
