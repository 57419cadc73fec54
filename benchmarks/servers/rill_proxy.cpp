// SPDX-License-Identifier: MIT
// A proxy, as a user would write it: two pumps side by side, with a buffer each, and an error of one ends both. Run: server_rill_proxy
// port bytes-of-a-buffer port-of-the-target.
#include <rill.hpp>

#include <csignal>
#include <cstddef>
#include <utility>

#include "../support/second_backend.hpp"
#include "support/arguments.hpp"
#include "support/page_buffer.hpp"

rill::task<> pump(rill::tcp_stream& from, rill::tcp_stream& to, std::size_t buffer_bytes) {
    const server_support::page_buffer buffer(buffer_bytes);
    while (const std::size_t size = co_await from.recv(buffer)) co_await to.send_all(buffer.first(size));
    to.shutdown_send();
}

rill::task<> session(rill::tcp_stream client, const server_support::arguments& wanted) {
    auto target = co_await rill::tcp_stream::connect({"127.0.0.1", wanted.target});
    co_await rill::when_all(pump(client, target, wanted.buffer_bytes), pump(target, client, wanted.buffer_bytes));
}

rill::task<> server(const server_support::arguments& wanted) {
    auto listener = rill::tcp_listener::bind({"127.0.0.1", wanted.port});
    server_support::announce(listener.local_endpoint().port());
    const auto handler = [&](rill::tcp_stream client) { return session(std::move(client), wanted); };
    co_await rill::serve(listener, handler, rill::serve_options().max_connections(1000));
}

int main(int count, char** arguments) {
    const server_support::arguments wanted(count, arguments);
    rill::io_context context(benchmark_support::make_reactor());
    context.run(server(wanted), rill::stop_on(SIGINT, SIGTERM));
}
