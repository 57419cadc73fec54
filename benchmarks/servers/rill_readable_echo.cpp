// SPDX-License-Identifier: MIT
// The echo server that waits for a client to be readable, and has a buffer only while it answers: it stands in a coroutine
// of its own, whose frame is recycled. Run: server_rill_readable_echo [port] [bytes of a buffer].
#include <rill.hpp>

#include <array>
#include <csignal>
#include <cstddef>
#include <span>

#include "../support/second_backend.hpp"
#include "support/arguments.hpp"
#include "support/page_buffer.hpp"

rill::task<bool> echo_once(rill::tcp_stream& client) {
    std::array<std::byte, 1024> buffer;
    const std::size_t n = co_await client.recv(buffer);
    if (n != 0) co_await client.send_all(std::span(buffer).first(n));
    co_return n != 0;
}

rill::task<> session(rill::tcp_stream client) {
    bool goes_on = true;
    while (goes_on) {
        co_await client.readable();
        goes_on = co_await echo_once(client);
    }
}

rill::task<bool> echo_once_from(rill::tcp_stream& client, std::size_t buffer_bytes) {
    const server_support::page_buffer buffer(buffer_bytes);
    const std::size_t n = co_await client.recv(buffer);
    if (n != 0) co_await client.send_all(buffer.first(n));
    co_return n != 0;
}

rill::task<> server(const server_support::arguments& wanted) {
    auto listener = rill::tcp_listener::bind({"127.0.0.1", wanted.port});
    server_support::announce(listener.local_endpoint().port());
    const auto options = rill::serve_options().max_connections(20'000);
    if (wanted.buffer_bytes == 1024) {
        co_await rill::serve(listener, session, options);
    } else {
        const auto session_of_size = [&](rill::tcp_stream client) -> rill::task<> {
            bool goes_on = true;
            while (goes_on) {
                co_await client.readable();
                goes_on = co_await echo_once_from(client, wanted.buffer_bytes);
            }
        };
        co_await rill::serve(listener, session_of_size, options);
    }
}

int main(int count, char** arguments) {
    const server_support::arguments wanted(count, arguments);
    rill::io_context context(benchmark_support::make_reactor());
    context.run(server(wanted), rill::stop_on(SIGINT, SIGTERM));
}
