// SPDX-License-Identifier: MIT
#pragma once

// Ping-pong: each connection keeps a number of messages outstanding, and every answer is followed by the next message. It
// loads the server fully, and so says what an echo costs; what it says of latency flatters (see open_loop.hpp).

#include <algorithm>
#include <cstdint>

#include "crowd.hpp"
#include "window.hpp"

namespace load {

inline report run_closed_loop(const options& wanted) {
    crowd all(wanted);
    window measured(wanted);
    std::uint64_t asked = 0;
    const auto ask = [&](std::size_t index) {
        if (asked == measured.limit()) return;
        ++asked;
        all[index].ask(now());
    };
    for (std::size_t index = 0; index < all.size(); ++index) {
        for (std::uint64_t each = 0; each < wanted.outstanding; ++each) ask(index);
        all.speak(index);
    }
    while (measured.goes_on())
        all.turn(second / 100, [&](std::size_t index, nanoseconds latency) {
            measured.count(latency);
            ask(index);
        });
    all.finish();

    report told;
    measured.tell(told);
    std::uint64_t answered = 0;
    for (std::size_t index = 0; index < all.size(); ++index) answered += all[index].answered();
    if (answered != asked) throw wrong_answer("the counts of questions and answers differ");
    told.add("asked", asked);
    told.add("answered", answered);
    return told;
}

}  // namespace load
