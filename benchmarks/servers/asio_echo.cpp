// SPDX-License-Identifier: MIT
// The same echo server on standalone Asio's coroutines, as its documentation recommends. Run: server_asio_echo [port].
#include <array>
#include <asio.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

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

asio::awaitable<void> server(unsigned short port) {
    const auto executor = co_await asio::this_coro::executor;
    tcp::acceptor acceptor(executor, {asio::ip::make_address("127.0.0.1"), port});
    std::printf("%d\n", acceptor.local_endpoint().port());
    std::fflush(stdout);
    for (;;) {
        tcp::socket client = co_await acceptor.async_accept(asio::use_awaitable);
        asio::co_spawn(executor, session(std::move(client)), asio::detached);
    }
}

int main(int count, char** arguments) {
    asio::io_context context(1);
    asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&](auto, auto) { context.stop(); });
    const long port = count > 1 ? std::atol(arguments[1]) : 0;
    asio::co_spawn(context, server(static_cast<unsigned short>(port)), asio::detached);
    context.run();
}
