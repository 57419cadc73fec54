// SPDX-License-Identifier: MIT
// The UDP client of note 004: sends one line, prints the answer; a server that does not answer for ten seconds is an error.
// Run:  note_004_udp_client [host] [port]     after note_004_udp_server in another terminal
#include <array>
#include <chrono>
#include <iostream>
#include <rill.hpp>

#include "../../support/ask.hpp"
#include "../../support/utf8.hpp"

using namespace std::chrono_literals;

rill::task<> udp_client(rill::endpoint server) {
    auto sock = rill::udp_socket::open(server);
    sock.connect(server);  // so that nobody else's datagram is taken for the answer
    rill::console input;
    const auto text = co_await example::ask(input, "请输入要发送的数据:");
    if (!text) co_return;
    co_await sock.send(*text);
    std::array<char, 65'536> buffer;
    const std::size_t size = co_await rill::timeout(10s, sock.recv(buffer));  // either datagram may get lost
    std::cout << example::one_line({buffer.data(), size}) << '\n' << std::flush;
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, [](const rill::endpoint& server) { rill::run(udp_client(server)); });
}
