// SPDX-License-Identifier: MIT
#pragma once

// The sockets of those servers that are written on bare system calls.

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "arguments.hpp"

namespace server_support {

[[noreturn]] inline void die(const char* call) {
    std::perror(call);
    std::exit(1);
}

/// The port on loopback.
inline sockaddr_in on_loopback(std::uint16_t port) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return where;
}

/// A socket bound to the port, on loopback; type may have SOCK_NONBLOCK. A stream listens. Tells where.
inline int open_server(int type, std::uint16_t port) {
    const int made = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (made < 0) die("socket");
    const int on = 1;
    if (::setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0) die("SO_REUSEADDR");
    sockaddr_in where = on_loopback(port);
    if (::bind(made, reinterpret_cast<const sockaddr*>(&where), sizeof where) < 0) die("bind");
    if ((type & SOCK_STREAM) != 0 && (type & SOCK_DGRAM) == 0 && ::listen(made, SOMAXCONN) < 0) die("listen");
    socklen_t size = sizeof where;
    if (::getsockname(made, reinterpret_cast<sockaddr*>(&where), &size) < 0) die("getsockname");
    announce(ntohs(where.sin_port));
    return made;
}

}  // namespace server_support
