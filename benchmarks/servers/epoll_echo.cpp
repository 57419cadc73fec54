// SPDX-License-Identifier: MIT
// The echo server on bare epoll: what readiness can reach, with nothing between it and the system. One thread, one buffer
// for all, edge-triggered: a read that leaves room has emptied the socket. Run: server_epoll_echo [port] [bytes of a buffer].
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <vector>

#include "support/listening.hpp"
#include "support/page_buffer.hpp"

namespace {

struct connection {
    int socket;
    std::vector<std::byte> unsent;  // what did not fit; nothing is received meanwhile
    bool hung_up = false;  // a read that leaves room does not mean that nothing is left: the end is still to come
};

/// Sends as much as fits. How much that was; -1: the connection is broken.
ssize_t send_some(int socket, const std::byte* bytes, std::size_t size) {
    std::size_t sent = 0;
    while (sent < size) {
        const ssize_t count = ::send(socket, bytes + sent, size - sent, MSG_NOSIGNAL);
        if (count < 0 && errno != EINTR) return errno == EAGAIN ? static_cast<ssize_t>(sent) : -1;
        if (count > 0) sent += static_cast<std::size_t>(count);
    }
    return static_cast<ssize_t>(sent);
}

/// Sends what was left over. False: it is broken, or still more than fits; then `unsent` is not empty.
bool send_rest(connection& each) {
    const ssize_t sent = send_some(each.socket, each.unsent.data(), each.unsent.size());
    if (sent < 0) return false;
    each.unsent.erase(each.unsent.begin(), each.unsent.begin() + sent);
    return each.unsent.empty();
}

/// Echoes until the socket is empty or full. False: it has come to its end.
bool serve(connection& each, const server_support::page_buffer& buffer) {
    if (!each.unsent.empty() && !send_rest(each)) return !each.unsent.empty() && errno == EAGAIN;
    for (;;) {
        const ssize_t got = ::recv(each.socket, buffer.data(), buffer.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return got < 0 && errno == EAGAIN;
        const auto size = static_cast<std::size_t>(got);
        const ssize_t sent = send_some(each.socket, buffer.data(), size);
        if (sent < 0) return false;
        if (sent < got) {
            each.unsent.assign(buffer.data() + sent, buffer.data() + got);
            return true;
        }
        if (size < buffer.size() && !each.hung_up) return true;
    }
}

}  // namespace

int main(int count, char** arguments) {
    const server_support::arguments wanted(count, arguments);
    const server_support::page_buffer buffer(wanted.buffer_bytes);
    const int listener = server_support::open_server(SOCK_STREAM | SOCK_NONBLOCK, wanted.port);
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = nullptr;
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0) server_support::die("epoll_ctl");
    std::array<epoll_event, 256> ready{};
    for (;;) {
        const int many = ::epoll_wait(epoll, ready.data(), static_cast<int>(ready.size()), -1);
        for (int index = 0; index < many; ++index) {
            const epoll_event& now = ready[static_cast<std::size_t>(index)];
            auto* const each = static_cast<connection*>(now.data.ptr);
            if (each == nullptr) {
                for (int client = 0;
                     (client = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
                    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
                    event.data.ptr = new connection{client, {}};
                    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, client, &event) < 0) server_support::die("epoll_ctl");
                }
                continue;
            }
            if ((now.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) each->hung_up = true;
            if (serve(*each, buffer)) continue;
            ::close(each->socket);
            delete each;
        }
    }
}
