// SPDX-License-Identifier: MIT
#include <rill/core/clock.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <ratio>

#include "support/catch.hpp"

using namespace std::chrono_literals;

TEST_CASE("any duration becomes nanoseconds rounded up, and what does not fit becomes never") {
    using std::chrono::duration;
    using std::chrono::nanoseconds;
    STATIC_REQUIRE(rill::in_nanoseconds(1ms) == 1'000'000);
    STATIC_REQUIRE(rill::in_nanoseconds(-1ns) == 0);
    STATIC_REQUIRE(rill::in_nanoseconds(nanoseconds::min()) == 0);
    STATIC_REQUIRE(rill::in_nanoseconds(nanoseconds::max()) == rill::never);
    STATIC_REQUIRE(rill::in_nanoseconds(duration<std::int64_t, std::pico>(1)) == 1);
    STATIC_REQUIRE(rill::in_nanoseconds(duration<std::int64_t, std::pico>(1001)) == 2);
    STATIC_REQUIRE(rill::in_nanoseconds(std::chrono::hours::max()) == rill::never);
    CHECK(rill::in_nanoseconds(duration<double>(1e-12)) == 1);
    CHECK(rill::in_nanoseconds(duration<double>(0.5)) == nanoseconds(500'000'000ns).count());
    CHECK(rill::in_nanoseconds(duration<float>(2.0F)) == nanoseconds(2s).count());
    CHECK(rill::in_nanoseconds(duration<double>(-0.0)) == 0);
    CHECK(rill::in_nanoseconds(duration<double>(std::numeric_limits<double>::quiet_NaN())) == 0);
    CHECK(rill::in_nanoseconds(duration<double>(9.3e9)) == rill::never);
    CHECK(rill::in_nanoseconds(duration<std::uint64_t, std::nano>(std::numeric_limits<std::uint64_t>::max())) ==
          rill::never);
    CHECK(rill::in_nanoseconds(duration<unsigned char>(3)) == nanoseconds(3s).count());
}

TEST_CASE("an instant so far after another does not overflow, and time_point::max is never") {
    STATIC_REQUIRE(rill::later_by(5, 7) == 12);
    STATIC_REQUIRE(rill::later_by(5, rill::never) == rill::never);
    STATIC_REQUIRE(rill::later_by(rill::never - 3, 3) == rill::never);
    STATIC_REQUIRE(rill::later_by(rill::never - 3, 2) == rill::never - 1);
    STATIC_REQUIRE(rill::to_instant(rill::time_point::max()) == rill::never);
    STATIC_REQUIRE(rill::to_time_point(rill::to_instant(rill::time_point(5ns))) == rill::time_point(5ns));
}
