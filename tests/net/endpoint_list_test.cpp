// SPDX-License-Identifier: MIT
#include <rill/net/endpoint_list.hpp>

#include <deque>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using rill::endpoint;
using rill::endpoint_list;

namespace {

endpoint_list list_of(const std::vector<endpoint>& all) {
    endpoint_list made;
    for (const endpoint& each : all) made.push_back(each);
    return made;
}

const std::vector<endpoint> three{{"::1", 443}, {"127.0.0.1", 443}, {"127.0.0.2", 80}};

}  // namespace

TEST_CASE("a list of endpoints is read as other ranges are") {
    const endpoint_list none;
    CHECK(none.empty());
    CHECK(none.begin() == none.end());
    const endpoint_list some = list_of(three);
    CHECK(some.size() == 3);
    CHECK(some.front() == three.front());
    CHECK(some[2] == three[2]);
    CHECK(std::vector<endpoint>(some.begin(), some.end()) == three);
}

TEST_CASE("a list of endpoints becomes a container where one is wanted") {
    const std::vector<endpoint> copied = list_of(three);
    CHECK(copied == three);
    std::vector<endpoint> assigned;
    assigned = list_of(three);
    CHECK(assigned == three);
    const std::deque<endpoint> other = list_of(three);
    CHECK(other.back() == three.back());
    const auto count = [](const std::vector<endpoint>& taken) { return taken.size(); };
    CHECK(count(list_of(three)) == 3);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<endpoint_list, int>);
}

TEST_CASE("a list of endpoints equals a range of the same in the same order") {
    CHECK(list_of(three) == three);
    CHECK(three == list_of(three));
    CHECK(list_of(three) == list_of(three));
    CHECK(list_of({}) != three);
    CHECK(list_of(three) != std::vector<endpoint>{});
    CHECK(list_of({three[0], three[1]}) != three);
    CHECK(list_of(three) != std::vector<endpoint>{three[0], three[2], three[1]});
}

TEST_CASE("a list of endpoints that was moved is empty, and the other has all") {
    endpoint_list from = list_of(three);
    endpoint_list to(std::move(from));
    CHECK(to == three);
    CHECK(from.empty());  // NOLINT(bugprone-use-after-move): as documented
    from = std::move(to);
    CHECK(from == three);
}
