// SPDX-License-Identifier: MIT
// The echo server on libuv: one buffer for all, since a read is answered at once; what does not fit at once is copied, and
// nothing more is read meanwhile. Run: server_uv_echo [port] [bytes of a buffer].
#include <netinet/in.h>
#include <uv.h>

#include <cstddef>
#include <vector>

#include "support/arguments.hpp"
#include "support/page_buffer.hpp"

namespace {

server_support::page_buffer* shared = nullptr;

struct connection {
    uv_tcp_t stream;
    uv_write_t write;
    std::vector<char> unsent;
};

uv_stream_t* stream_of(connection& each) { return reinterpret_cast<uv_stream_t*>(&each.stream); }
void end(connection& each) {
    auto* const handle = reinterpret_cast<uv_handle_t*>(&each.stream);
    if (!uv_is_closing(handle))
        uv_close(handle, [](uv_handle_t* closed) { delete static_cast<connection*>(closed->data); });
}

void lend(uv_handle_t*, std::size_t, uv_buf_t* buffer) {
    *buffer = uv_buf_init(reinterpret_cast<char*>(shared->data()), static_cast<unsigned>(shared->size()));
}

void received(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer);

void sent(uv_write_t* write, int status) {
    connection& each = *static_cast<connection*>(write->handle->data);
    if (status < 0) return end(each);
    uv_read_start(write->handle, lend, received);
}

void received(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
    connection& each = *static_cast<connection*>(stream->data);
    if (size < 0) return end(each);
    uv_buf_t whole = uv_buf_init(buffer->base, static_cast<unsigned>(size));
    const int direct = uv_try_write(stream, &whole, 1);
    if (direct < 0 && direct != UV_EAGAIN) return end(each);
    if (direct == size) return;
    each.unsent.assign(buffer->base + (direct < 0 ? 0 : direct), buffer->base + size);
    uv_buf_t rest = uv_buf_init(each.unsent.data(), static_cast<unsigned>(each.unsent.size()));
    uv_read_stop(stream);
    if (uv_write(&each.write, stream, &rest, 1, sent) < 0) end(each);
}

void connected(uv_stream_t* listener, int status) {
    if (status < 0) return;
    auto* const each = new connection();
    uv_tcp_init(listener->loop, &each->stream);
    each->stream.data = each;
    if (uv_accept(listener, stream_of(*each)) < 0) return end(*each);
    uv_read_start(stream_of(*each), lend, received);
}

}  // namespace

int main(int count, char** arguments) {
    const server_support::arguments wanted(count, arguments);
    server_support::page_buffer buffer(wanted.buffer_bytes);
    shared = &buffer;
    uv_loop_t* const loop = uv_default_loop();
    uv_tcp_t listener;
    uv_tcp_init(loop, &listener);
    sockaddr_in where{};
    uv_ip4_addr("127.0.0.1", wanted.port, &where);
    uv_tcp_bind(&listener, reinterpret_cast<const sockaddr*>(&where), 0);
    if (uv_listen(reinterpret_cast<uv_stream_t*>(&listener), 4096, connected) < 0) return 1;
    int size = sizeof where;
    uv_tcp_getsockname(&listener, reinterpret_cast<sockaddr*>(&where), &size);
    server_support::announce(ntohs(where.sin_port));
    return uv_run(loop, UV_RUN_DEFAULT);
}
