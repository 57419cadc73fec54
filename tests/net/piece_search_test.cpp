// SPDX-License-Identifier: MIT
#include <rill/net/piece_search.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "support/catch.hpp"
#include "support/seeded_random.hpp"

using rill::line_search;
using rill::search_state;
using rill::separator_search;
using rill::size_search;

namespace {

/// Shows a text to a search up to each of some places, one after the other, and then the end.
template <class Search>
Search searched(Search search, std::string_view text, std::initializer_list<std::size_t> places, bool ends = false) {
    for (const std::size_t place : places)
        if (search.state() == search_state::open) search.look(text.substr(0, place));
    if (ends && search.state() == search_state::open) search.end(text);
    return search;
}

/// What a search finds when the bytes come one by one.
template <class Search>
Search byte_by_byte(Search search, std::string_view text) {
    for (std::size_t size = 0; size <= text.size() && search.state() == search_state::open; ++size)
        search.look(text.substr(0, size));
    if (search.state() == search_state::open) search.end(text);
    return search;
}

}  // namespace

TEST_CASE("a line ends with a line feed, with or without a carriage return") {
    const auto plain = searched(line_search(100), "ab\ncd", {5});
    CHECK(plain.state() == search_state::found);
    CHECK(plain.size() == 2);
    CHECK(plain.size_with_end() == 3);
    const auto with_return = searched(line_search(100), "ab\r\ncd", {6});
    CHECK(with_return.size() == 2);
    CHECK(with_return.size_with_end() == 4);
    const auto inside = searched(line_search(100), "a\rb\n", {4});
    CHECK(inside.size() == 3);
    const auto empty = searched(line_search(0), "\n", {1});
    CHECK(empty.state() == search_state::found);
    CHECK(empty.size() == 0);
}

TEST_CASE("a line end that is split is one all the same") {
    const auto split = searched(line_search(2), "ab\r\n", {1, 3, 4});
    CHECK(split.state() == search_state::found);
    CHECK(split.size() == 2);
}

TEST_CASE("a line may be as long as its maximum, and not one byte more") {
    CHECK(searched(line_search(3), "abc\n", {4}).state() == search_state::found);
    CHECK(searched(line_search(3), "abc\r\n", {4, 5}).state() == search_state::found);
    CHECK(searched(line_search(3), "abc\r", {4}).state() == search_state::open);
    CHECK(searched(line_search(3), "abcd", {4}).state() == search_state::too_long);
    CHECK(searched(line_search(3), "abcd\n", {5}).state() == search_state::too_long);
    CHECK(searched(line_search(3), "abc\rd", {5}).state() == search_state::too_long);
    CHECK(searched(line_search(SIZE_MAX), "abc", {3}).state() == search_state::open);
}

TEST_CASE("the end of the stream ends the last line, if it has a byte") {
    CHECK(searched(line_search(9), "abc", {3}, true).size_with_end() == 3);
    CHECK(searched(line_search(9), "abc", {3}, true).state() == search_state::found);
    CHECK(searched(line_search(9), "", {}, true).state() == search_state::nothing);
    CHECK(searched(line_search(3), "abc\r", {4}, true).state() == search_state::too_long);
}

TEST_CASE("a separator is found wherever it is split") {
    const std::string_view text = "head\r\n\r\nbody";
    for (std::size_t place = 1; place < text.size(); ++place) {
        INFO("split at " << place);
        const auto found = searched(separator_search("\r\n\r\n", 4), text, {place, text.size()});
        CHECK(found.state() == search_state::found);
        CHECK(found.size() == 4);
        CHECK(found.size_with_end() == 8);
    }
}

TEST_CASE("a separator that repeats its beginning is found") {
    const auto found = byte_by_byte(separator_search("aab", 10), "aaaab");
    CHECK(found.state() == search_state::found);
    CHECK(found.size() == 2);
}

TEST_CASE("what stands before a separator may be as long as its maximum") {
    CHECK(searched(separator_search("--", 3), "abc--", {5}).state() == search_state::found);
    CHECK(searched(separator_search("--", 3), "abc-", {4}).state() == search_state::open);
    CHECK(searched(separator_search("--", 3), "abcd-", {5}).state() == search_state::too_long);
    CHECK(searched(separator_search("--", 3), "abcd--", {6}).state() == search_state::too_long);
}

TEST_CASE("the end of the stream before a separator cuts a piece short") {
    CHECK(searched(separator_search("--", 9), "abc-", {4}, true).state() == search_state::cut_short);
    CHECK(searched(separator_search("--", 9), "", {}, true).state() == search_state::nothing);
}

TEST_CASE("a number of bytes is there or not") {
    CHECK(searched(size_search(3), "abcd", {2}).state() == search_state::open);
    CHECK(searched(size_search(3), "abcd", {2, 4}).size_with_end() == 3);
    CHECK(searched(size_search(0), "", {0}).state() == search_state::found);
    CHECK(searched(size_search(3), "ab", {2}, true).state() == search_state::cut_short);
}

TEST_CASE("what is found does not depend on the chunks") {
    support::seeded_random random;
    for (int round = 0; round < 20'000; ++round) {
        std::string text;
        for (std::size_t size = random.below(9); size != 0; --size) text.push_back("ab\r\n"[random.below(4)]);
        const std::size_t max = random.below(6);
        const auto same = [&](auto search) {
            auto whole = search;
            whole.look(text);
            if (whole.state() == search_state::open) whole.end(text);
            const auto pieces = byte_by_byte(search, text);
            INFO(random.replay() << ", a text of " << text.size() << ", at most " << max);
            REQUIRE(whole.state() == pieces.state());
            if (whole.state() == search_state::found) REQUIRE(whole.size_with_end() == pieces.size_with_end());
        };
        same(line_search(max));
        same(size_search(max));
        same(separator_search("\r\n", max));
    }
}
