// SPDX-License-Identifier: MIT
#pragma once

// Two ends of a TCP connection on loopback, and what tests do with such ends.

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <rill/core/as_result.hpp>
#include <rill/core/task.hpp>
#include <rill/core/when_all.hpp>
#include <rill/net/tcp_listener.hpp>
#include <rill/net/tcp_stream.hpp>

namespace support {

struct connection {
    rill::tcp_stream server, client;
};

/// Both ends belong to the context that runs this.
inline rill::task<connection> connected() {
    auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
    auto [server, client] =
        co_await rill::when_all(listener.accept(), rill::tcp_stream::connect(listener.local_endpoint()));
    co_return connection{std::move(server), std::move(client)};
}

/// Everything up to the end of the stream.
inline rill::task<std::string> rest_of(rill::tcp_stream& stream) {
    std::string all;
    std::array<char, 4096> buffer;
    while (const std::size_t size = co_await stream.recv(buffer)) all.append(buffer.data(), size);
    co_return all;
}

/// Exactly so many characters.
inline rill::task<std::string> text_of(rill::tcp_stream& stream, std::size_t size) {
    std::string text(size, '\0');
    co_await stream.recv_exactly(text);
    co_return text;
}

}  // namespace support
