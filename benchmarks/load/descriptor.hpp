// SPDX-License-Identifier: MIT
#pragma once

// A descriptor that is closed with its owner, and the client sockets of the load: not blocking, without delay, and each
// from a source address of a large range, so that the ports of those that were closed a while ago are not missed.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "failure.hpp"
#include "options.hpp"

namespace load {

class descriptor {
  public:
    descriptor() noexcept = default;
    explicit descriptor(int open) noexcept : number_(open) {}
    descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    descriptor& operator=(descriptor&& other) noexcept {
        if (this != &other) {
            close();
            number_ = std::exchange(other.number_, -1);
        }
        return *this;
    }
    ~descriptor() { close(); }

    [[nodiscard]] int number() const noexcept { return number_; }
    void close() noexcept {
        if (number_ >= 0) ::close(std::exchange(number_, -1));
    }

  private:
    int number_ = -1;
};

inline sockaddr_in address_of(const options& wanted) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(wanted.port);
    if (::inet_pton(AF_INET, wanted.host.c_str(), &address.sin_addr) != 1)
        throw std::invalid_argument("no IPv4 address: " + wanted.host);
    return address;
}

/// Another loopback address for every 256 sockets of this process, and others than an earlier process took.
inline sockaddr_in next_source() {
    static std::uint32_t made = 0;
    sockaddr_in source{};
    source.sin_family = AF_INET;
    const std::uint32_t own = (static_cast<std::uint32_t>(::getpid()) * 64 + made++ / 256) & 0x3fffff;
    source.sin_addr.s_addr = htonl(0x7f400000U + own);
    return source;
}

/// A connection, made or just being made: it is writable when it is there. What the kernel keeps for it is the kernel's choice, unless
/// there is to be room for so many bytes.
inline descriptor connect_to(const sockaddr_in& server, int room = 0) {
    descriptor made(checked(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket"));
    const int on = 1;
    checked(::setsockopt(made.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
    checked(::setsockopt(made.number(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on),
            "IP_BIND_ADDRESS_NO_PORT");
    if (room != 0) checked(::setsockopt(made.number(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room), "SO_RCVBUF");
    const sockaddr_in source = next_source();
    checked(::bind(made.number(), reinterpret_cast<const sockaddr*>(&source), sizeof source), "bind");
    if (::connect(made.number(), reinterpret_cast<const sockaddr*>(&server), sizeof server) < 0 && errno != EINPROGRESS)
        throw_system_error("connect");
    return made;
}

}  // namespace load
