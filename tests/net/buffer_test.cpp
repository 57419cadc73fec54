// SPDX-License-Identifier: MIT
#include <rill/net/buffer.hpp>

#include <rill/net/tcp_listener.hpp>
#include <rill/net/tcp_stream.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "support/every_backend.hpp"
#include "support/tcp_pair.hpp"

namespace {

using rill::readable_buffer;
using rill::writable_buffer;

template <class Buffer>
std::string sent_as(Buffer& buffer) {
    const auto slice = rill::slice_to_send(buffer);
    return {reinterpret_cast<const char*>(slice.data), slice.size};
}

struct point {
    std::int32_t x, y;
};
struct named {
    std::string name;
};

}  // namespace

TEST_CASE("a string literal is sent without its final zero", "[buffer]") {
    const auto& literal = "hello";
    CHECK(sent_as(literal) == "hello");
    const auto& empty = "";
    CHECK(sent_as(empty).empty());
    const auto& zeros = "a\0b\0";
    CHECK(sent_as(zeros) == std::string("a\0b\0", 4));
}

TEST_CASE("an array of char that ends with something else is sent whole", "[buffer]") {
    const char three[3] = {'a', 'b', 'c'};
    CHECK(sent_as(three) == "abc");
    char changeable[4] = {'a', 'b', 'c', '\0'};  // no literal: its zero is as good as any other byte
    CHECK(sent_as(changeable) == std::string("abc\0", 4));
    const unsigned char bytes[2] = {1, 0};
    CHECK(sent_as(bytes) == std::string("\1\0", 2));
}

TEST_CASE("everything contiguous is sent whole", "[buffer]") {
    const std::array<char, 3> array{'a', '\0', '\0'};
    CHECK(sent_as(array) == std::string("a\0\0", 3));
    const std::string text("ab\0", 3);
    CHECK(sent_as(text) == text);
    const std::string_view view("abc", 2);
    CHECK(sent_as(view) == "ab");
    std::vector<std::uint32_t> numbers{0x01020304, 0x05060708};
    CHECK(sent_as(numbers).size() == 8);
    const std::span<const std::uint32_t> part(numbers.data() + 1, 1);
    CHECK(sent_as(part).size() == 4);
    const point points[2]{{1, 2}, {3, 4}};
    CHECK(sent_as(points).size() == 16);
    const std::vector<char> nothing;
    CHECK(sent_as(nothing).empty());
}

TEST_CASE("what can be filled is what can be written to", "[buffer]") {
    STATIC_REQUIRE(writable_buffer<std::string>);
    STATIC_REQUIRE(writable_buffer<std::vector<std::uint32_t>>);
    STATIC_REQUIRE(writable_buffer<std::span<std::byte>>);
    STATIC_REQUIRE(writable_buffer<const std::span<std::byte>>);
    STATIC_REQUIRE(writable_buffer<std::array<char, 4>>);
    STATIC_REQUIRE(writable_buffer<char[4]>);
    STATIC_REQUIRE_FALSE(writable_buffer<const std::string>);
    STATIC_REQUIRE_FALSE(writable_buffer<std::string_view>);
    STATIC_REQUIRE_FALSE(writable_buffer<std::span<const std::byte>>);
    STATIC_REQUIRE_FALSE(writable_buffer<const char[4]>);
    STATIC_REQUIRE_FALSE(writable_buffer<const std::array<char, 4>>);
}

TEST_CASE("what is not contiguous or not trivially copyable is no buffer", "[buffer]") {
    STATIC_REQUIRE(readable_buffer<std::string_view>);
    STATIC_REQUIRE(readable_buffer<std::vector<point>>);
    STATIC_REQUIRE_FALSE(readable_buffer<std::deque<char>>);
    STATIC_REQUIRE_FALSE(readable_buffer<std::list<char>>);
    STATIC_REQUIRE_FALSE(readable_buffer<std::vector<std::string>>);
    STATIC_REQUIRE_FALSE(readable_buffer<std::vector<bool>>);
    STATIC_REQUIRE_FALSE(readable_buffer<std::vector<named>>);
    STATIC_REQUIRE_FALSE(readable_buffer<int>);
    STATIC_REQUIRE_FALSE(readable_buffer<const char*>);
}

TEST_CASE("buffers of every kind go out and come in", "[buffer]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> rill::task<> {
        auto pair = co_await support::connected();
        const std::vector<std::uint32_t> numbers{1, 2, 3};
        const std::array<char, 2> array{'a', '\0'};
        const char raw[2] = {'r', 'w'};
        co_await pair.client.send_all("lit", std::string("str"), std::string_view("view"), array, numbers, raw,
                                      std::span(numbers).first(1));
        pair.client.shutdown_send();
        std::string text(10, '\0');
        std::array<char, 2> two;
        std::vector<std::uint32_t> three(3);
        char back[2];
        std::uint32_t one[1];
        co_await pair.server.recv_exactly(text, two, three, back, std::span(one));
        CHECK(text == "litstrview");
        CHECK(two == array);
        CHECK(three == numbers);
        CHECK(std::string_view(back, 2) == "rw");
        CHECK(one[0] == 1);
        const std::size_t end = co_await pair.server.recv(text);
        CHECK(end == 0);
    });
}
