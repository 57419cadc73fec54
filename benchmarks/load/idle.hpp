// SPDX-License-Identifier: MIT
#pragma once

// What a connection costs that does nothing: many are made, each has one echo, so that the server has all that it needs
// for them, and then its resident memory is compared with that before. The kernel's own memory for a socket is no part of it.

#include <cstdint>

#include "crowd.hpp"
#include "report.hpp"
#include "server_watch.hpp"

namespace load {

/// One echo on each connection of a crowd, so many at a time.
inline void greet(crowd& all) {
    constexpr std::size_t at_a_time = 100;
    for (std::size_t begin = 0; begin < all.size(); begin += at_a_time) {
        for (std::size_t index = begin; index < all.size() && index < begin + at_a_time; ++index) {
            all[index].ask(now());
            all.speak(index);
        }
        all.finish();
    }
}

inline report run_idle(const options& wanted) {
    const server_watch server(wanted);
    {
        options few = wanted;
        few.connections = 10;
        crowd warm_up(few);
        greet(warm_up);
    }
    const std::uint64_t before = server.resident();
    crowd all(wanted);
    greet(all);
    const std::uint64_t after = server.resident();
    report told;
    told.add("connections", wanted.connections);
    told.add("resident_before", before);
    told.add("resident_after", after);
    told.add("bytes_each",
             (static_cast<double>(after) - static_cast<double>(before)) / static_cast<double>(all.size()));
    return told;
}

}  // namespace load
