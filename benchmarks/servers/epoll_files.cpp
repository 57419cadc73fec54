// SPDX-License-Identifier: MIT
// Sends one file to whoever connects, with sendfile and bare epoll. Run: server_epoll_files port file.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "support/listening.hpp"

namespace {

struct transfer {
    int socket;
    int file;
    off_t offset;
    off_t size;
};

transfer* begin(int socket, const char* path) {
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    struct stat about{};
    if (file < 0 || ::fstat(file, &about) < 0) server_support::die(path);
    return new transfer{socket, file, 0, about.st_size};
}

/// Sends what fits. False: all is sent, or the connection is broken.
bool go_on(transfer& each) {
    while (each.offset < each.size) {
        const ssize_t count =
            ::sendfile(each.socket, each.file, &each.offset, static_cast<std::size_t>(each.size - each.offset));
        if (count < 0 && errno == EAGAIN) return true;
        if (count <= 0) break;
    }
    return false;
}

}  // namespace

int main(int count, char** arguments) {
    const server_support::arguments wanted(count, arguments);
    if (count < 3) return 2;
    std::signal(SIGPIPE, SIG_IGN);
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
            auto* const each = static_cast<transfer*>(ready[static_cast<std::size_t>(index)].data.ptr);
            if (each == nullptr) {
                for (int client = 0;
                     (client = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
                    event.events = EPOLLOUT | EPOLLET;
                    event.data.ptr = begin(client, arguments[2]);
                    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, client, &event) < 0) server_support::die("epoll_ctl");
                }
            } else if (!go_on(*each)) {
                ::close(each->file);
                ::close(each->socket);
                delete each;
            }
        }
    }
}
