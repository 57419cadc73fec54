// SPDX-License-Identifier: MIT
// The same echo server on standalone Asio's coroutines, as its documentation recommends. Run: server_asio_echo [port]
// [bytes of a buffer].
#include <array>
#include <asio.hpp>
#include <cstddef>
#include <exception>

#include "support/asio_serving.hpp"
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

int main(int count, char** arguments) {
    const server_support::arguments wanted(count, arguments);
    server_support::run_asio_server(wanted, [&](tcp::socket client) {
        return wanted.buffer_bytes == 1024 ? session(std::move(client))
                                           : session_of_size(std::move(client), wanted.buffer_bytes);
    });
}
