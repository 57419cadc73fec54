// SPDX-License-Identifier: MIT
// Sends the lines of its standard input to an echo server, and prints what comes back.
//
//     echo_server                    in another terminal
//     echo_client [host] [port]      then type; or: seq 1000 | echo_client
//
// It prints each line again. The end of the input (Ctrl-D) ends it with status 0, Ctrl-C as it ends any program.
#include <chrono>
#include <iostream>
#include <rill.hpp>
#include <stdexcept>
#include <string>

#include "support/command_line.hpp"

using namespace std::chrono_literals;

rill::task<> client(rill::endpoint server) {
    auto stream = co_await rill::timeout(10s, rill::tcp_stream::connect(server, rill::option::no_delay{true}));
    std::string line, answer;
    while (std::getline(std::cin, line)) {  // blocks the thread, on which nothing else has to run meanwhile
        line += '\n';
        answer.resize(line.size());
        // Both at once: of a very long line the server sends the begin back before it reads the end.
        co_await rill::timeout(30s, rill::when_all(stream.send_all(line), stream.recv_exactly(answer)));
        std::cout << answer << std::flush;
    }
    stream.shutdown_send();
    answer.resize(1);
    if (co_await rill::timeout(30s, stream.recv(answer)) != 0)
        throw std::runtime_error("the server sent more than it was sent");
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, [](const rill::endpoint& server) { rill::run(client(server)); });
}
