// SPDX-License-Identifier: MIT
// Sends one file to whoever connects, on libuv: uv_fs_sendfile in a thread of its pool, of which there are four, on a socket that may
// block, since libuv waits for room only where it writes itself. Run: server_uv_files port file.
#include <uv.h>

#include <csignal>
#include <cstddef>

#include "support/uv_listening.hpp"

namespace {

const char* path = nullptr;

struct transfer {
    uv_tcp_t stream;
    uv_fs_t request;
    uv_file file;
    std::int64_t sent;
};

void closed(uv_handle_t* handle) { delete reinterpret_cast<transfer*>(handle); }

void end(transfer& each) {
    uv_fs_t request;
    if (each.file >= 0) uv_fs_close(each.stream.loop, &request, each.file, nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&each.stream), closed);
}

void go_on(transfer& each);

void sent(uv_fs_t* request) {
    transfer& each = *static_cast<transfer*>(request->data);
    const ssize_t count = request->result;
    uv_fs_req_cleanup(request);
    if (count <= 0) return end(each);  // all is sent, or the connection is broken
    each.sent += count;
    go_on(each);
}

void go_on(transfer& each) {
    constexpr std::size_t piece = 1 << 30;
    uv_os_fd_t socket = -1;
    uv_fileno(reinterpret_cast<const uv_handle_t*>(&each.stream), &socket);
    if (uv_fs_sendfile(each.stream.loop, &each.request, socket, each.file, each.sent, piece, sent) < 0) end(each);
}

void connected(uv_stream_t* listener, int status) {
    if (status < 0) return;
    auto* const each = new transfer{};
    uv_tcp_init(listener->loop, &each->stream);
    each->request.data = each;
    uv_fs_t request;
    each->file = uv_fs_open(listener->loop, &request, path, UV_FS_O_RDONLY, 0, nullptr);
    uv_fs_req_cleanup(&request);
    auto* const stream = reinterpret_cast<uv_stream_t*>(&each->stream);
    if (each->file < 0 || uv_accept(listener, stream) < 0 || uv_stream_set_blocking(stream, 1) < 0) return end(*each);
    go_on(*each);
}

}  // namespace

int main(int count, char** arguments) {
    const server_support::arguments wanted(count, arguments);
    if (count < 3) return 2;
    std::signal(SIGPIPE, SIG_IGN);
    path = arguments[2];
    return server_support::run_uv_server(wanted.port, connected);
}
