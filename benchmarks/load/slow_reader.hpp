// SPDX-License-Identifier: MIT
#pragma once

// What a proxy holds for readers that are slower than their sources: they receive `bytes` at a time, at a fixed rate of all together,
// while the sources send all that they may. Told is the most memory that was resident, how much of it came with each connection, and how
// far a source was ahead of its reader at most.

#include <algorithm>
#include <cstdint>

#include "fixed_rate.hpp"
#include "relay.hpp"
#include "window.hpp"

namespace load {

inline report run_slow_reader(const options& wanted) {
    {
        options one = wanted;
        one.connections = 1;
        relays warm_up(one, readers::fast);
        for (std::uint64_t pieces = 0; pieces < 100;)
            warm_up.turn(second, [&](const relayed&, std::size_t) { ++pieces; });
        warm_up.finish();
    }
    window measured(wanted);
    const std::uint64_t before = measured.server().resident();
    relays all(wanted, readers::slow);
    fixed_rate reads(wanted.rate);
    fixed_rate looks(20);
    std::uint64_t peak = before;
    std::uint64_t ahead = 0;
    while (measured.goes_on()) {
        const nanoseconds limit = reads.act_if_due([&](std::uint64_t number, nanoseconds due) {
            relayed& each = all[number % all.size()];
            ahead = std::max(ahead, each.ahead());
            if (each.bytes.receive(each.reader, wanted.bytes)) measured.count(now() - due);
        });
        looks.act_if_due([&](std::uint64_t, nanoseconds) { peak = std::max(peak, measured.server().resident()); });
        all.turn(std::min(limit, second / 20), [](const relayed&, std::size_t) {});
    }
    all.finish();

    report told;
    measured.tell(told);
    told.add("resident_before", before);
    told.add("resident_peak", peak);
    told.add("bytes_each", static_cast<double>(peak - before) / static_cast<double>(all.size()));
    told.add("ahead_bytes", ahead);
    return told;
}

}  // namespace load
