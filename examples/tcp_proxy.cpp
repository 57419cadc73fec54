// SPDX-License-Identifier: MIT
// A TCP proxy: whoever connects to it talks to somebody else, who may have several addresses.
//
//     tcp_proxy host port [own port]     listens at 127.0.0.1 and 13334, unless another port is given; 0: the system chooses
//     echo_server                        in another terminal; then: tcp_proxy localhost 13333
//     echo_client 127.0.0.1 13334        in a third one: it talks to echo_server
//
// It keeps 64 KiB a direction and no more: when a reader is slow, its writer waits. Each direction ends by itself, as the
// two ends see it. Ctrl-C or SIGTERM end it at once.
#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <iostream>
#include <rill.hpp>
#include <span>
#include <string>
#include <utility>

#include "support/command_line.hpp"

using namespace std::chrono_literals;

rill::task<> pump(rill::tcp_stream& from, rill::tcp_stream& to) {
    std::array<std::byte, 64 * 1024> buffer;
    while (const std::size_t size = co_await from.recv(buffer)) co_await to.send_all(std::span(buffer).first(size));
    to.shutdown_send();
}

rill::task<> session(rill::tcp_stream client, const std::string& host, long long port) {
    auto server = co_await rill::timeout(10s, rill::connect(host, port, rill::option::no_delay{true}));
    co_await rill::when_all(pump(client, server), pump(server, client));  // an error of one ends both
}

rill::task<> proxy(const std::string& host, long long port, long long own_port) {
    auto listener = rill::tcp_listener::bind({"127.0.0.1", own_port}, rill::option::no_delay{true});
    std::cout << "listening on " << to_string(listener.local_endpoint()) << '\n' << std::flush;
    const auto handler = [&](rill::tcp_stream client) { return session(std::move(client), host, port); };
    co_await rill::serve(std::move(listener), handler, rill::serve_options().max_connections(1000));
}

int main(int argc, char** argv) {
    if (argc < 3 || argc > 4) {
        std::fprintf(stderr, "usage: %s host port [own port]\n", example::program_name(argc, argv));
        return 2;
    }
    try {
        const long long port = example::port_from(argv[2]), own_port = argc > 3 ? example::port_from(argv[3]) : 13'334;
        rill::run(proxy(argv[1], port, own_port), rill::stop_on(SIGINT, SIGTERM));
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", example::program_name(argc, argv), error.what());
        return 1;
    }
}
