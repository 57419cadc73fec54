// SPDX-License-Identifier: MIT
// A server that ends in good order by hand: SIGTERM drains it, SIGUSR1 (Ctrl-Break on Windows) has it tell how it is.
//
//     draining_server [host] [port]        127.0.0.1 13333 unless they are given; port 0 lets the system choose
//     kill -USR1 <its pid>                 prints: 3 clients, 120 bytes
//     kill -TERM <its pid>                 it accepts no more, and ends with its last client, or after five seconds
//
// It sends back what it is sent. For a server that only drains, `serve` and `stop_on` are enough: see echo_server.cpp.
#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <iostream>
#include <rill.hpp>
#include <span>
#include <utility>

#include "support/command_line.hpp"

using namespace std::chrono_literals;

#ifdef SIGUSR1
constexpr int tell = SIGUSR1;
#else
constexpr int tell = SIGBREAK;
#endif
constexpr auto drain_limit = 5s;
constexpr auto idle_limit = 10min;

/// What the server counts. One thread runs all of it, so this needs no lock.
struct statistics {
    std::size_t clients = 0;
    std::size_t bytes = 0;
};

/// Counts a client for as long as its session lives, however that ends.
class counted_client {
  public:
    explicit counted_client(statistics& in) : in_(in) { ++in_.clients; }
    ~counted_client() { --in_.clients; }
    counted_client(const counted_client&) = delete;
    counted_client& operator=(const counted_client&) = delete;

  private:
    statistics& in_;
};

rill::task<> session(rill::tcp_stream client, statistics& counts) {
    const counted_client here(counts);
    std::array<std::byte, 16 * 1024> buffer;
    while (const std::size_t size = co_await rill::timeout(idle_limit, client.recv(buffer))) {
        co_await rill::timeout(idle_limit, client.send_all(std::span(buffer).first(size)));
        counts.bytes += size;
    }
}

/// Goes on until it is told to drain.
rill::task<> obey_signals(const statistics& counts) {
    rill::signals told(SIGTERM, SIGINT, tell);
    while (co_await told.next() == tell)
        std::cout << counts.clients << " clients, " << counts.bytes << " bytes\n" << std::flush;
}  // from here on the signals do what they do in any program: a second SIGTERM ends it at once

rill::task<> server(rill::endpoint where) {
    auto listener = rill::tcp_listener::bind(where);
    std::cout << "listening on " << to_string(listener.local_endpoint()) << '\n' << std::flush;
    statistics counts;
    const auto sessions = [&counts](rill::tcp_stream client) { return session(std::move(client), counts); };
    rill::stop_source drain;
    const auto serve_until_told = [&]() -> rill::task<> {
        // Stopped, it accepts no more, and its sessions have their time to come to an end.
        co_await rill::with_stop(drain.get_token(),
                                 rill::serve(std::move(listener), sessions, rill::serve_options().drain(drain_limit)));
    };
    const auto drain_when_told = [&]() -> rill::task<> {
        co_await obey_signals(counts);
        std::cout << "draining " << counts.clients << " clients\n" << std::flush;
        drain.request_stop();
    };
    co_await rill::when_all(serve_until_told(), drain_when_told());
    std::cout << "done\n" << std::flush;
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, [](const rill::endpoint& where) { rill::run(server(where)); });
}
