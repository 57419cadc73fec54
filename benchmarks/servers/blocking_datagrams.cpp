// SPDX-License-Identifier: MIT
// UDP echo as the notes write it: recvfrom waits, sendto answers. Run: server_blocking_datagrams [port] [bytes of the buffer].
#include "support/listening.hpp"
#include "support/page_buffer.hpp"

int main(int count, char** arguments) {
    const server_support::arguments wanted(count, arguments);
    const server_support::page_buffer buffer(wanted.buffer_bytes);
    const int socket = server_support::open_server(SOCK_DGRAM, wanted.port);
    for (;;) {
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        auto* const whom = reinterpret_cast<sockaddr*>(&peer);
        const ssize_t got = ::recvfrom(socket, buffer.data(), buffer.size(), 0, whom, &size);
        if (got >= 0) ::sendto(socket, buffer.data(), static_cast<std::size_t>(got), 0, whom, size);
    }
}
