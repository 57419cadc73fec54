// SPDX-License-Identifier: MIT
// The TCP client of note 000: sends what you type, prints what the server answers; `exit` or the end of the input ends it.
// Run:  note_000_tcp_client [host] [port]     after note_000_tcp_server or note_000_tcp_multi_user_server in another terminal
#include <array>
#include <iostream>
#include <rill.hpp>

#include "../../support/ask.hpp"
#include "../../support/utf8.hpp"

rill::task<> tcp_client(rill::endpoint server) {
    auto socket = co_await rill::tcp_stream::connect(server);
    std::array<char, 1024> buffer;
    rill::console input;
    for (;;) {
        // The server is heard also while you type: it may leave.
        const auto [to_send, heard] = co_await rill::when_any(example::ask(input, ">>> "), socket.readable());
        if (to_send) {
            if (!*to_send || *to_send == "exit") break;
            if ((*to_send)->empty()) continue;  // nothing would be sent, so no answer would come
            co_await socket.send_all(**to_send);
        }
        const std::size_t size = co_await socket.recv(buffer);
        if (size == 0) break;  // the server has closed the connection
        std::cout << example::printable({buffer.data(), size}) << '\n' << std::flush;
    }
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, [](const rill::endpoint& server) { rill::run(tcp_client(server)); });
}
