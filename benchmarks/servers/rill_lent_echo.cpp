// SPDX-License-Identifier: MIT
// The echo server whose idle clients hold no buffer: the loop lends one when there are bytes. Run: server_rill_lent_echo [port].
#include <rill.hpp>

#include <csignal>

#include "../support/second_backend.hpp"
#include "support/arguments.hpp"

rill::task<> session(rill::tcp_stream client) {
    for (;;) {
        rill::lent_buffer bytes = co_await client.recv_lent();
        if (bytes.empty()) co_return;
        co_await client.send_all(bytes);
    }
}

rill::task<> server(unsigned port) {
    auto listener = rill::tcp_listener::bind({"127.0.0.1", port});
    server_support::announce(listener.local_endpoint().port());
    co_await rill::serve(listener, session, rill::serve_options().max_connections(20'000));
}

int main(int count, char** arguments) {
    const server_support::arguments wanted(count, arguments);
    rill::io_context context(benchmark_support::make_reactor());
    context.run(server(wanted.port), rill::stop_on(SIGINT, SIGTERM));
}
