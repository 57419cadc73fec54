// SPDX-License-Identifier: MIT
#pragma once

// The command line that all servers have, `NAME [port] [bytes of a buffer]`, with what only some have behind it, and the line
// that tells where one listens.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace server_support {

struct arguments {
    std::uint16_t port = 0;
    std::size_t buffer_bytes = 1024;
    std::uint16_t target = 0;  // of a proxy: the port, on loopback, of whom its clients talk to

    arguments(int count, char** all) {
        if (count > 1) port = static_cast<std::uint16_t>(std::strtoul(all[1], nullptr, 10));
        if (count > 2) buffer_bytes = std::strtoul(all[2], nullptr, 10);
        if (count > 3) target = static_cast<std::uint16_t>(std::strtoul(all[3], nullptr, 10));
    }
};

inline void announce(unsigned port) {
    std::printf("127.0.0.1:%u\n", port);
    std::fflush(stdout);
}

}  // namespace server_support
