// SPDX-License-Identifier: MIT
#include "server.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <iostream>
#include <rill.hpp>
#include <span>

using namespace std::chrono_literals;

namespace demo {

rill::task<> session(rill::tcp_stream client) {
    std::array<std::byte, 1024> buffer;
    while (const std::size_t size = co_await client.recv(buffer))
        co_await client.send_all(std::span(buffer).first(size));
}

void print(const std::exception_ptr& error, const rill::endpoint& client) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& known) {
        std::fprintf(stderr, "demo: server: session of %s: %s\n", to_string(client).c_str(), known.what());
    } catch (...) {
        std::fprintf(stderr, "demo: server: session of %s: an error that is no std::exception\n",
                     to_string(client).c_str());
    }
}

rill::task<> server(int& failed_sessions) {
    auto listener = rill::tcp_listener::bind({"127.0.0.1", 0}, rill::option::no_delay{true});
    std::cout << to_string(listener.local_endpoint()) << '\n' << std::flush;
    const auto on_error = [&failed_sessions](const std::exception_ptr& error, const rill::endpoint& client) {
        if (++failed_sessions <= 3) print(error, client);
    };
    co_await rill::serve(listener, session,
                         rill::serve_options().max_connections(100'000).drain(2s).on_error(on_error));
}

int serve() {
    int failed_sessions = 0;
    rill::run(server(failed_sessions), rill::stop_on(SIGINT, SIGTERM));
    return failed_sessions == 0 ? 0 : 1;
}

}  // namespace demo
