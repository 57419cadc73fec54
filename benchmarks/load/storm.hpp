// SPDX-License-Identifier: MIT
#pragma once

// Many who come at once: all connect without waiting for each other, and each wants one echo. Told is what that cost the
// server for each, and how long the last one waited.

#include <cstdint>

#include "crowd.hpp"
#include "report.hpp"
#include "server_watch.hpp"

namespace load {

inline report run_storm(const options& wanted) {
    server_watch server(wanted);
    histogram latencies;
    server.begin();
    const nanoseconds begin = now();
    crowd all(wanted);
    for (std::size_t index = 0; index < all.size(); ++index) {
        all[index].ask(begin);
        all.speak(index);
    }
    while (latencies.count() < all.size()) {
        if (now() > begin + 20 * second) throw wrong_answer("somebody waits for 20 s");
        all.turn(second / 100, [&](std::size_t, nanoseconds latency) { latencies.record(latency); });
    }
    server.end();
    report told;
    told.add("exchanges", latencies.count());
    server.tell(told, latencies.count());
    told.add_latencies(latencies);
    return told;
}

}  // namespace load
