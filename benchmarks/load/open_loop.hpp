// SPDX-License-Identifier: MIT
#pragma once

// A fixed rate: messages are due by a clock, on one connection after the other, whether or not earlier ones have been
// answered, and each latency counts from when the message was due. So a server that stalls is charged for all who would
// have come meanwhile. Beside them, `flood` connections that are always ready can load it (flood.hpp).

#include <cstdint>
#include <optional>

#include "crowd.hpp"
#include "flood.hpp"
#include "window.hpp"

namespace load {

inline report run_open_loop(const options& wanted) {
    crowd all(wanted);
    std::optional<flood> beside;
    if (wanted.flood != 0) beside.emplace(wanted);
    window measured(wanted);
    const nanoseconds first = now();
    nanoseconds due = first;
    std::uint64_t asked = 0;
    while (measured.goes_on()) {
        for (nanoseconds present = now(); due <= present; due = first + asked * second / wanted.rate) {
            const std::size_t index = asked++ % all.size();
            all[index].ask(due);
            all.speak(index);
        }
        const nanoseconds present = now();
        all.turn(due > present ? due - present : 0, [&](std::size_t, nanoseconds latency) { measured.count(latency); });
    }
    all.finish();

    report told;
    measured.tell(told);
    told.add("asked", asked);
    if (beside) told.add("flood_bytes", beside->echoed());
    return told;
}

}  // namespace load
