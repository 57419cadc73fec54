// SPDX-License-Identifier: MIT
// The UDP server of note 004: prints who sends what, and answers each; until Ctrl-C.
// Run:  note_004_udp_server [host] [port]     then note_004_udp_client in another terminal
#include <array>
#include <csignal>
#include <iostream>
#include <rill.hpp>

#include "../../support/command_line.hpp"
#include "../../support/python_text.hpp"
#include "../../support/utf8.hpp"

rill::task<> udp_server(rill::endpoint where) {
    auto sock = rill::udp_socket::bind(where);
    std::array<char, 65'536> buffer;
    for (;;) {
        const auto [size, addr, truncated] = co_await sock.recvfrom(buffer);
        std::cout << example::python_text(addr) << ' ' << example::one_line({buffer.data(), size}) << '\n'
                  << std::flush;
        const auto sent = co_await rill::as_result(sock.sendto("收到", addr));
        if (sent.error()) std::cerr << to_string(addr) << ": " << sent.error().message() << '\n';
    }
}

int main(int argc, char** argv) {
    return example::run_at_address(
        argc, argv, [](const rill::endpoint& where) { rill::run(udp_server(where), rill::stop_on(SIGINT, SIGTERM)); });
}
