// SPDX-License-Identifier: MIT
#include "support/native_socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace support::native {

namespace {

int number(const rill::socket& each) { return static_cast<int>(each.native_handle()); }

void must(bool good, const char* what) {
    if (!good) throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

void reset_when_closed(const rill::socket& each) {
    const linger at_once{1, 0};
    must(::setsockopt(number(each), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0, "SO_LINGER");
}

void keep_buffers_small(const rill::socket& each) {
    const int size = 4096;
    must(::setsockopt(number(each), SOL_SOCKET, SO_SNDBUF, &size, sizeof size) == 0, "SO_SNDBUF");
    must(::setsockopt(number(each), SOL_SOCKET, SO_RCVBUF, &size, sizeof size) == 0, "SO_RCVBUF");
}

void send_urgent(const rill::socket& each, char byte) {
    must(::send(number(each), &byte, 1, MSG_OOB) == 1, "send MSG_OOB");
}

std::size_t fill_up(const rill::socket& each) {
    static const char block[16384] = {};
    std::size_t sum = 0;
    for (;;) {
        const ssize_t put = ::send(number(each), block, sizeof block, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (put < 0) return sum;
        sum += static_cast<std::size_t>(put);
    }
}

void send_text(const rill::socket& each, const std::string& text) {
    const ssize_t put = ::send(number(each), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    must(put == static_cast<ssize_t>(text.size()), "send");
}

std::string take_all(const rill::socket& each) {
    std::string all;
    char block[16384];
    for (;;) {
        const ssize_t got = ::recv(number(each), block, sizeof block, MSG_DONTWAIT);
        if (got <= 0) return all;
        all.append(block, static_cast<std::size_t>(got));
    }
}

bool is_open(std::intptr_t handle) { return ::fcntl(static_cast<int>(handle), F_GETFD) >= 0; }
bool is_closed_on_exec(std::intptr_t handle) { return (::fcntl(static_cast<int>(handle), F_GETFD) & FD_CLOEXEC) != 0; }
bool waits(std::intptr_t handle) { return (::fcntl(static_cast<int>(handle), F_GETFL) & O_NONBLOCK) == 0; }
std::pair<int, int> keep_alive_numbers() { return {SOL_SOCKET, SO_KEEPALIVE}; }

std::intptr_t lock_directory(const std::string& path) {
    const int directory = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must(directory >= 0 && ::flock(directory, LOCK_EX) == 0, "flock");
    return directory;
}
void close_handle(std::intptr_t handle) { ::close(static_cast<int>(handle)); }
std::intptr_t duplicate(std::intptr_t handle) {
    const int copy = ::dup(static_cast<int>(handle));
    must(copy >= 0, "dup");
    return copy;
}

bool duplicate_to(std::intptr_t handle, std::intptr_t number_wanted) {
    must(!is_open(number_wanted), "the number is in use");
    must(::dup2(static_cast<int>(handle), static_cast<int>(number_wanted)) >= 0, "dup2");
    return true;
}

std::pair<std::intptr_t, std::intptr_t> foreign_pair() {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    const int client = ::socket(AF_INET, SOCK_STREAM, 0);
    must(listener >= 0 && client >= 0, "socket");
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof where;
    auto* const address = reinterpret_cast<sockaddr*>(&where);
    must(::bind(listener, address, size) == 0 && ::listen(listener, 1) == 0, "listen");
    must(::getsockname(listener, address, &size) == 0 && ::connect(client, address, size) == 0, "connect");
    const int server = ::accept(listener, nullptr, nullptr);
    must(server >= 0, "accept");
    ::close(listener);
    return {server, client};
}

std::intptr_t open_file() {
    const int file = ::open("/bin/sh", O_RDONLY);
    must(file >= 0, "open a file");
    return file;
}

bool tells_late_resets() { return true; }

bool broken_pipes_kill() {
    struct sigaction now{};
    return ::sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL;
}

}  // namespace support::native
