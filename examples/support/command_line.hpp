// SPDX-License-Identifier: MIT
#pragma once

// What the mains of the examples share: `[host] [port]`, --help, and one line on stderr for whatever goes wrong.

#include <charconv>
#include <cstdio>
#include <exception>
#include <rill/net/endpoint.hpp>
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

/// What a program is called with, and what it takes where that is missing.
struct arguments {
    int count;
    char** values;

    [[nodiscard]] bool has(int which) const noexcept { return which < count; }
    [[nodiscard]] std::string text(int which, std::string_view usual) const {
        return std::string(has(which) ? values[which] : usual);
    }
    [[nodiscard]] long long port(int which, long long usual) const {
        return has(which) ? port_from(values[which]) : usual;
    }
    /// The first two: host and port.
    [[nodiscard]] rill::endpoint address(const rill::endpoint& usual) const {
        return {has(1) ? rill::ip_address(values[1]) : usual.address(), port(2, usual.port())};
    }
};

/// How a program is called: `[host] [port]`, how many arguments that are, and a remark for --help.
struct usage {
    std::string line;
    int arguments_max;
    std::string remark;
};

/// Calls `program(arguments)`, and returns the exit status: 1 for an error, 2 for a call that makes no sense.
template <class Program>
int run_program(int argc, char** argv, const usage& how, Program program) {
    const char* const name = program_name(argc, argv);
    const std::string line = how.line.empty() ? "" : " " + how.line;
    for (int i = 1; i < argc; ++i) {
        if (argv[i] != std::string_view("--help")) continue;
        std::printf("usage: %s%s    (%s)\n", name, line.c_str(), how.remark.c_str());
        return 0;
    }
    if (argc > how.arguments_max + 1) {
        std::fprintf(stderr, "usage: %s%s\n", name, line.c_str());
        return 2;
    }
    try {
        program(arguments{argc, argv});
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", name, error.what());
        return 1;
    }
}

/// Calls `program(endpoint)` with the address that the command line says, or the usual one.
template <class Program>
int run_at_address(int argc, char** argv, const rill::endpoint& usual, Program program) {
    const std::string remark =
        to_string(usual.address()) + " " + std::to_string(usual.port()) + " unless they are given";
    return run_program(argc, argv, {"[host] [port]", 2, remark},
                       [&](const arguments& given) { program(given.address(usual)); });
}
template <class Program>
int run_at_address(int argc, char** argv, Program program) {
    return run_at_address(argc, argv, {"127.0.0.1", 13'333}, program);
}

/// Calls `program()`, which takes no arguments.
template <class Program>
int run_alone(int argc, char** argv, Program program) {
    return run_program(argc, argv, {"", 0, "no arguments"}, [&](const arguments&) { program(); });
}

}  // namespace example
