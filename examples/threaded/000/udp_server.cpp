// SPDX-License-Identifier: MIT
// The twin of notes/000/udp_server.cpp with blocking sockets.
// Run:  threaded_000_udp_server [host] [port]     then note_000_udp_client in another terminal
#include <array>
#include <iostream>
#include <string_view>

#include "../../support/command_line.hpp"
#include "../../support/python_text.hpp"
#include "../../support/threaded.hpp"
#include "../../support/utf8.hpp"

void udp_server(rill::endpoint where) {
    auto udp_serversocket = threaded::udp_socket::bind(where);
    std::array<char, 65'536> buffer;  // more than a datagram can have: what does not fit is lost
    for (;;) {
        const auto [size, from] = udp_serversocket.recvfrom(buffer);
        const std::string_view recv_msg(buffer.data(), size);
        const std::string send_addr = example::python_text(from);
        std::cout << send_addr << ':' << example::one_line(recv_msg) << '\n'
                  << '(' << example::python_text(recv_msg) << ", " << send_addr << ")\n"
                  << std::flush;
    }
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"127.0.0.1", 3333},
                                   [](const rill::endpoint& where) { udp_server(where); });
}
