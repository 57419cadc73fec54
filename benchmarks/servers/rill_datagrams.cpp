// SPDX-License-Identifier: MIT
// UDP echo, one datagram at a time. Run: server_rill_datagrams [port].
#include <rill.hpp>

#include <array>
#include <csignal>
#include <cstddef>
#include <span>

#include "../support/second_backend.hpp"
#include "support/arguments.hpp"

rill::task<> server(unsigned port) {
    auto socket = rill::udp_socket::bind({"127.0.0.1", port});
    server_support::announce(socket.local_endpoint().port());
    std::array<std::byte, 1024> buffer;
    for (;;) {
        const auto got = co_await socket.recvfrom(buffer);
        co_await socket.sendto(std::span(buffer).first(got.size), got.from);
    }
}

int main(int count, char** arguments) {
    const server_support::arguments wanted(count, arguments);
    rill::io_context context(benchmark_support::make_reactor());
    context.run(server(wanted.port), rill::stop_on(SIGINT, SIGTERM));
}
