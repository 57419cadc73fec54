// SPDX-License-Identifier: MIT
// The echo server of the figures: as a user would write it. Run: server_rill_echo [port] [bytes of a buffer].
#include <rill.hpp>

#include <array>
#include <csignal>
#include <cstddef>
#include <span>

#include "../support/second_backend.hpp"
#include "support/arguments.hpp"
#include "support/page_buffer.hpp"

rill::task<> session(rill::tcp_stream client) {
    std::array<std::byte, 1024> buffer;
    while (std::size_t n = co_await client.recv(buffer)) co_await client.send_all(std::span(buffer).first(n));
}

rill::task<> server(const server_support::arguments& wanted) {
    auto listener = rill::tcp_listener::bind({"127.0.0.1", wanted.port});
    server_support::announce(listener.local_endpoint().port());
    const auto options = rill::serve_options().max_connections(20'000);
    if (wanted.buffer_bytes == 1024) {
        co_await rill::serve(listener, session, options);
    } else {
        const auto session_of_size = [&](rill::tcp_stream client) -> rill::task<> {
            const server_support::page_buffer buffer(wanted.buffer_bytes);
            while (std::size_t n = co_await client.recv(buffer)) co_await client.send_all(buffer.first(n));
        };
        co_await rill::serve(listener, session_of_size, options);
    }
}

int main(int count, char** arguments) {
    const server_support::arguments wanted(count, arguments);
    rill::io_context context(benchmark_support::make_reactor());
    context.run(server(wanted), rill::stop_on(SIGINT, SIGTERM));
}
