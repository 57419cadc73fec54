// SPDX-License-Identifier: MIT
// A proxy on libuv: what one side sends is written to the other at once; what does not fit is copied, and nothing more is read from
// that side until it is gone. Run: server_uv_proxy port bytes-of-the-buffer port-of-the-target.
#include <uv.h>

#include <vector>

#include "support/uv_listening.hpp"

namespace {

std::uint16_t target = 0;

struct relay;

/// One socket of the two, and what came from it and does not fit into the other.
struct side {
    relay* whole;
    side* other;
    uv_tcp_t stream;
    uv_write_t write;
    uv_shutdown_t shutdown;
    std::vector<char> unsent;
};

struct relay {
    side client;
    side server;
    uv_connect_t connect;
    int ended;  // of the two ways: all that will ever come has gone
    int open;   // of the two sockets
};

uv_stream_t* stream_of(side& each) { return reinterpret_cast<uv_stream_t*>(&each.stream); }

void close(side& each) {
    auto* const handle = reinterpret_cast<uv_handle_t*>(&each.stream);
    if (uv_is_closing(handle)) return;
    uv_close(handle, [](uv_handle_t* closed) {
        relay* const whole = static_cast<side*>(closed->data)->whole;
        if (--whole->open == 0) delete whole;
    });
}

void end(relay& each) {
    close(each.client);
    close(each.server);
}

/// Passes on that nothing more comes, behind what is still to be written.
void pass_end_on(side& from) {
    const auto done = [](uv_shutdown_t* request, int) {
        relay& whole = *static_cast<side*>(request->handle->data)->whole;
        if (++whole.ended == 2) end(whole);
    };
    if (uv_shutdown(&from.shutdown, stream_of(*from.other), done) < 0) end(*from.whole);
}

void received(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer);

void sent(uv_write_t* write, int status) {
    side& from = *static_cast<side*>(write->data);
    if (status < 0) return end(*from.whole);
    uv_read_start(stream_of(from), server_support::lend_shared_buffer, received);
}

void received(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
    side& from = *static_cast<side*>(stream->data);
    if (size == UV_EOF) return pass_end_on(from);
    if (size < 0) return end(*from.whole);
    const ssize_t direct = server_support::write_at_once(stream_of(*from.other), buffer, size);
    if (direct < 0) return end(*from.whole);
    if (direct == size) return;
    from.unsent.assign(buffer->base + direct, buffer->base + size);
    uv_buf_t rest = uv_buf_init(from.unsent.data(), static_cast<unsigned>(from.unsent.size()));
    uv_read_stop(stream);
    from.write.data = &from;
    if (uv_write(&from.write, stream_of(*from.other), &rest, 1, sent) < 0) end(*from.whole);
}

void begin(uv_connect_t* connect, int status) {
    relay& each = *static_cast<relay*>(connect->data);
    if (status < 0) return end(each);
    uv_read_start(stream_of(each.client), server_support::lend_shared_buffer, received);
    uv_read_start(stream_of(each.server), server_support::lend_shared_buffer, received);
}

void connected(uv_stream_t* listener, int status) {
    if (status < 0) return;
    auto* const made = new relay{};
    made->open = 2;
    made->client.other = &made->server;
    made->server.other = &made->client;
    for (side* each : {&made->client, &made->server}) {
        each->whole = made;
        uv_tcp_init(listener->loop, &each->stream);
        each->stream.data = each;
    }
    if (uv_accept(listener, stream_of(made->client)) < 0) return end(*made);
    made->connect.data = made;
    const sockaddr_in where = server_support::uv_loopback(target);
    if (uv_tcp_connect(&made->connect, &made->server.stream, reinterpret_cast<const sockaddr*>(&where), begin) < 0)
        end(*made);
}

}  // namespace

int main(int count, char** arguments) {
    const server_support::arguments wanted(count, arguments);
    server_support::page_buffer buffer(wanted.buffer_bytes);
    server_support::uv_shared_buffer = &buffer;
    target = wanted.target;
    return server_support::run_uv_server(wanted.port, connected);
}
