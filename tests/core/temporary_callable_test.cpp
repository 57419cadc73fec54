// SPDX-License-Identifier: MIT
#include <rill/core/temporary_callable.hpp>

#include <string>
#include <type_traits>
#include <utility>

#include "support/catch.hpp"

TEST_CASE("what g++ 12 would destroy twice is told from what it would not, and other compilers take all") {
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
    constexpr bool takes_all = false;
#else
    constexpr bool takes_all = true;
#endif
    const std::string text;
    int number = 0;
    const auto capturing = [text] { return text.size(); };
    const auto referring = [&number] { return number; };
    const auto empty = [] {};
    struct aggregate {
        std::string text;
        void operator()() const {}
    };
    struct with_constructor {
        explicit with_constructor(std::string from) : text(std::move(from)) {}
        std::string text;
    };
    using capturing_type = std::remove_const_t<decltype(capturing)>;
    STATIC_REQUIRE(rill::survives_being_awaited<capturing_type> == takes_all);
    STATIC_REQUIRE(rill::survives_being_awaited<aggregate> == takes_all);
    STATIC_REQUIRE(rill::survives_being_awaited<capturing_type&>);
    STATIC_REQUIRE(rill::survives_being_awaited<std::remove_const_t<decltype(referring)>>);
    STATIC_REQUIRE(rill::survives_being_awaited<std::remove_const_t<decltype(empty)>>);
    STATIC_REQUIRE(rill::survives_being_awaited<with_constructor>);
    STATIC_REQUIRE(rill::survives_being_awaited<int (*)(int)>);
    CHECK(capturing() + static_cast<std::size_t>(referring()) == 0);
}
