// SPDX-License-Identifier: MIT
// UDP echo on standalone Asio's coroutines. Run: server_asio_datagrams [port].
#include <array>
#include <asio.hpp>
#include <cstddef>

#include "support/arguments.hpp"

using asio::ip::udp;

asio::awaitable<void> server(server_support::arguments wanted) {
    udp::socket socket(co_await asio::this_coro::executor, {asio::ip::make_address("127.0.0.1"), wanted.port});
    server_support::announce(socket.local_endpoint().port());
    std::array<char, 1024> buffer;
    for (;;) {
        udp::endpoint peer;
        const std::size_t n = co_await socket.async_receive_from(asio::buffer(buffer), peer, asio::use_awaitable);
        co_await socket.async_send_to(asio::buffer(buffer, n), peer, asio::use_awaitable);
    }
}

int main(int count, char** arguments) {
    asio::io_context context(1);
    asio::co_spawn(context, server(server_support::arguments(count, arguments)), asio::detached);
    context.run();
}
