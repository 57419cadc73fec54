// SPDX-License-Identifier: MIT
#pragma once

// What the servers on libuv share: where they listen, the one buffer that a read is answered from at once, and the client of a stream.

#include <netinet/in.h>
#include <uv.h>

#include <cstddef>

#include "arguments.hpp"
#include "page_buffer.hpp"

namespace server_support {

inline sockaddr_in uv_loopback(std::uint16_t port) {
    sockaddr_in where{};
    uv_ip4_addr("127.0.0.1", port, &where);
    return where;
}

/// Runs a server for ever: `connected` is called for each client, as libuv has it. The result of main.
inline int run_uv_server(std::uint16_t port, uv_connection_cb connected) {
    uv_loop_t* const loop = uv_default_loop();
    uv_tcp_t listener;
    uv_tcp_init(loop, &listener);
    sockaddr_in where = uv_loopback(port);
    uv_tcp_bind(&listener, reinterpret_cast<const sockaddr*>(&where), 0);
    if (uv_listen(reinterpret_cast<uv_stream_t*>(&listener), 4096, connected) < 0) return 1;
    int size = sizeof where;
    uv_tcp_getsockname(&listener, reinterpret_cast<sockaddr*>(&where), &size);
    announce(ntohs(where.sin_port));
    return uv_run(loop, UV_RUN_DEFAULT);
}

/// The one buffer, which must be set before the first client.
inline page_buffer* uv_shared_buffer = nullptr;

inline void lend_shared_buffer(uv_handle_t*, std::size_t, uv_buf_t* buffer) {
    *buffer =
        uv_buf_init(reinterpret_cast<char*>(uv_shared_buffer->data()), static_cast<unsigned>(uv_shared_buffer->size()));
}

/// How much of it could be written at once, 0 if nothing; negative: the connection is broken.
inline ssize_t write_at_once(uv_stream_t* to, const uv_buf_t* buffer, ssize_t size) {
    uv_buf_t whole = uv_buf_init(buffer->base, static_cast<unsigned>(size));
    const int direct = uv_try_write(to, &whole, 1);
    return direct == UV_EAGAIN ? 0 : direct;
}

}  // namespace server_support
