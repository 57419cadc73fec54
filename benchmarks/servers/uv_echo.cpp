// SPDX-License-Identifier: MIT
// The echo server on libuv: one buffer for all, since a read is answered at once; what does not fit at once is copied, and
// nothing more is read meanwhile. Run: server_uv_echo [port] [bytes of a buffer].
#include <uv.h>

#include <vector>

#include "support/uv_listening.hpp"

namespace {

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

void received(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer);

void sent(uv_write_t* write, int status) {
    connection& each = *static_cast<connection*>(write->handle->data);
    if (status < 0) return end(each);
    uv_read_start(write->handle, server_support::lend_shared_buffer, received);
}

void received(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
    connection& each = *static_cast<connection*>(stream->data);
    if (size < 0) return end(each);
    const ssize_t direct = server_support::write_at_once(stream, buffer, size);
    if (direct < 0) return end(each);
    if (direct == size) return;
    each.unsent.assign(buffer->base + direct, buffer->base + size);
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
    uv_read_start(stream_of(*each), server_support::lend_shared_buffer, received);
}

}  // namespace

int main(int count, char** arguments) {
    const server_support::arguments wanted(count, arguments);
    server_support::page_buffer buffer(wanted.buffer_bytes);
    server_support::uv_shared_buffer = &buffer;
    return server_support::run_uv_server(wanted.port, connected);
}
