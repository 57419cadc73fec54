// SPDX-License-Identifier: MIT
#pragma once

// What the servers on Asio's coroutines share: they accept for ever, start a session for each client, and end by a signal.

#include <asio.hpp>
#include <csignal>
#include <utility>

#include "arguments.hpp"

namespace server_support {

/// Serves until a signal: `session(client)` is a coroutine for each.
template <class Session>
void run_asio_server(const arguments& wanted, Session session) {
    using asio::ip::tcp;
    asio::io_context context(1);
    asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&](auto, auto) { context.stop(); });
    const auto server = [&]() -> asio::awaitable<void> {
        const auto executor = co_await asio::this_coro::executor;
        tcp::acceptor acceptor(executor, {asio::ip::make_address("127.0.0.1"), wanted.port});
        announce(acceptor.local_endpoint().port());
        for (;;) {
            tcp::socket client = co_await acceptor.async_accept(asio::use_awaitable);
            asio::co_spawn(executor, session(std::move(client)), asio::detached);
        }
    };
    asio::co_spawn(context, server, asio::detached);
    context.run();
}

}  // namespace server_support
