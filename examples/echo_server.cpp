// SPDX-License-Identifier: MIT
// A TCP server that sends back whatever it is sent, to up to 10 000 clients at once.
//
//     echo_server [host] [port]      127.0.0.1 13333 unless they are given; port 0 lets the system choose
//     echo_client [host] [port]      in another terminal, or: socat - TCP:127.0.0.1:13333
//
// It prints `listening on 127.0.0.1:13333`. Ctrl-C or SIGTERM end it in good order: it accepts no more, gives the clients
// five seconds to finish, and exits with status 0; a second Ctrl-C ends it at once.
#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <iostream>
#include <rill.hpp>
#include <span>
#include <utility>

#include "support/command_line.hpp"

using namespace std::chrono_literals;

constexpr auto idle_limit = 10min;  // a client that neither sends nor reads for so long loses its place to another

rill::task<> session(rill::tcp_stream client) {
    std::array<std::byte, 16 * 1024> buffer;
    while (const std::size_t size =
               co_await rill::timeout(idle_limit, client.recv(buffer)))  // 0: the client has closed
        co_await rill::timeout(idle_limit, client.send_all(std::span(buffer).first(size)));
}

rill::task<> server(rill::endpoint where) {
    auto listener = rill::tcp_listener::bind(where, rill::option::no_delay{true});  // which its connections inherit
    std::cout << "listening on " << to_string(listener.local_endpoint()) << '\n' << std::flush;
    // What goes wrong in a session ends that session, and is a line on stderr.
    co_await rill::serve(std::move(listener), session, rill::serve_options().max_connections(10'000).drain(5s));
}

int main(int argc, char** argv) {
    return example::run_at_address(
        argc, argv, [](const rill::endpoint& where) { rill::run(server(where), rill::stop_on(SIGINT, SIGTERM)); });
}
