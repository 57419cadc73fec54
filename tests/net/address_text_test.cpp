// SPDX-License-Identifier: MIT
#include <rill/net/address_text.hpp>

// Reading and writing, compared with the system's own; the tables are in ip_address_test.cpp.
#ifdef _WIN32

#include "support/catch.hpp"

TEST_CASE("200 000 mutated texts are read as inet_pton reads them") { WARN("skipped: the oracle is that of POSIX"); }
TEST_CASE("100 000 random addresses are written as inet_ntop writes them") {
    WARN("skipped: the oracle is that of POSIX");
}

#else

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>

#include <rill/core/described_error.hpp>
#include <rill/net/ip_address.hpp>

#include "support/address_oracle.hpp"
#include "support/catch.hpp"

using rill::ip_address;

namespace {

using generator = std::mt19937_64;

std::size_t below(generator& source, std::size_t limit) { return static_cast<std::size_t>(source() % limit); }

/// An address with many zero groups and zero bits, for these are what notations differ in.
ip_address any_address(generator& source) {
    if (below(source, 4) == 0) {
        ip_address::v4_bytes bytes{};
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(source() >> below(source, 64));
        return ip_address(bytes);
    }
    ip_address::v6_bytes bytes{};
    for (std::size_t i = 0; i < 16; i += 2) {
        const std::uint64_t group = below(source, 2) == 0 ? 0 : source() >> below(source, 64);
        bytes[i] = static_cast<std::uint8_t>(group >> 8);
        bytes[i + 1] = static_cast<std::uint8_t>(group);
    }
    if (below(source, 8) == 0) std::fill_n(bytes.begin(), 10, std::uint8_t{0}), bytes[10] = bytes[11] = 0xff;
    return ip_address(bytes, below(source, 4) == 0 ? static_cast<std::uint32_t>(source() >> below(source, 64)) : 0);
}

std::string any_text(generator& source) {
    if (below(source, 4) == 0) {
        char text[INET6_ADDRSTRLEN] = "";  // in the system's notation, `::1.2.3.4` included
        const auto bytes = any_address(source).bytes_v6();
        return inet_ntop(AF_INET6, bytes.data(), text, sizeof text);
    }
    std::string text = to_string(any_address(source));
    if (below(source, 4) == 0)
        text = (text.find(':') == text.npos ? text : '[' + text + ']') + ':' + std::to_string(source() % 66'000);
    return text;
}

void mutate(generator& source, std::string& text) {
    using namespace std::string_view_literals;
    constexpr std::string_view alphabet = "0123456789abcdefABCDEF0011::::....%%[]gx /-+\0\xff"sv;
    const std::size_t place = below(source, text.size() + 1);
    const std::size_t size = below(source, 5);
    switch (below(source, 5)) {
        case 0:
            text.insert(place, 1, alphabet[below(source, alphabet.size())]);
            break;
        case 1:
            text.erase(place, size);
            break;
        case 2:
            text.insert(place, text.substr(below(source, text.size() + 1), size));
            break;
        case 3:
            text.replace(place, 1, 1, alphabet[below(source, alphabet.size())]);
            break;
        case 4:
            text.insert(place, std::to_string(source() >> below(source, 64)));
            break;
    }
}

generator::result_type seed() {
    const char* wanted = std::getenv("RILL_TEST_SEED");
    return wanted ? std::strtoull(wanted, nullptr, 10) : std::random_device()();
}

}  // namespace

TEST_CASE("200 000 mutated texts are read as inet_pton reads them") {
    const auto start = seed();
    INFO("RILL_TEST_SEED=" << start);
    generator source(start);
    int read = 0;
    for (int i = 0; i < 200'000; ++i) {
        std::string text = any_text(source);
        for (std::size_t changes = below(source, 4); changes != 0; --changes) mutate(source, text);
        const std::string wrong = address_oracle::disagreement(text);
        if (!wrong.empty()) FAIL(rill::error_text().append_quoted(text).c_str() << ": " << wrong);
        if (ip_address::parse(text)) ++read;
    }
    CHECK(read > 50'000);   // or the texts were not worth reading,
    CHECK(read < 150'000);  // or not worth refusing
}

TEST_CASE("100 000 random addresses are written as inet_ntop writes them") {
    const auto start = seed();
    INFO("RILL_TEST_SEED=" << start);
    generator source(start);
    for (int i = 0; i < 100'000; ++i) {
        const std::string wrong = address_oracle::disagreement(any_address(source));
        if (!wrong.empty()) FAIL(wrong);
    }
    SUCCEED();
}

#endif
