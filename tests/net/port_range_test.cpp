// SPDX-License-Identifier: MIT
#include <rill/net/port_range.hpp>

#include <system_error>

#include "support/catch.hpp"

using rill::port_range;
using rill::port_range_of;

TEST_CASE("a port belongs to the range that the IANA gives it, at both ends") {
    STATIC_REQUIRE(port_range_of(0) == port_range::well_known);
    STATIC_REQUIRE(port_range_of(1023) == port_range::well_known);
    STATIC_REQUIRE(port_range_of(1024) == port_range::registered);
    STATIC_REQUIRE(port_range_of(49'151) == port_range::registered);
    STATIC_REQUIRE(port_range_of(49'152) == port_range::dynamic);
    STATIC_REQUIRE(port_range_of(65'535) == port_range::dynamic);
}

TEST_CASE("a number that is no port has no range") {
    CHECK_THROWS_AS(port_range_of(-1), std::system_error);
    CHECK_THROWS_AS(port_range_of(65'536), std::system_error);
}
