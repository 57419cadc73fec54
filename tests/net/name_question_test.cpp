// SPDX-License-Identifier: MIT
#include <rill/net/name_question.hpp>

#include <string>
#include <string_view>
#include <system_error>

#include "support/catch.hpp"

using rill::name_question;

namespace {

std::error_code refusal(std::string_view host, std::string_view service) {
    return rill::to_error_code(name_question(host, service).refused());
}

}  // namespace

TEST_CASE("a host or a service that is empty, too long, or has a zero in it is refused") {
    using namespace std::string_view_literals;
    CHECK(refusal("", "80") == std::errc::invalid_argument);
    CHECK(refusal("a", "") == std::errc::invalid_argument);
    CHECK(refusal(std::string(256, 'a'), "80") == std::errc::invalid_argument);
    CHECK_FALSE(refusal(std::string(255, 'a'), "80"));
    CHECK(refusal("localhost\0.example.org"sv, "80") == std::errc::invalid_argument);
    CHECK(refusal("localhost\0"sv, "80") == std::errc::invalid_argument);
    CHECK(refusal("localhost", "80\0"sv) == std::errc::invalid_argument);
    CHECK(refusal("localhost", std::string(256, 'a')) == std::errc::invalid_argument);
}

TEST_CASE("what looks like an address and is none is not found, and never read in another way") {
    for (const char* const host :
         {"127.1", "0x7f.0.0.0x1", "127.0.0.0x", "0177.0.0.1", "127.0.0.01", "1.2.3.4.5", "a.1"}) {
        INFO(host);
        CHECK(refusal(host, "80") == rill::errc::host_not_found);
    }
    CHECK(refusal("2130706433", "80") == rill::errc::host_not_found);
    CHECK(refusal("127.1.", "80") == rill::errc::host_not_found);
    for (const char* const host : {"127.0.0.1", "::1", "1.2.3.4.example", "host1", "0xa.example", "a.b1c"}) {
        INFO(host);
        CHECK_FALSE(refusal(host, "80"));
    }
}

TEST_CASE("an address with a port is its own answer, and nothing else is") {
    CHECK(name_question("127.0.0.1", "80").own_answer() == rill::endpoint("127.0.0.1", 80));
    CHECK(name_question("fe80::1%7", 65535).own_answer() == rill::endpoint("fe80::1%7", 65535));
    CHECK_FALSE(name_question("127.0.0.1", "http").own_answer());
    CHECK_FALSE(name_question("127.0.0.1", "65536").own_answer());
    CHECK_FALSE(name_question("127.0.0.1", "80 ").own_answer());
    CHECK_FALSE(name_question("localhost", 80).own_answer());
}

TEST_CASE("a service without a letter is a port as it is written, or refused") {
    for (const char* const service : {"0", "80", "65535", "http", "x11-1", "80x"}) {
        INFO(service);
        CHECK_FALSE(refusal("localhost", service));
    }
    for (const char* const service : {"65536", "65616", "4294967376", " 80", "80 ", "+80", "-1", "080", "8 0", "80:"}) {
        INFO(service);
        CHECK(refusal("localhost", service) == std::errc::invalid_argument);
        CHECK(refusal("127.0.0.1", service) == std::errc::invalid_argument);
    }
}

TEST_CASE("a port that is none is an error at once") {
    CHECK_THROWS_AS(name_question("localhost", 65536), std::system_error);
    CHECK_THROWS_AS(name_question("localhost", -1), std::system_error);
}

TEST_CASE("what comes from outside is quoted in the description of a question") {
    const rill::error_text text = name_question("a\n\"b", "x").describe("resolve");
    CHECK(std::string_view(text.c_str()) == R"(resolve "a\x0a\x22b" "x")");
}
