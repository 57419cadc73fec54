// SPDX-License-Identifier: MIT
// The echo server of the figures: as a user would write it. Run: server_rill_echo [port]; prints its port.
#include <rill.hpp>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "../support/second_backend.hpp"

rill::task<> session(rill::tcp_stream client) {
    std::array<std::byte, 1024> buffer;
    while (std::size_t n = co_await client.recv(buffer)) co_await client.send_all(std::span(buffer).first(n));
}

rill::task<> server(long port) {
    auto listener = rill::tcp_listener::bind({"127.0.0.1", port});
    std::printf("%d\n", listener.local_endpoint().port());
    std::fflush(stdout);
    co_await rill::serve(listener, session, rill::serve_options().max_connections(20'000));
}

int main(int count, char** arguments) {
    rill::io_context context(benchmark_support::make_reactor());
    context.run(server(count > 1 ? std::atol(arguments[1]) : 0), rill::stop_on(SIGINT, SIGTERM));
}
