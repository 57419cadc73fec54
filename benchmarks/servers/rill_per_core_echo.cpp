// SPDX-License-Identifier: MIT
// The echo server with a loop a core, which share the port. Run: server_rill_per_core_echo [port].
#include <rill.hpp>

#include <array>
#include <csignal>
#include <cstddef>
#include <span>
#include <thread>

#include "support/arguments.hpp"

rill::task<> session(rill::tcp_stream client) {
    std::array<std::byte, 1024> buffer;
    while (std::size_t n = co_await client.recv(buffer)) co_await client.send_all(std::span(buffer).first(n));
}

int main(int count, char** arguments) {
    const server_support::arguments wanted(count, arguments);
    auto first = rill::tcp_listener::bind({"127.0.0.1", wanted.port}, rill::option::reuse_port{true});
    const rill::endpoint where = first.local_endpoint();
    server_support::announce(where.port());
    rill::run_per_core(
        std::thread::hardware_concurrency(),
        [&](std::size_t index) -> rill::task<> {
            auto listener =
                index == 0 ? std::move(first) : rill::tcp_listener::bind(where, rill::option::reuse_port{true});
            co_await rill::serve(listener, session, rill::serve_options().max_connections(20'000));
        },
        rill::stop_on(SIGINT, SIGTERM));
}
