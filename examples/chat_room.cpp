// SPDX-License-Identifier: MIT
// A chat with one room, for those who begin: what is said is heard by all, and who is silent for too long has to leave.
//
//     chat_room [host] [port] [seconds]      127.0.0.1 13333 600 unless they are given; port 0 lets the system choose
//     nc 127.0.0.1 13333                     in other terminals: a name first, then what is to be said
//
// It prints `listening on 127.0.0.1:13333`, and ends with Ctrl-C. Nobody may be silent for longer than those seconds. For
// rooms, all cores, and readers that are too slow see chat_server.cpp.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <iostream>
#include <rill.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "support/command_line.hpp"

using namespace std::chrono_literals;

struct house {
    rill::broadcast<std::string> room{256};  // lines that it keeps for those who are behind
    std::chrono::seconds idle_limit;
};

/// Bytes of a peer that are fit for the terminals of others.
bool is_printable(std::string_view line) {
    return std::none_of(line.begin(), line.end(), [](unsigned char c) { return c < ' ' || c == 127; });
}

rill::task<> session(rill::tcp_stream client, house& chat) {
    rill::line_reader reader(client);
    co_await client.send_all("Your name?\n");
    const auto first = co_await rill::timeout(chat.idle_limit, reader.read_line(32));
    if (!first || first->empty() || !is_printable(*first)) co_return;
    const std::string name(*first);  // the line itself is gone with the next one

    auto news = chat.room.subscribe();
    chat.room.send("* " + name + " has come\n");
    const auto hear = [&]() -> rill::task<> {
        while (const auto line = co_await rill::timeout(chat.idle_limit, reader.read_line(1000)))
            if (is_printable(*line)) chat.room.send(name + ": " + std::string(*line) + '\n');
    };
    const auto tell = [&]() -> rill::task<> {
        while (const auto got = co_await news.recv()) co_await rill::timeout(10s, client.send_all(got->value));
    };
    const auto [error, ended] = co_await rill::as_result(rill::when_any(hear(), tell()));
    chat.room.send("* " + name + " has left\n");
    if (error == rill::errc::deadline_exceeded) co_await rill::timeout(10s, client.send_all("You were silent.\n"));
}

rill::task<> server(rill::endpoint where, std::chrono::seconds idle_limit) {
    house chat{.idle_limit = idle_limit};
    auto listener = rill::tcp_listener::bind(where);
    std::cout << "listening on " << to_string(listener.local_endpoint()) << '\n' << std::flush;
    const auto enter = [&](rill::tcp_stream client) { return session(std::move(client), chat); };
    co_await rill::serve(listener, enter, rill::serve_options().max_connections(1000));
}

int main(int argc, char** argv) {
    const example::usage how{"[host] [port] [seconds]", 3, "127.0.0.1 13333 600 unless they are given"};
    return example::run_program(argc, argv, how, [](const example::arguments& given) {
        const std::chrono::seconds idle_limit(given.has(3) ? std::stoi(given.text(3, "")) : 600);
        rill::run(server(given.address({"127.0.0.1", 13'333}), idle_limit), rill::stop_on(SIGINT, SIGTERM));
    });
}
