// SPDX-License-Identifier: MIT
// The echo server on a pool of four threads that wait at one epoll: who gets a client is alone with it until the answer is
// sent (EPOLLONESHOT). Run: server_thread_pool_echo [port] [bytes of a buffer].
#include <sys/epoll.h>
#include <unistd.h>

#include <poll.h>
#include <cerrno>
#include <thread>

#include "support/listening.hpp"
#include "support/page_buffer.hpp"

namespace {

/// Sends all; where it does not fit, the thread waits.
bool send_all(int socket, const std::byte* bytes, std::size_t size) {
    while (size != 0) {
        const ssize_t count = ::send(socket, bytes, size, MSG_NOSIGNAL);
        if (count < 0 && errno == EAGAIN) {
            pollfd room{socket, POLLOUT, 0};
            ::poll(&room, 1, -1);
            continue;
        }
        if (count < 0) return false;
        bytes += count;
        size -= static_cast<std::size_t>(count);
    }
    return true;
}

void watch(int epoll, int how, int socket) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLONESHOT;
    event.data.fd = socket;
    if (::epoll_ctl(epoll, how, socket, &event) < 0) server_support::die("epoll_ctl");
}

void work(int epoll, int listener, std::size_t buffer_bytes) {
    const server_support::page_buffer buffer(buffer_bytes);
    for (;;) {
        epoll_event event{};
        if (::epoll_wait(epoll, &event, 1, -1) <= 0) continue;
        const int socket = event.data.fd;
        if (socket == listener) {
            const int client = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (client >= 0) watch(epoll, EPOLL_CTL_ADD, client);
        } else {
            const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), 0);
            const bool goes_on =
                got > 0 ? send_all(socket, buffer.data(), static_cast<std::size_t>(got)) : got < 0 && errno == EAGAIN;
            if (!goes_on) {
                ::close(socket);
                continue;
            }
        }
        watch(epoll, EPOLL_CTL_MOD, socket);
    }
}

}  // namespace

int main(int count, char** arguments) {
    const server_support::arguments wanted(count, arguments);
    const int listener = server_support::open_server(SOCK_STREAM | SOCK_NONBLOCK, wanted.port);
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, EPOLL_CTL_ADD, listener);
    for (int each = 0; each < 3; ++each) std::thread(work, epoll, listener, wanted.buffer_bytes).detach();
    work(epoll, listener, wanted.buffer_bytes);
}
