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
inline const char* program_name(int argc, char** argv) noexcept {
    const char* name = argc > 0 ? argv[0] : "example";
    for (const char* at = name; *at != '\0'; ++at)
        if (*at == '/' || *at == '\\') name = at + 1;
    return name;
}

/// What somebody typed, fit for one line of an error message.
inline std::string quoted(std::string_view text) {
    std::string line = "\"";
    for (const char c : text) line += static_cast<unsigned char>(c) < ' ' ? '?' : c;
    return line += '"';
}

inline long long port_from(std::string_view text) {
    long long port = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port < 0 || port > 65'535)
        throw std::invalid_argument("port " + quoted(text) + " is not a number in 0..65535");
    return port;
}

/// Calls `program(endpoint)` with what the command line says, and returns the exit status: 1 for an error, 2 for a call
/// that makes no sense.
template <class Program>
int run_at_address(int argc, char** argv, Program program) {
    const char* const name = program_name(argc, argv);
    for (int i = 1; i < argc; ++i) {
        if (argv[i] != std::string_view("--help")) continue;
        std::printf("usage: %s [host] [port]    (127.0.0.1 13333 unless they are given)\n", name);
        return 0;
    }
    if (argc > 3) {
        std::fprintf(stderr, "usage: %s [host] [port]\n", name);
        return 2;
    }
    try {
        const rill::ip_address host(argc > 1 ? argv[1] : "127.0.0.1");
        program(rill::endpoint(host, argc > 2 ? port_from(argv[2]) : 13'333));
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", name, error.what());
        return 1;
    }
}

}  // namespace example
