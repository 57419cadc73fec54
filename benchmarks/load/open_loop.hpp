// SPDX-License-Identifier: MIT
#pragma once

// A fixed rate: messages are due by a clock, on one connection after the other, whether or not earlier ones have been
// answered, and each latency counts from when the message was due. So a server that stalls is charged for all who would
// have come meanwhile. Beside them, `flood` connections that are always ready can load it (flood.hpp).

#include <cstdint>
#include <optional>

#include "crowd.hpp"
#include "fixed_rate.hpp"
#include "flood.hpp"
#include "window.hpp"

namespace load {

inline report run_open_loop(const options& wanted) {
    crowd all(wanted);
    std::optional<flood> beside;
    if (wanted.flood != 0) beside.emplace(wanted);
    window measured(wanted);
    fixed_rate messages(wanted.rate);
    while (measured.goes_on()) {
        const nanoseconds limit = messages.act_if_due([&](std::uint64_t number, nanoseconds due) {
            const std::size_t index = number % all.size();
            all[index].ask(due);
            all.speak(index);
        });
        all.turn(limit, [&](std::size_t, nanoseconds latency) { measured.count(latency); });
    }
    all.finish();

    report told;
    measured.tell(told);
    told.add("asked", messages.count());
    if (beside) told.add("flood_bytes", beside->echoed());
    return told;
}

}  // namespace load
