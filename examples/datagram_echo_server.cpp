// SPDX-License-Identifier: MIT
// A UDP server that sends each datagram back to where it came from, also what is sent to a multicast group.
//
//     datagram_echo_server [host] [port] [group]                127.0.0.1 13333 unless they are given, and no group
//     socat - UDP:127.0.0.1:13333                               in another terminal, then type
//
//     datagram_echo_server 0.0.0.0 13333 239.1.2.3              hears the group as well; on another machine of the network:
//     socat - UDP-DATAGRAM:239.1.2.3:13333                      then type
//
// An answer is never longer than what asked for it. Ctrl-C or SIGTERM end it.
#include <array>
#include <csignal>
#include <cstddef>
#include <iostream>
#include <optional>
#include <rill.hpp>
#include <span>

#include "support/command_line.hpp"

rill::task<> server(rill::endpoint where, std::optional<rill::ip_address> group) {
    auto socket = rill::udp_socket::bind(where);
    if (group) socket.join_group(*group);
    std::cout << "listening on " << to_string(socket.local_endpoint()) << '\n' << std::flush;
    std::array<std::byte, 65'536> buffer;  // more than a datagram can have
    for (;;) {
        const auto got = co_await rill::as_result(socket.recvfrom(buffer));
        // Of an answer that nobody took, the network may tell: that is no reason to end.
        if (got.error() == std::errc::connection_refused || got.error() == std::errc::connection_reset) continue;
        const auto sent =
            co_await rill::as_result(socket.sendto(std::span(buffer).first(got.value().size), got.value().from));
        if (sent.error()) std::cerr << to_string(got.value().from) << ": " << sent.error().message() << '\n';
    }
}

int main(int argc, char** argv) {
    const bool has_group = argc == 4;
    return example::run_at_address(has_group ? 3 : argc, argv, [&](const rill::endpoint& where) {
        std::optional<rill::ip_address> group;
        if (has_group) group.emplace(argv[3]);
        rill::run(server(where, group), rill::stop_on(SIGINT, SIGTERM));
    });
}
