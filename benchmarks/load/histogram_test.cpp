// SPDX-License-Identifier: MIT
#include "histogram.hpp"

#include <cstdint>
#include <limits>
#include <memory>

#include "support/catch.hpp"

using load::histogram;

TEST_CASE("a histogram of nothing says zero") {
    const histogram none;
    CHECK(none.count() == 0);
    CHECK(none.percentile(99) == 0);
}

TEST_CASE("small values are known exactly") {
    histogram values;
    for (std::uint64_t each = 1; each <= 200; ++each) values.record(each);
    CHECK(values.percentile(0) == 1);
    CHECK(values.percentile(50) == 100);
    CHECK(values.percentile(99) == 198);
    CHECK(values.percentile(100) == 200);
}

TEST_CASE("a value of any size is known to a hundredth, and never told too low") {
    for (std::uint64_t each = 1; each < std::numeric_limits<std::uint64_t>::max() / 3; each = each * 3 + 1) {
        histogram values;
        values.record(each);
        values.record(std::numeric_limits<std::uint64_t>::max());
        const std::uint64_t told = values.percentile(50);
        CHECK(told >= each);
        CHECK(told - each <= each / 100);
    }
}

TEST_CASE("the largest value is told as it was, and the tail as far as it reaches") {
    histogram values;
    for (int each = 0; each < 9'990; ++each) values.record(1'000);
    for (int each = 0; each < 10; ++each) values.record(123'456'789);
    CHECK(values.percentile(99.9) < 1'010);
    CHECK(values.percentile(99.91) >= 123'456'789);
    CHECK(values.most() == 123'456'789);
}

TEST_CASE("a histogram that was cleared has forgotten all") {
    histogram values;
    values.record(7);
    values.clear();
    CHECK(values.count() == 0);
    CHECK(values.most() == 0);
}
