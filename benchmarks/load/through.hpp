// SPDX-License-Identifier: MIT
#pragma once

// What a proxy costs: streams whose readers receive as fast as they can. Told is what each MiB cost; latencies are how long a stream took
// for a MiB.

#include <cstdint>
#include <vector>

#include "relay.hpp"
#include "window.hpp"

namespace load {

inline report run_through(const options& wanted) {
    constexpr std::uint64_t mebibyte = 1024UL * 1024;
    relays all(wanted, readers::fast);
    window measured(wanted);
    std::vector<nanoseconds> since(all.size(), now());  // when the MiB before was whole
    while (measured.goes_on())
        all.turn(second / 100, [&](const relayed& each, std::size_t size) {
            const std::uint64_t received = each.bytes.received();
            if ((received - size) / mebibyte == received / mebibyte) return;
            nanoseconds& last = since[static_cast<std::size_t>(&each - &all[0])];
            measured.count(now() - last);
            last = now();
        });
    all.finish();

    report told;
    measured.tell(told);
    return told;
}

}  // namespace load
