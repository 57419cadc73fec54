// SPDX-License-Identifier: MIT
#include <rill/backend/parking_spot.hpp>

#include <chrono>
#include <memory>
#include <thread>

#include "support/catch.hpp"

using namespace std::chrono_literals;
using rill::backend::parking_spot;

TEST_CASE("a thread that was told before it parks does not park") {
    parking_spot spot;
    CHECK_FALSE(spot.told());
    spot.tell();
    CHECK(spot.told());
    CHECK(spot.park(-1));
    spot.reset();
    CHECK_FALSE(spot.told());
}

TEST_CASE("a parked thread goes on when it is told, with a limit and without one") {
    for (const std::int64_t limit_ns : {std::int64_t{-1}, std::int64_t{3'600'000'000'000}}) {
        for (int round = 0; round < 200; ++round) {
            auto spot = std::make_unique<parking_spot>();
            int written = 0;
            std::thread teller([&, at = spot.get()] {
                if (round % 2 == 0) std::this_thread::yield();
                written = 1;
                at->tell();
            });
            CHECK(spot->park(limit_ns));
            spot.reset();  // at once: the one who tells has let go of it
            CHECK(written == 1);
            teller.join();
        }
    }
}

TEST_CASE("a parked thread that nobody tells goes on at its limit, and not before") {
    parking_spot spot;
    const auto begin = std::chrono::steady_clock::now();
    CHECK_FALSE(spot.park(3'000'000));
    CHECK(std::chrono::steady_clock::now() - begin >= 3ms);
    CHECK_FALSE(spot.park(0));
    spot.tell();  // between two waits
    CHECK(spot.park(-1));
}

TEST_CASE("a thread whose time is over while it is told knows it once it has parked again") {
    for (int round = 0; round < 300; ++round) {
        auto spot = std::make_unique<parking_spot>();
        std::thread teller([at = spot.get()] { at->tell(); });
        if (!spot->park(round * 1'000)) CHECK(spot->park(-1));
        spot.reset();
        teller.join();
    }
}
