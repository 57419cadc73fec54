// SPDX-License-Identifier: MIT
#include <rill/net/quoted.hpp>

#include <string>
#include <string_view>

#include "support/catch.hpp"

using rill::quoted;

TEST_CASE("a printable text is quoted as it is") {
    CHECK(quoted("") == R"("")");
    CHECK(quoted("fe80::1%eth0 ~") == R"("fe80::1%eth0 ~")");
}

TEST_CASE("bytes that could break a line, a quotation or a terminal are escaped") {
    using namespace std::string_view_literals;
    CHECK(quoted("a\"\\\r\n\x1b[2J\x7f\x80\xff\0"sv) == R"("a\x22\x5c\x0d\x0a\x1b[2J\x7f\x80\xff\x00")");
}

TEST_CASE("of a text over 64 bytes the beginning and the length are shown") {
    CHECK(quoted(std::string(64, 'a')) == "\"" + std::string(64, 'a') + "\"");
    CHECK(quoted(std::string(65, 'a')) == "\"" + std::string(64, 'a') + "...\" (65 bytes)");
}
