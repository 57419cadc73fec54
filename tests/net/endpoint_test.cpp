// SPDX-License-Identifier: MIT
#include <rill/net/endpoint.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <unordered_set>
#include <vector>

#include "support/catch.hpp"

using rill::endpoint;
using rill::ip_address;

static_assert(sizeof(endpoint) == 24 && std::is_trivially_copyable_v<endpoint>);
static_assert(!std::is_constructible_v<endpoint, const char*> &&
              !std::is_constructible_v<endpoint, const char*, const char*>);
static_assert(!std::is_convertible_v<rill::backend::socket_address, endpoint>);
static_assert(noexcept(endpoint::parse(std::string_view())));

namespace {

std::string text_of(endpoint each) { return to_string(each); }

consteval bool is_written_as(endpoint each, std::string_view expected) {
    endpoint::text_buffer buffer{};
    return each.format_to(buffer) == expected;
}

}  // namespace

TEST_CASE("an endpoint that is not initialised is 0.0.0.0, port 0") {
    STATIC_REQUIRE(endpoint() == endpoint("0.0.0.0", 0));
}

TEST_CASE("an endpoint is made of an address, or its text, and a port of any integer type") {
    const std::string text = "2001:db8::1";
    CHECK(text_of({"127.0.0.1", 80}) == "127.0.0.1:80");
    CHECK(text_of({text, std::uint16_t{80}}) == "[2001:db8::1]:80");
    CHECK(text_of({std::string_view(text), 80u}) == "[2001:db8::1]:80");
    CHECK(text_of({ip_address::loopback_v6(), short{80}}) == "[::1]:80");
    CHECK(to_string(endpoint(ip_address::any_v4(), std::size_t{65'535})) == "0.0.0.0:65535");
}

TEST_CASE("an endpoint gives back its address and its port") {
    constexpr endpoint v4("192.0.2.1", 65'535), v6("fe80::1%7", 1);
    STATIC_REQUIRE((v4.address() == ip_address("192.0.2.1") && v4.port() == 65'535));
    STATIC_REQUIRE((v6.address() == ip_address("fe80::1%7") && v6.port() == 1));
}

TEST_CASE("an address that cannot be read is an error that names it") {
    CHECK_THROWS_WITH(endpoint("256.0.0.1", 80), Catch::Matchers::StartsWith("\"256.0.0.1\" is not an IP address: "));
    try {
        (void)endpoint("localhost", 80);
        FAIL("localhost is no address");
    } catch (const std::system_error& error) {
        CHECK(error.code() == std::errc::invalid_argument);
    }
}

TEST_CASE("a port out of range is an error that names it, and is never cut") {
    const long long port =
        GENERATE(values<long long>({-1, 65'536, 65'616, 0x1'0000'0050, std::numeric_limits<long long>::max(),
                                    std::numeric_limits<long long>::min()}));
    const std::string message = std::string("port ") + std::to_string(port) + " is not in 0..65535: ";
    CHECK_THROWS_WITH(endpoint("127.0.0.1", port), Catch::Matchers::StartsWith(message));
    CHECK_THROWS_AS(endpoint("127.0.0.1", port), std::system_error);
}

TEST_CASE("endpoints that are well written are read, and written back") {
    struct row {
        const char *text, *written;
    };
    constexpr row table[]{
        {"1.2.3.4:80", "1.2.3.4:80"},
        {"0.0.0.0:0", "0.0.0.0:0"},
        {"255.255.255.255:65535", "255.255.255.255:65535"},
        {"[::]:0", "[::]:0"},
        {"[::1]:443", "[::1]:443"},
        {"[2001:DB8:0::1]:8080", "[2001:db8::1]:8080"},
        {"[::ffff:192.0.2.1]:80", "[::ffff:192.0.2.1]:80"},
        {"[fe80::1%7]:80", "[fe80::1%7]:80"},
        {"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535",
         "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535"},
    };
    for (const auto& [text, written] : table) {
        INFO(text);
        const auto place = endpoint::parse(text);
        REQUIRE(place.has_value());
        CHECK(to_string(*place) == written);
        CHECK(endpoint::parse(written) == place);
        CHECK(std::string_view(written).size() <= endpoint::text_size_max);
    }
}

TEST_CASE("what is not exactly an endpoint is refused") {
    using namespace std::string_view_literals;
    struct row {
        const char* fault;
        std::vector<std::string_view> texts;
    };
    const std::vector<row> table{
        {"a part is missing", {"", ":", ":80", "80", "1.2.3.4", "1.2.3.4:", "::1", "[::1]", "[::1]:", "[::1]443"}},
        {"the port is too large", {"1.2.3.4:65536", "[::1]:65536", "1.2.3.4:99999999999999999999"}},
        {"the port is no plain number", {"1.2.3.4:080", "1.2.3.4:00", "1.2.3.4:-1", "1.2.3.4:+1", "1.2.3.4:0x50"}},
        {"the port is a name", {"1.2.3.4:http", "[::1]:https"}},
        {"spaces and zero bytes", {"1.2.3.4: 80", "1.2.3.4:80 ", " 1.2.3.4:80", "1.2.3.4 :80", "1.2.3.4:80\0"sv}},
        {"spaces at brackets", {"[::1] :443", "[ ::1]:443", " [::1]:443"}},
        {"a part too many", {"1.2.3.4:80:80", "[::1]:443:443", "[::1]:443]"}},
        {"brackets", {"::1:443", "[1.2.3.4]:80", "[1.2.3.4:80", "1.2.3.4]:80", "[::1:443", "::1]:443", "[]:443"}},
        {"more brackets", {"[[::1]]:443", "[::1]]:443", "[", "]", "[]", "[]:"}},
        {"the address", {"1.2.3:80", "localhost:80", "[fe80::1%eth0]:80", "[fe80::1]%7:80"}},
    };
    for (const auto& [fault, texts] : table) {
        for (const std::string_view text : texts) {
            INFO(fault << ": \"" << text << '"');
            CHECK_FALSE(endpoint::parse(text).has_value());
        }
    }
}

TEST_CASE("endpoints are read and written at compile time, so without an allocation") {
    STATIC_REQUIRE(endpoint::parse("[::1]:443") == endpoint("::1", 443));
    STATIC_REQUIRE(is_written_as({"::1", 443}, "[::1]:443"));
    STATIC_REQUIRE(is_written_as({"127.0.0.1", 65'535}, "127.0.0.1:65535"));
    STATIC_REQUIRE_FALSE(endpoint::parse("::1:443").has_value());
}

TEST_CASE("endpoints are ordered by address, then by port") {
    const std::vector<endpoint> ordered{{"1.2.3.4", 0}, {"1.2.3.4", 80}, {"1.2.3.4", 443}, {"1.2.3.5", 1},
                                        {"::", 0},      {"::1", 0},      {"::1", 1},       {"::1%1", 0}};
    for (std::size_t i = 0; i < ordered.size(); ++i)
        for (std::size_t j = 0; j < ordered.size(); ++j) {
            INFO(to_string(ordered[i]) << ' ' << to_string(ordered[j]));
            CHECK(((ordered[i] <=> ordered[j]) == (i <=> j)));
            CHECK((ordered[i] == ordered[j]) == (i == j));
        }
}

TEST_CASE("endpoints are keys of unordered containers, and neighbours are spread") {
    const std::unordered_set<endpoint> users{{"127.0.0.1", 1}, {"127.0.0.1", 2}, {"127.0.0.1", 1}};
    CHECK(users.size() == 2);
    std::unordered_set<std::size_t> low_bits;
    for (int port = 0; port < 4096; ++port) low_bits.insert(std::hash<endpoint>()({"10.0.0.1", port}) & 4095);
    CHECK(low_bits.size() > 2300);  // 4096 * (1 - 1 / e) = 2589 by chance
}

TEST_CASE("an endpoint is handed to a backend and comes back the same") {
    const endpoint place = GENERATE(values<endpoint>({{}, {"192.0.2.1", 80}, {"::", 0}, {"fe80::1%7", 65'535}}));
    const rill::backend::socket_address handed = place.to_socket_address();
    CHECK(handed.family == (place.address().is_v4() ? rill::family::v4 : rill::family::v6));
    CHECK(handed.port == place.port());
    CHECK(handed.scope_id == place.address().scope_id());
    CHECK((endpoint(handed) == place));
}

TEST_CASE("a backend finds IPv4 in the first four bytes and the port in host order") {
    const rill::backend::socket_address handed = endpoint("192.0.2.1", 0x1234).to_socket_address();
    CHECK(std::to_array(handed.bytes) == std::array<std::uint8_t, 16>{192, 0, 2, 1});
    CHECK(handed.port == 0x1234);
}

TEST_CASE("what a backend leaves in places that the family does not use makes no difference") {
    rill::backend::socket_address reported = endpoint("192.0.2.1", 80).to_socket_address();
    reported.bytes[15] = 1;
    reported.scope_id = 7;
    CHECK((endpoint(reported) == endpoint("192.0.2.1", 80)));
}

TEST_CASE("a local address is no endpoint") {
    rill::backend::socket_address reported;
    reported.family = rill::family::local;
    try {
        (void)endpoint(reported);
        FAIL("made an endpoint of a path");
    } catch (const std::system_error& error) {
        CHECK(error.code() == std::errc::address_family_not_supported);
    }
}
