// SPDX-License-Identifier: MIT
// SO_REUSEADDR in note 001: a server that has closed its connections itself, and wants its address again at once.
// Run:  note_001_reuse_address [host] [port]
#include <iostream>
#include <rill.hpp>

#include "../../support/command_line.hpp"

/// A server that serves one client, and is the first to close: so its address stays in use for a while.
rill::task<> serve_once(rill::endpoint where) {
    auto server_socket = rill::tcp_listener::bind(where);
    auto [accepted, client] =
        co_await rill::when_all(server_socket.accept(), rill::tcp_stream::connect(server_socket.local_endpoint()));
    accepted.close();
    std::array<char, 1> nothing;
    co_await client.recv(nothing);
}

void bind_again(rill::endpoint where, bool reuse) try {
    const auto server_socket =
        rill::tcp_listener::bind(where, rill::option::reuse_address{reuse});  // before it is bound
    std::cout << "SO_REUSEADDR " << reuse << ": " << to_string(server_socket.local_endpoint()) << '\n';
} catch (const std::exception& error) {
    std::cout << "SO_REUSEADDR " << reuse << ": " << error.what() << '\n';
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"127.0.0.1", 7788}, [](const rill::endpoint& where) {
        rill::run(serve_once(where));
        bind_again(where, false);
        bind_again(where, true);
    });
}
