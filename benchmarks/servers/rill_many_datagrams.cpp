// SPDX-License-Identifier: MIT
// UDP echo, as many datagrams at a time as there are. Run: server_rill_many_datagrams [port].
#include <rill.hpp>

#include <array>
#include <csignal>
#include <cstddef>
#include <span>

#include "../support/second_backend.hpp"
#include "support/arguments.hpp"

rill::task<> server(unsigned port) {
    constexpr std::size_t most = 32;
    auto socket = rill::udp_socket::bind({"127.0.0.1", port});
    server_support::announce(socket.local_endpoint().port());
    std::array<std::array<std::byte, 1024>, most> buffers;
    std::array<rill::incoming_datagram, most> incoming;
    std::array<rill::outgoing_datagram, most> outgoing;
    for (std::size_t each = 0; each < most; ++each) incoming[each] = rill::incoming_datagram(buffers[each]);
    for (;;) {
        const std::size_t count = co_await socket.recvfrom_many(incoming);
        for (std::size_t each = 0; each < count; ++each)
            outgoing[each] =
                rill::outgoing_datagram(std::span(buffers[each]).first(incoming[each].size()), incoming[each].from());
        for (std::size_t sent = 0; sent < count;)
            sent += co_await socket.sendto_many(std::span(outgoing).subspan(sent, count - sent));
    }
}

int main(int count, char** arguments) {
    const server_support::arguments wanted(count, arguments);
    rill::io_context context(benchmark_support::make_reactor());
    context.run(server(wanted.port), rill::stop_on(SIGINT, SIGTERM));
}
