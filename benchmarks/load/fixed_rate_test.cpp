// SPDX-License-Identifier: MIT
#include "fixed_rate.hpp"

#include <vector>

#include "support/catch.hpp"

TEST_CASE("what nobody came to do in time is due when it was due, and all of it is done") {
    const load::nanoseconds before = load::now();
    load::fixed_rate messages(1000);
    const load::nanoseconds after = load::now();
    while (load::now() < after + load::second / 20) {
    }
    std::vector<load::nanoseconds> times;
    messages.act_if_due([&](std::uint64_t number, load::nanoseconds due) {
        CHECK(number == times.size());
        times.push_back(due);
    });
    REQUIRE(times.size() >= 51);  // the first is due at once
    CHECK(messages.count() == times.size());
    CHECK(times.front() >= before);
    CHECK(times.front() <= after);
    for (std::size_t each = 1; each < times.size(); ++each) CHECK(times[each] - times[each - 1] == load::second / 1000);
}
