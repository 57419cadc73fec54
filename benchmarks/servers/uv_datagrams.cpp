// SPDX-License-Identifier: MIT
// UDP echo on libuv. Run: server_uv_datagrams [port] [bytes of the buffer].
#include <netinet/in.h>
#include <uv.h>

#include <cstddef>

#include "support/arguments.hpp"
#include "support/page_buffer.hpp"

namespace {

server_support::page_buffer* shared = nullptr;

void lend(uv_handle_t*, std::size_t, uv_buf_t* buffer) {
    *buffer = uv_buf_init(reinterpret_cast<char*>(shared->data()), static_cast<unsigned>(shared->size()));
}

void received(uv_udp_t* socket, ssize_t size, const uv_buf_t* buffer, const sockaddr* peer, unsigned) {
    if (size < 0 || peer == nullptr) return;
    const uv_buf_t whole = uv_buf_init(buffer->base, static_cast<unsigned>(size));
    uv_udp_try_send(socket, &whole, 1, peer);
}

}  // namespace

int main(int count, char** arguments) {
    const server_support::arguments wanted(count, arguments);
    server_support::page_buffer buffer(wanted.buffer_bytes);
    shared = &buffer;
    uv_loop_t* const loop = uv_default_loop();
    uv_udp_t socket;
    uv_udp_init(loop, &socket);
    sockaddr_in where{};
    uv_ip4_addr("127.0.0.1", wanted.port, &where);
    uv_udp_bind(&socket, reinterpret_cast<const sockaddr*>(&where), 0);
    int size = sizeof where;
    uv_udp_getsockname(&socket, reinterpret_cast<sockaddr*>(&where), &size);
    server_support::announce(ntohs(where.sin_port));
    uv_udp_recv_start(&socket, lend, received);
    return uv_run(loop, UV_RUN_DEFAULT);
}
