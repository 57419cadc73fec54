// SPDX-License-Identifier: MIT
#include <rill/core/call_outcome.hpp>

#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>

#include "support/allocations.hpp"
#include "support/catch.hpp"

TEST_CASE("a call outcome keeps a value, a reference, or nothing, until it is taken") {
    rill::call_outcome<std::unique_ptr<int>> owner;
    owner.keep([] { return std::make_unique<int>(1); });
    CHECK_FALSE(owner.failed());
    CHECK(*owner.take() == 1);
    int there = 2;
    rill::call_outcome<int&> reference;
    reference.keep([&]() -> int& { return there; });
    CHECK(&reference.take() == &there);
    rill::call_outcome<void> nothing;
    nothing.keep([] {});
    CHECK_FALSE(nothing.failed());
    nothing.take();
}

TEST_CASE("a call outcome keeps what the call throws, and the error that it is told") {
    rill::call_outcome<int> thrown;
    thrown.keep([]() -> int { throw std::out_of_range("too far"); });
    CHECK(thrown.failed());
    CHECK_THROWS_AS(thrown.take(), std::out_of_range);
    rill::call_outcome<void> told;
    told.fail(std::make_error_code(std::errc::operation_canceled), "a call");
    CHECK(told.failed());
    CHECK_THROWS_WITH(told.take(), Catch::StartsWith("a call: "));
}

TEST_CASE("a call outcome that is told an error when there is no memory for it keeps std::bad_alloc") {
    rill::call_outcome<void> told;
    bool happened = false;
    {
        const support::failing_allocation no_memory(0);
        told.fail(std::make_error_code(std::errc::operation_canceled), "a call");
        happened = no_memory.happened();
    }
    CHECK(happened == support::allocations_are_watched);
    CHECK(told.failed());
    if (happened) CHECK_THROWS_AS(told.take(), std::bad_alloc);
}
