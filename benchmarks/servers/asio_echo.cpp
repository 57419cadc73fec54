// SPDX-License-Identifier: MIT
// The same echo server on standalone Asio's coroutines, as its documentation recommends. Run: server_asio_echo [port]
// [bytes of a buffer].
#include <array>
#include <asio.hpp>
#include <csignal>
#include <cstddef>
#include <exception>

#include "support/arguments.hpp"
#include "support/page_buffer.hpp"

using asio::ip::tcp;

asio::awaitable<void> session(tcp::socket client) {
    try {
        std::array<char, 1024> buffer;
        for (;;) {
            const std::size_t n = co_await client.async_read_some(asio::buffer(buffer), asio::use_awaitable);
            co_await asio::async_write(client, asio::buffer(buffer, n), asio::use_awaitable);
        }
    } catch (const std::exception&) {  // the end of the stream is one, too
    }
}

asio::awaitable<void> session_of_size(tcp::socket client, std::size_t buffer_bytes) {
    try {
        const server_support::page_buffer buffer(buffer_bytes);
        for (;;) {
            const std::size_t n =
                co_await client.async_read_some(asio::buffer(buffer.data(), buffer.size()), asio::use_awaitable);
            co_await asio::async_write(client, asio::buffer(buffer.data(), n), asio::use_awaitable);
        }
    } catch (const std::exception&) {
    }
}

asio::awaitable<void> server(server_support::arguments wanted) {
    const auto executor = co_await asio::this_coro::executor;
    tcp::acceptor acceptor(executor, {asio::ip::make_address("127.0.0.1"), wanted.port});
    server_support::announce(acceptor.local_endpoint().port());
    for (;;) {
        tcp::socket client = co_await acceptor.async_accept(asio::use_awaitable);
        if (wanted.buffer_bytes == 1024) {
            asio::co_spawn(executor, session(std::move(client)), asio::detached);
        } else {
            asio::co_spawn(executor, session_of_size(std::move(client), wanted.buffer_bytes), asio::detached);
        }
    }
}

int main(int count, char** arguments) {
    asio::io_context context(1);
    asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&](auto, auto) { context.stop(); });
    asio::co_spawn(context, server(server_support::arguments(count, arguments)), asio::detached);
    context.run();
}
