// SPDX-License-Identifier: MIT
// An echo server for programs on the same machine: it has a path instead of an address.
//
//     local_echo_server path                        a file that an earlier run has left there is replaced
//     socat - UNIX-CONNECT:path                     in another terminal, then type
//
// It prints `listening on path`. Who may connect is a matter of the file's permissions. Ctrl-C or SIGTERM end it.
#include <array>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <iostream>
#include <rill.hpp>
#include <span>
#include <utility>

#include "support/command_line.hpp"

rill::task<> session(rill::unix_stream client) {
    std::array<std::byte, 16 * 1024> buffer;
    while (const std::size_t size = co_await client.recv(buffer))
        co_await client.send_all(std::span(buffer).first(size));
}

rill::task<> server(const char* path) {
    auto listener = rill::unix_listener::bind(path);
    std::cout << "listening on " << path << '\n' << std::flush;
    co_await rill::serve(std::move(listener), session, rill::serve_options().max_connections(1000));
}

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s path\n", example::program_name(argc, argv));
        return 2;
    }
    try {
        rill::run(server(argv[1]), rill::stop_on(SIGINT, SIGTERM));
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", example::program_name(argc, argv), error.what());
        return 1;
    }
}
