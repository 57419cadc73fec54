// SPDX-License-Identifier: MIT
#pragma once

// The command line of the demonstration.

#include <chrono>
#include <cstddef>

namespace demo {

struct options {
    std::size_t connections = 5000;
    std::chrono::seconds duration{12};
    bool serve = false;  // this is the server's process
    bool help = false;

    static constexpr const char* usage =
        "usage: demo [--connections N] [--seconds S]\n"
        "An echo server in a process of its own, and a crowd of clients that grows to N connections (5000) in about S\n"
        "seconds (12). Each client sends 64 bytes, waits for the echo, compares, and begins again.";

    /// Throws std::invalid_argument, which says what is wrong.
    [[nodiscard]] static options parse(int argc, char** argv);
};

}  // namespace demo
