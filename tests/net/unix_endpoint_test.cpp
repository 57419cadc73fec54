// SPDX-License-Identifier: MIT
#include <rill/net/unix_endpoint.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "support/allocations.hpp"
#include "support/catch.hpp"

namespace {

using rill::unix_endpoint;

template <class Path>
std::string refusal(const Path& path, std::errc expected) {
    try {
        static_cast<void>(unix_endpoint(path));
    } catch (const std::system_error& error) {
        CHECK(error.code() == expected);
        return error.what();
    }
    FAIL("it was taken");
    return {};
}

}  // namespace

TEST_CASE("a unix_endpoint is made from anything that is a path", "[unix]") {
    const char* const plain = "/tmp/a.sock";
    for (const unix_endpoint& each : {unix_endpoint("/tmp/a.sock"), unix_endpoint(std::string("/tmp/a.sock")),
                                      unix_endpoint(std::string_view("/tmp/a.sock")), unix_endpoint(plain),
                                      unix_endpoint(std::filesystem::path("/tmp/a.sock"))}) {
        CHECK(each.path() == "/tmp/a.sock");
        CHECK(each == unix_endpoint(plain));
        CHECK_FALSE(each.is_abstract());
        CHECK_FALSE(each.is_unnamed());
        CHECK(to_string(each) == "/tmp/a.sock");
    }
    CHECK_FALSE(unix_endpoint("/tmp/a") == unix_endpoint("/tmp/b"));
}

TEST_CASE("a path of 107 bytes is taken, one of 108 refused with its length", "[unix]") {
    CHECK(unix_endpoint(std::string(107, 'p')).path().size() == 107);
    const std::string message = refusal(std::string(108, 'p'), std::errc::filename_too_long);
    CHECK_THAT(message, Catch::Matchers::Contains("107") && Catch::Matchers::Contains("108 bytes"));
}

TEST_CASE("a path that is empty or has a zero byte inside is refused", "[unix]") {
    refusal("", std::errc::invalid_argument);
    refusal(std::string("/tmp/a\0b", 8), std::errc::invalid_argument);
    refusal(std::string(1, '\0'), std::errc::invalid_argument);
}

TEST_CASE("a message shows what is not printable in a path escaped", "[unix]") {
    CHECK_THAT(refusal(std::string("a\n\0", 3), std::errc::invalid_argument), Catch::Matchers::Contains("a\\x0a\\x00"));
}

TEST_CASE("an abstract name may have any bytes, up to 107", "[unix]") {
    const std::string bytes("a\0b", 3);
    const unix_endpoint named = unix_endpoint::abstract(bytes);
    CHECK(named.is_abstract());
    CHECK(named.abstract_name() == bytes);
    CHECK(named.path().empty());
    CHECK(to_string(named) == "@" + bytes);
    CHECK(unix_endpoint::abstract(std::string(107, 'n')).abstract_name().size() == 107);
    CHECK_THROWS_AS(unix_endpoint::abstract(std::string(108, 'n')), std::system_error);
    CHECK_FALSE(named == unix_endpoint("a"));
}

TEST_CASE("a unix_endpoint without a name says so", "[unix]") {
    const unix_endpoint none;
    CHECK(none.is_unnamed());
    CHECK(none.path().empty());
    CHECK(none.abstract_name().empty());
    CHECK(to_string(none).empty());
}

TEST_CASE("a unix_endpoint allocates nothing and is as large as its bytes", "[unix][cost]") {
    const std::string path(100, 'p');
    const std::size_t before = support::allocation_count();
    const unix_endpoint one(path);
    const unix_endpoint other = one;
    CHECK(support::allocation_count() == before);
    CHECK(other.path() == path);
    STATIC_REQUIRE(sizeof(unix_endpoint) <= 112);
}
