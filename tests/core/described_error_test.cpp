// SPDX-License-Identifier: MIT
#include <rill/core/described_error.hpp>

#include <climits>
#include <string>
#include <string_view>

#include "support/catch.hpp"

namespace {

std::string in_quotes(std::string_view text) { return rill::error_text().append_quoted(text).c_str(); }

std::string number(long long of) { return rill::error_text().append_number(of).c_str(); }

}  // namespace

TEST_CASE("a printable text is quoted as it is") {
    CHECK(in_quotes("") == R"("")");
    CHECK(in_quotes("fe80::1%eth0 ~") == R"("fe80::1%eth0 ~")");
}

TEST_CASE("bytes that could break a line, a quotation or a terminal are escaped") {
    using namespace std::string_view_literals;
    CHECK(in_quotes("a\"\\\r\n\x1b[2J\x7f\x80\xff\0"sv) == R"("a\x22\x5c\x0d\x0a\x1b[2J\x7f\x80\xff\x00")");
}

TEST_CASE("of a text over 64 bytes the beginning and the length are shown") {
    CHECK(in_quotes(std::string(64, 'a')) == "\"" + std::string(64, 'a') + "\"");
    CHECK(in_quotes(std::string(65, 'a')) == "\"" + std::string(64, 'a') + "...\" (65 bytes)");
}

TEST_CASE("numbers are appended with all their digits, the least one too") {
    CHECK(number(0) == "0");
    CHECK(number(-70'000) == "-70000");
    CHECK(number(LLONG_MAX) == std::to_string(LLONG_MAX));
    CHECK(number(LLONG_MIN) == std::to_string(LLONG_MIN));
}

TEST_CASE("a duration is told in milliseconds, and in seconds when it is whole or long") {
    const auto text = [](long long ns) { return std::string(rill::error_text().append_duration(ns).c_str()); };
    CHECK(text(-1) == "0 ms");
    CHECK(text(999'999) == "0 ms");
    CHECK(text(300'000'000) == "300 ms");
    CHECK(text(5'000'000'000) == "5 s");
    CHECK(text(9'999'000'000) == "9999 ms");
    CHECK(text(12'345'000'000) == "12 s");
}

TEST_CASE("a text that is longer than its place is cut and still ends") {
    rill::error_text text;
    for (int i = 0; i < 100; ++i) text.append("0123456789");
    CHECK(std::string(text.c_str()).size() == rill::error_text::size_max);
}

TEST_CASE("a described error says what was done and why it failed, and keeps its code") {
    const rill::described_error error(std::errc::address_in_use, "bind 127.0.0.1:80");
    CHECK(error.code() == std::errc::address_in_use);
    CHECK(std::string_view(error.what()).starts_with("bind 127.0.0.1:80: "));
    CHECK(rill::described_error(std::errc::address_in_use, "").what() ==
          std::make_error_code(std::errc::address_in_use).message());
}
