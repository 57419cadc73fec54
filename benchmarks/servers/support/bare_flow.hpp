// SPDX-License-Identifier: MIT
#pragma once

// Bytes that go from one socket to another, or back to the same one, by bare system calls and through one buffer for all: only what
// does not fit is kept, and nothing more is received until it is gone. A read that leaves room has emptied the socket.

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <vector>

#include "page_buffer.hpp"

namespace server_support {

struct flow {
    int from;
    int to;
    std::vector<std::byte> unsent{};
    bool hung_up = false;  // a read that leaves room does not mean that nothing is left: the end is still to come
};

enum class flow_progress { waits, ended, broken };

/// Sends as much as fits. How much that was; -1: the connection is broken.
inline ssize_t send_some(int socket, const std::byte* bytes, std::size_t size) {
    std::size_t sent = 0;
    while (sent < size) {
        const ssize_t count = ::send(socket, bytes + sent, size - sent, MSG_NOSIGNAL);
        if (count < 0 && errno != EINTR) return errno == EAGAIN ? static_cast<ssize_t>(sent) : -1;
        if (count > 0) sent += static_cast<std::size_t>(count);
    }
    return static_cast<ssize_t>(sent);
}

/// Sends what was left over. False: it is broken.
inline bool send_rest(flow& each) {
    const ssize_t sent = send_some(each.to, each.unsent.data(), each.unsent.size());
    if (sent < 0) return false;
    each.unsent.erase(each.unsent.begin(), each.unsent.begin() + sent);
    return true;
}

/// Moves bytes until there are none, or there is no room for them. `ended`: all that will ever come has gone, and there is no more to
/// ask for.
inline flow_progress go_on(flow& each, const page_buffer& buffer) {
    if (!each.unsent.empty()) {
        if (!send_rest(each)) return flow_progress::broken;
        if (!each.unsent.empty()) return flow_progress::waits;
    }
    for (;;) {
        const ssize_t got = ::recv(each.from, buffer.data(), buffer.size(), 0);
        if (got == 0) return flow_progress::ended;
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno == EAGAIN ? flow_progress::waits : flow_progress::broken;
        const auto size = static_cast<std::size_t>(got);
        const ssize_t sent = send_some(each.to, buffer.data(), size);
        if (sent < 0) return flow_progress::broken;
        if (sent < got) {
            each.unsent.assign(buffer.data() + sent, buffer.data() + got);
            return flow_progress::waits;
        }
        if (size < buffer.size() && !each.hung_up) return flow_progress::waits;
    }
}

}  // namespace server_support
