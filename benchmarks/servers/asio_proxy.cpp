// SPDX-License-Identifier: MIT
// A proxy on standalone Asio's coroutines, after its own example: two transfers side by side. Run: server_asio_proxy port
// bytes-of-a-buffer port-of-the-target.
#include <asio.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <cstddef>
#include <exception>
#include <utility>

#include "support/asio_serving.hpp"
#include "support/page_buffer.hpp"

using asio::ip::tcp;

/// Until the one has ended, which the other is told.
asio::awaitable<void> transfer(tcp::socket& from, tcp::socket& to, std::size_t buffer_bytes) {
    const server_support::page_buffer buffer(buffer_bytes);
    try {
        for (;;) {
            const std::size_t n =
                co_await from.async_read_some(asio::buffer(buffer.data(), buffer.size()), asio::use_awaitable);
            co_await asio::async_write(to, asio::buffer(buffer.data(), n), asio::use_awaitable);
        }
    } catch (const std::system_error& error) {
        if (error.code() != asio::error::eof) throw;
    }
    to.shutdown(tcp::socket::shutdown_send);
}

asio::awaitable<void> session(tcp::socket client, server_support::arguments wanted) {
    using namespace asio::experimental::awaitable_operators;
    tcp::socket target(co_await asio::this_coro::executor);
    try {
        co_await target.async_connect({asio::ip::make_address("127.0.0.1"), wanted.target}, asio::use_awaitable);
        co_await (transfer(client, target, wanted.buffer_bytes) && transfer(target, client, wanted.buffer_bytes));
    } catch (const std::exception&) {  // of either: both are closed
    }
}

int main(int count, char** arguments) {
    const server_support::arguments wanted(count, arguments);
    server_support::run_asio_server(wanted, [&](tcp::socket client) { return session(std::move(client), wanted); });
}
