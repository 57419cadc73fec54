// SPDX-License-Identifier: MIT
#pragma once

// What the mains of the examples share: `[host] [port]`, --help, and one line on stderr for whatever goes wrong.

#include <charconv>
#include <cstdio>
#include <exception>
#include <rill.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace example {

/// The file name in the path of a program.
inline std::string_view program_name(int argc, char** argv) {
    const std::string_view path = argc > 0 ? argv[0] : "example";
    return path.substr(path.find_last_of("/\\") + 1);
}

inline long long port_from(std::string_view text) {
    long long port = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port < 0 || port > 65'535)
        throw std::invalid_argument("port " + rill::quoted(text) + " is not a number in 0..65535");
    return port;
}

/// Calls `program(endpoint)` with what the command line says, and returns the exit status: 1 for an error, 2 for a call
/// that makes no sense.
template <class Program>
int run_at_address(int argc, char** argv, Program program) {
    const std::string name(program_name(argc, argv));
    for (int i = 1; i < argc; ++i) {
        if (argv[i] != std::string_view("--help")) continue;
        std::printf("usage: %s [host] [port]    (127.0.0.1 13333 unless they are given)\n", name.c_str());
        return 0;
    }
    if (argc > 3) {
        std::fprintf(stderr, "usage: %s [host] [port]\n", name.c_str());
        return 2;
    }
    try {
        const rill::ip_address host(argc > 1 ? argv[1] : "127.0.0.1");
        program(rill::endpoint(host, argc > 2 ? port_from(argv[2]) : 13'333));
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", name.c_str(), error.what());
        return 1;
    }
}

}  // namespace example
