// SPDX-License-Identifier: MIT
#include <rill/sync/value_ring.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>

#include "support/catch.hpp"
#include "support/witness.hpp"

TEST_CASE("a ring keeps values in their order, all the way round") {
    rill::value_ring<std::string> ring(3);
    CHECK(ring.empty());
    int next = 0;
    for (int round = 0; round < 10; ++round) {
        while (!ring.full()) ring.push(std::to_string(next++));
        REQUIRE(ring.size() == 3);
        CHECK(ring[0] == std::to_string(next - 3));
        CHECK(ring[2] == std::to_string(next - 1));
        ring.drop_oldest();
        if (round % 2 == 0) ring.drop_oldest();
    }
}

TEST_CASE("a ring ends the values that are left, and each once") {
    support::testimony seen;
    {
        rill::value_ring<support::witness> ring(4);
        ring.push(support::witness(seen, 'a'));
        ring.push(support::witness(seen, 'b'));
        ring.push(support::witness(seen, 'c'));
        ring.drop_oldest();
        CHECK(seen.log == "a");
    }
    CHECK(seen.log == "abc");
    CHECK(seen.alive == 0);
}

TEST_CASE("a ring with room for none is empty and full, and one for too many is refused") {
    const rill::value_ring<int> none(0);
    CHECK(none.empty());
    CHECK(none.full());
    CHECK_THROWS_AS(rill::value_ring<int>(SIZE_MAX), std::bad_alloc);
    CHECK_THROWS_AS(rill::value_ring<int>(SIZE_MAX / 4), std::bad_alloc);
}

TEST_CASE("a ring keeps to the alignment of its values") {
    struct alignas(128) wide {
        char byte = 0;
    };
    rill::value_ring<wide> ring(2);
    ring.push(wide());
    ring.push(wide());
    CHECK(reinterpret_cast<std::uintptr_t>(&ring[0]) % 128 == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(&ring[1]) % 128 == 0);
}
