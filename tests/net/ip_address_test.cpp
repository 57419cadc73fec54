// SPDX-License-Identifier: MIT
#include <rill/net/ip_address.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <unordered_set>
#include <vector>

#include "support/catch.hpp"

using rill::ip_address;

static_assert(sizeof(ip_address) == 24 && std::is_trivially_copyable_v<ip_address>);
static_assert(sizeof(rill::backend::socket_address) == 24);
static_assert(std::is_trivially_copyable_v<rill::backend::socket_address>);
static_assert(std::is_convertible_v<const char*, ip_address> && std::is_convertible_v<std::string, ip_address>);
static_assert(std::is_convertible_v<std::string_view, ip_address>);
static_assert(!std::is_constructible_v<ip_address, std::nullptr_t> && !std::is_constructible_v<ip_address, int>);
static_assert(noexcept(ip_address::parse(std::string_view())));

namespace {

std::string message_of(std::string_view text) {
    try {
        return std::string("no error: ") + to_string(ip_address(text));
    } catch (const std::system_error& error) {
        return error.code() == std::errc::invalid_argument ? error.what() : "another error";
    }
}

/// Formats and compares at compile time: nothing here can have allocated.
consteval bool is_written_as(const char* text, std::string_view expected) {
    ip_address::text_buffer buffer{};
    return ip_address(text).format_to(buffer) == expected;
}

}  // namespace

TEST_CASE("an address that is not initialised is 0.0.0.0") {
    STATIC_REQUIRE(ip_address() == ip_address("0.0.0.0"));
    STATIC_REQUIRE(ip_address() == ip_address::any_v4());
}

TEST_CASE("the named addresses are what their texts say") {
    CHECK(to_string(ip_address::any_v4()) == "0.0.0.0");
    CHECK(to_string(ip_address::any_v6()) == "::");
    CHECK(to_string(ip_address::loopback_v4()) == "127.0.0.1");
    CHECK(to_string(ip_address::loopback_v6()) == "::1");
    CHECK(to_string(ip_address::broadcast_v4()) == "255.255.255.255");
}

TEST_CASE("addresses that are well written are read, and written as RFC 5952 recommends") {
    struct row {
        const char* text;
        const char* written;
    };
    constexpr row table[]{
        {"0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255"},
        {"192.0.2.1", "192.0.2.1"},
        {"::", "::"},
        {"::1", "::1"},
        {"1::", "1::"},
        {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},           // 4.1 and 4.3
        {"2001:0db8::0001", "2001:db8::1"},                // 4.1: no leading zeros
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},  // 4.2.2: one group stays
        {"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},   // and `::` may stand for one
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},           // 4.2.3: the longest
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},     // 4.2.3: the first of equals
        {"0:0:1:0:0:0:0:0", "0:0:1::"},                    // the longest, at the end
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},            // a gap of one at the end
        {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},            // and at the front
        {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},  // 5: mapped
        {"::FFFF:c000:201", "::ffff:192.0.2.1"},
        {"::192.0.2.1", "::c000:201"},  // compatible addresses are history
        {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
        {"1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"},
        {"::2:3:4:5:6:1.2.3.4", "0:2:3:4:5:6:102:304"},
        {"fe80::1%7", "fe80::1%7"},
        {"fe80::1%0", "fe80::1"},                                     // 0 is no scope
        {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255%4294967295",  // the longest that is read
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295"},       // the longest that is written
    };
    for (const auto& [text, written] : table) {
        INFO(text);
        const auto address = ip_address::parse(text);
        REQUIRE(address.has_value());
        CHECK(to_string(*address) == written);
        CHECK(ip_address::parse(written) == address);
        CHECK(std::string_view(written).size() <= ip_address::text_size_max);
    }
}

TEST_CASE("what is not exactly an address is refused") {
    using namespace std::string_view_literals;
    struct row {
        const char* fault;
        std::vector<std::string_view> texts;
    };
    const std::vector<row> table{
        {"no address", {"", " ", ".", ":", "%", "%7", "localhost", "eth0", "-1", "a.2.3.4", "1.2.3.\xd9\xa4", "::g"}},
        {"not four parts", {"1", "1.2", "1.2.3", "1.2.3.", ".1.2.3", "1.2.3.4.", ".1.2.3.4", "1.2.3.4.5", "1..2.3"}},
        {"an old notation", {"2130706433", "0x7f.0.0.1", "01.2.3.4", "1.2.3.04", "00.0.0.0"}},
        {"too large", {"1.2.3.256", "1.2.3.1000", "1.2.3.4294967297", "1.2.3.18446744073709551617"}},
        {"signs and spaces", {"1.2.3.-4", "+1.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4\n", "::-1", ":: ", " ::"}},
        {"a zero byte", {"1.2.3.4\0"sv, "1.2.3.4\0.5"sv, "::\0"sv}},
        {"more than an address", {"1.2.3.4:80", "1.2.3.4/24", "[::1]", "[::1]:80", "::1/128", "fe80::1%7]"}},
        {"colons", {":1", "1:", ":::", "1:::2", "::1::", "1::2::3", "::1:", ":1::"}},
        {"too few or many groups", {"1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "::12345", "::00001"}},
        {"a gap of nothing", {"1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "1:2:3:4:5:6::1.2.3.4"}},
        {"IPv4 inside", {"::ffff:1.2.3", "::ffff:1.2.3.4.5", "::ffff:1.2.3.04", "::ffff:256.2.3.4"}},
        {"IPv4 misplaced", {"::1.2.3.4:5", "::1.2.3.4:", "1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:1.2.3.4"}},
        {"no scope", {"::1%", "::1%%7", "::1%eth0", "::1%7 ", "::1% 7", "::1%-7", "::1%7%8", "1.2.3.4%7", "::1%0x7"}},
        {"a scope too large, or not plain", {"::1%07", "::1%00", "::1%4294967296", "::1%99999999999999999999"}},
    };
    for (const auto& [fault, texts] : table) {
        for (const std::string_view text : texts) {
            INFO(fault << ": \"" << text << '"');
            CHECK_FALSE(ip_address::parse(text).has_value());
            CHECK_THROWS_AS(ip_address(text), std::system_error);
        }
    }
}

TEST_CASE("parts of any length are refused, not cut") {
    for (const char* part : {"0", "1", "f", ":", ".", "%", "1.", "1:", "::"}) {
        std::string text;
        while (text.size() < 100'000) text += part;
        INFO(part);
        CHECK_FALSE(ip_address::parse(text).has_value());
        CHECK_FALSE(ip_address::parse("1.2.3." + text).has_value());
        CHECK_FALSE(ip_address::parse("1::" + text).has_value());
        CHECK_FALSE(ip_address::parse("1::2%1" + text).has_value());
    }
}

TEST_CASE("addresses are read and written at compile time, so without an allocation") {
    STATIC_REQUIRE(is_written_as("2001:DB8::0:1", "2001:db8::1"));
    STATIC_REQUIRE(is_written_as("::FFFF:192.0.2.1", "::ffff:192.0.2.1"));
    STATIC_REQUIRE(is_written_as("fe80::1%4294967295", "fe80::1%4294967295"));
    STATIC_REQUIRE(ip_address(std::string_view("10.0.0.1")) == ip_address(ip_address::v4_bytes{10, 0, 0, 1}));
    STATIC_REQUIRE_FALSE(ip_address::parse("10.0.0.256").has_value());
}

TEST_CASE("a text with too many parts is refused before anything is written past the sixteen bytes") {
    // At compile time, where a write out of bounds does not compile; a sanitizer would miss it inside the object.
    STATIC_REQUIRE_FALSE(ip_address::parse("1:2:3:4:5:6:7:8:9").has_value());
    STATIC_REQUIRE_FALSE(ip_address::parse("1:2:3:4:5:6:7:8::").has_value());
    STATIC_REQUIRE_FALSE(ip_address::parse("::1:2:3:4:5:6:7:8").has_value());
    STATIC_REQUIRE_FALSE(ip_address::parse("1:2:3:4:5:6:7:1.2.3.4").has_value());
    STATIC_REQUIRE_FALSE(ip_address::parse("::1:2:3:4:5:6:1.2.3.4").has_value());
    STATIC_REQUIRE_FALSE(ip_address::parse("1.2.3.4.5").has_value());
}

TEST_CASE("the error names the text and says what to do") {
    CHECK_THAT(message_of("256.0.0.1"), Catch::Matchers::StartsWith("\"256.0.0.1\" is not an IP address: "));
    CHECK_THAT(message_of("localhost"),
               Catch::Matchers::StartsWith("\"localhost\" is not an IP address (a name needs rill::resolve): "));
    CHECK_THAT(message_of("fe80::1%eth0"),
               Catch::Matchers::StartsWith("\"fe80::1%eth0\" is not an IP address (a scope must be a number"));
    CHECK_THAT(message_of(""), Catch::Matchers::StartsWith("\"\" is not an IP address: "));
    CHECK_THROWS_AS(ip_address(static_cast<const char*>(nullptr)), std::system_error);
}

TEST_CASE("the error shows a hostile text escaped and cut") {
    CHECK_THAT(message_of("a\"\\\r\n\x1b[2J\x7f\xff"),
               Catch::Matchers::StartsWith(R"("a\x22\x5c\x0d\x0a\x1b[2J\x7f\xff" is not)"));
    CHECK_THAT(message_of(std::string(64, 'a')),
               Catch::Matchers::StartsWith("\"" + std::string(64, 'a') + "\" is not"));
    CHECK_THAT(message_of(std::string(1'000'000, 'a')),
               Catch::Matchers::StartsWith("\"" + std::string(64, 'a') + "...\" (1000000 bytes) is not"));
}

TEST_CASE("questions about an address are answered at both ends of each range") {
    struct row {
        const char* question;
        bool (ip_address::*ask)() const noexcept;
        std::vector<const char*> yes, no;
    };
    const std::vector<row> rows{
        {"unspecified",
         &ip_address::is_unspecified,
         {"0.0.0.0", "::", "::%7", "::ffff:0.0.0.0"},
         {"0.0.0.1", "::1", "1::"}},
        {"loopback",
         &ip_address::is_loopback,
         {"127.0.0.0", "127.255.255.255", "::1", "::ffff:127.0.0.1"},
         {"126.255.255.255", "128.0.0.0", "::", "::2", "1::1", "::127.0.0.1", "7f00::"}},
        {"private",
         &ip_address::is_private,
         {"10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255",
          "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::ffff:10.0.0.1"},
         {"9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0",
          "fbff::", "fe00::", "127.0.0.1", "a00::", "::10.0.0.1"}},
        {"link_local",
         &ip_address::is_link_local,
         {"169.254.0.0", "169.254.255.255", "fe80::", "febf::1", "fe80::1%7", "::ffff:169.254.169.254"},
         {"169.253.255.255", "169.255.0.0", "fe7f::", "fec0::"}},
        {"multicast",
         &ip_address::is_multicast,
         {"224.0.0.0", "239.255.255.255", "ff00::", "ff02::1", "::ffff:224.0.0.1"},
         {"223.255.255.255", "240.0.0.0", "feff::", "::"}},
        {"broadcast",
         &ip_address::is_broadcast,
         {"255.255.255.255", "::ffff:255.255.255.255"},
         {"255.255.255.254", "192.168.1.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::ffff:ffff"}},
        {"documentation",
         &ip_address::is_documentation,
         {"192.0.2.0", "192.0.2.255", "198.51.100.1", "203.0.113.1",
          "2001:db8::", "2001:db8:ffff::", "3fff::", "3fff:fff::", "::ffff:192.0.2.1"},
         {"192.0.1.255", "192.0.3.0", "198.51.101.0", "203.0.112.255",
          "2001:db7::", "2001:db9::", "3fff:1000::", "3ffe::"}},
        {"v4", &ip_address::is_v4, {"1.2.3.4"}, {"::", "::ffff:1.2.3.4"}},
        {"v6", &ip_address::is_v6, {"::", "::ffff:1.2.3.4"}, {"1.2.3.4"}},
        {"v4_mapped",
         &ip_address::is_v4_mapped,
         {"::ffff:0.0.0.0", "::ffff:ffff:ffff", "::ffff:1.2.3.4%7"},
         {"1.2.3.4", "::1.2.3.4", "::fffe:1.2.3.4", "1::ffff:1.2.3.4", "::1:ffff:1.2.3.4"}},
    };
    for (const row& each : rows) {
        for (const char* text : each.yes) {
            INFO(each.question << ' ' << text);
            CHECK((ip_address(text).*each.ask)());
        }
        for (const char* text : each.no) {
            INFO(each.question << ' ' << text);
            CHECK_FALSE((ip_address(text).*each.ask)());
        }
    }
}

TEST_CASE("an IPv4 address has a class, an IPv6 address none") {
    const auto class_of = [](const char* text) { return ip_address(text).address_class(); };
    CHECK((class_of("0.0.0.0") == 'A' && class_of("127.255.255.255") == 'A'));
    CHECK((class_of("128.0.0.0") == 'B' && class_of("191.255.255.255") == 'B'));
    CHECK((class_of("192.0.0.0") == 'C' && class_of("223.255.255.255") == 'C'));
    CHECK((class_of("224.0.0.0") == 'D' && class_of("239.255.255.255") == 'D'));
    CHECK((class_of("240.0.0.0") == 'E' && class_of("255.255.255.255") == 'E'));
    CHECK(class_of("::ffff:10.0.0.1") == 'A');
    CHECK((class_of("::") == '\0' && class_of("::10.0.0.1") == '\0' && class_of("2001:db8::1") == '\0'));
}

TEST_CASE("bytes go in and come out in network order") {
    constexpr ip_address::v4_bytes four{192, 0, 2, 1};
    constexpr ip_address::v6_bytes sixteen{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    CHECK(to_string(ip_address(four)) == "192.0.2.1");
    CHECK(to_string(ip_address(sixteen)) == "2001:db8::1");
    CHECK(to_string(ip_address(sixteen, 9)) == "2001:db8::1%9");
    CHECK(ip_address("192.0.2.1").bytes_v4() == four);
    CHECK(ip_address("2001:db8::1%9").bytes_v6() == sixteen);
    CHECK(ip_address("::ffff:192.0.2.1").bytes_v4() == four);
    CHECK(ip_address("192.0.2.1").bytes_v6() == ip_address("::ffff:192.0.2.1").bytes_v6());
    CHECK_THROWS_AS(ip_address("::c000:201").bytes_v4(), std::system_error);
}

TEST_CASE("only a mapped address changes when it is unmapped") {
    CHECK(to_string(ip_address("::ffff:192.0.2.1").unmapped()) == "192.0.2.1");
    CHECK(ip_address("::ffff:192.0.2.1%7").unmapped() == ip_address("192.0.2.1"));
    for (const ip_address same : {"192.0.2.1", "::1", "::192.0.2.1", "fe80::1%7"}) CHECK(same.unmapped() == same);
}

TEST_CASE("an address is divided into network and host at every length") {
    struct row {
        const char* address;
        int length;
        const char *network, *host;
    };
    constexpr row table[]{
        {"192.168.43.143", 24, "192.168.43.0", "0.0.0.143"},
        {"192.168.43.143", 0, "0.0.0.0", "192.168.43.143"},
        {"192.168.43.143", 32, "192.168.43.143", "0.0.0.0"},
        {"255.255.255.255", 1, "128.0.0.0", "127.255.255.255"},
        {"255.255.255.255", 9, "255.128.0.0", "0.127.255.255"},
        {"255.255.255.255", 31, "255.255.255.254", "0.0.0.1"},
        {"2001:db8:1:2:3:4:5:6", 64, "2001:db8:1:2::", "::3:4:5:6"},
        {"2001:db8:1:2:3:4:5:6", 0, "::", "2001:db8:1:2:3:4:5:6"},
        {"2001:db8:1:2:3:4:5:6", 128, "2001:db8:1:2:3:4:5:6", "::"},
        {"::ffff:192.0.2.1", 120, "::ffff:192.0.2.0", "::1"},
        {"ffff::", 3, "e000::", "1fff::"},
        {"fe80::1%7", 10, "fe80::%7", "::1"},  // the scope stays with the network
    };
    for (const auto& [address, length, network, host] : table) {
        INFO(address << '/' << length);
        CHECK(to_string(ip_address(address).network(length)) == network);
        CHECK(to_string(ip_address(address).host(length)) == host);
    }
}

TEST_CASE("a prefix length that the family does not have is an error") {
    CHECK_THROWS_AS(ip_address("1.2.3.4").network(33), std::system_error);
    CHECK_THROWS_AS(ip_address("1.2.3.4").network(-1), std::system_error);
    CHECK_THROWS_AS(ip_address("::1").host(129), std::system_error);
    CHECK_THROWS_WITH(ip_address("1.2.3.4").host(64),
                      Catch::Matchers::StartsWith("prefix length 64 is not in 0..32: "));
}

TEST_CASE("addresses are ordered by family, bytes and scope") {
    const std::vector<ip_address> ordered{"0.0.0.0",         "9.9.9.9",   "10.0.0.1",    "128.0.0.0",
                                          "255.255.255.255", "::",        "::1",         "::ffff:0.0.0.0",
                                          "fe80::1",         "fe80::1%7", "fe80::1%300", "fe80::2"};
    for (std::size_t i = 0; i < ordered.size(); ++i)
        for (std::size_t j = 0; j < ordered.size(); ++j) {
            INFO(to_string(ordered[i]) << ' ' << to_string(ordered[j]));
            CHECK(((ordered[i] <=> ordered[j]) == (i <=> j)));
            CHECK((ordered[i] == ordered[j]) == (i == j));
        }
}

TEST_CASE("an address compares with a text") {
    CHECK(ip_address::loopback_v6() == "0:0:0:0:0:0:0:1");
    CHECK(ip_address::loopback_v4() != "::ffff:127.0.0.1");
}

TEST_CASE("the hash tells families, bytes and scopes apart, and spreads neighbours") {
    const std::hash<ip_address> hash;
    CHECK(hash("::1") == hash("0:0:0:0:0:0:0:1"));
    CHECK(hash("1.2.3.4") != hash("::ffff:1.2.3.4"));
    CHECK(hash("fe80::1%1") != hash("fe80::1%2"));
    std::unordered_set<std::size_t> low_bits, high_bits;
    for (unsigned i = 0; i < 4096; ++i) {
        const auto byte = [i](unsigned shift) { return static_cast<std::uint8_t>(i >> shift); };
        const std::size_t value = hash(ip_address(ip_address::v4_bytes{10, 0, byte(8), byte(0)}));
        low_bits.insert(value & 4095);
        high_bits.insert(value >> (sizeof value * 8 - 12));
    }
    CHECK(low_bits.size() > 2300);  // 4096 * (1 - 1 / e) = 2589 by chance
    CHECK(high_bits.size() > 2300);
}
