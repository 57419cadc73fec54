// SPDX-License-Identifier: MIT
#include <rill/core/all_failed.hpp>

#include <exception>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>

#include "support/catch.hpp"

using rill::all_failed;

static_assert(std::is_nothrow_copy_constructible_v<all_failed>);
static_assert(!std::is_base_of_v<std::system_error, all_failed>);

TEST_CASE("all_failed tells how many failed, and why") {
    all_failed failure(3);
    failure.add(std::make_exception_ptr(std::runtime_error("a")));
    failure.add(std::make_exception_ptr(7));
    failure.add(std::make_exception_ptr(std::logic_error("c")));
    CHECK(failure.errors().size() == 3);
    CHECK(std::string(failure.what()) == "all 3 failed: a; an error that is no std::exception; c");
}

TEST_CASE("copies of all_failed share the errors, which live as long as one of them") {
    const all_failed* kept = nullptr;
    std::exception_ptr thrown;
    {
        all_failed failure(1);
        failure.add(std::make_exception_ptr(std::runtime_error("a")));
        try {
            throw failure;
        } catch (const all_failed& caught) {
            kept = &caught;
            thrown = std::current_exception();
            CHECK(caught.errors().data() == failure.errors().data());
        }
    }
    REQUIRE(kept->errors().size() == 1);
    CHECK_THROWS_AS(std::rethrow_exception(kept->errors()[0]), std::runtime_error);
}

TEST_CASE("the text of an all_failed with more reasons than there is room for is cut") {
    all_failed failure(50);
    for (int i = 0; i < 50; ++i) failure.add(std::make_exception_ptr(std::runtime_error("a reason of some length")));
    CHECK(std::string(failure.what()).size() == rill::error_text::size_max);
    CHECK(failure.errors().size() == 50);
}

TEST_CASE("an all_failed without errors says so") {
    const all_failed failure(0);
    CHECK(failure.errors().empty());
    CHECK(std::string(failure.what()) == "all 0 failed");
}
