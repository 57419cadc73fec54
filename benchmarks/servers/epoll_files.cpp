// SPDX-License-Identifier: MIT
// Sends one file to whoever connects, with sendfile and bare epoll. Run: server_epoll_files port file.
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>

#include "support/edge_loop.hpp"

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
    const server_support::edge_loop loop(wanted.port);
    loop.run<transfer>([&](int client) { loop.add(client, EPOLLOUT | EPOLLET, begin(client, arguments[2])); },
                       [](transfer& each, std::uint32_t) {
                           if (go_on(each)) return;
                           ::close(each.file);
                           ::close(each.socket);
                           delete &each;
                       });
}
