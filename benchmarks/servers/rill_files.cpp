// SPDX-License-Identifier: MIT
// Sends one file to whoever connects. Run: server_rill_files port file.
#include <rill.hpp>

#include <csignal>
#include <string>

#include "../support/second_backend.hpp"
#include "support/arguments.hpp"

rill::task<> server(unsigned port, std::string path) {
    auto listener = rill::tcp_listener::bind({"127.0.0.1", port});
    server_support::announce(listener.local_endpoint().port());
    const auto session = [&](rill::tcp_stream client) -> rill::task<> { co_await rill::send_file(client, path); };
    co_await rill::serve(listener, session);
}

int main(int count, char** arguments) {
    const server_support::arguments wanted(count, arguments);
    if (count < 3) return 2;
    rill::io_context context(benchmark_support::make_reactor());
    context.run(server(wanted.port, arguments[2]), rill::stop_on(SIGINT, SIGTERM));
}
