// SPDX-License-Identifier: MIT
// The echo server of the notes: blocking sockets, and a thread a client. Run: server_thread_echo [port] [bytes of a buffer].
#include <unistd.h>

#include <thread>

#include "support/listening.hpp"
#include "support/page_buffer.hpp"

namespace {

bool send_all(int socket, const std::byte* bytes, std::size_t size) {
    while (size != 0) {
        const ssize_t count = ::send(socket, bytes, size, MSG_NOSIGNAL);
        if (count < 0) return false;
        bytes += count;
        size -= static_cast<std::size_t>(count);
    }
    return true;
}

void session(int client, std::size_t buffer_bytes) {
    const server_support::page_buffer buffer(buffer_bytes);
    for (;;) {
        const ssize_t got = ::recv(client, buffer.data(), buffer.size(), 0);
        if (got <= 0 || !send_all(client, buffer.data(), static_cast<std::size_t>(got))) break;
    }
    ::close(client);
}

}  // namespace

int main(int count, char** arguments) {
    const server_support::arguments wanted(count, arguments);
    const int listener = server_support::open_server(SOCK_STREAM, wanted.port);
    for (;;) {
        const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (client >= 0) std::thread(session, client, wanted.buffer_bytes).detach();
    }
}
