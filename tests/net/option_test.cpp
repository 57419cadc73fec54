// SPDX-License-Identifier: MIT
#include <rill/net/option.hpp>

#include <rill/core/as_result.hpp>
#include <rill/net/tcp_listener.hpp>
#include <rill/net/tcp_stream.hpp>
#include <rill/net/udp_socket.hpp>

#include <chrono>
#include <limits>
#include <string>
#include <utility>

#include "support/catch.hpp"
#include "support/every_backend.hpp"
#include "support/native_socket.hpp"
#include "support/tcp_pair.hpp"

namespace option = rill::option;

namespace {

template <class Option>
void check_both_ways(rill::socket& each) {
    for (const bool on : {true, false, true}) {
        each.set(Option(on));
        CHECK(each.get<Option>().value() == on);
    }
}

}  // namespace

TEST_CASE("an option that was set is what is asked for", "[option]") {
    ON_EVERY_BACKEND(backend);
    auto pair = backend.run([] { return support::connected(); });
    check_both_ways<option::no_delay>(pair.client);
    check_both_ways<option::keep_alive>(pair.client);
    check_both_ways<option::reuse_address>(pair.client);
}

TEST_CASE("an option of a stream is not one of its peer", "[option]") {
    ON_EVERY_BACKEND(backend);
    auto pair = backend.run([] { return support::connected(); });
    pair.client.set(option::no_delay{true});
    CHECK_FALSE(pair.server.get<option::no_delay>().value());
}

TEST_CASE("listeners may use an address again unless they are told otherwise", "[option]") {
    ON_EVERY_BACKEND(backend);
    auto usual = rill::tcp_listener::bind({"127.0.0.1", 0});
    auto told = rill::tcp_listener::bind({"127.0.0.1", 0}, option::reuse_address{false});
    CHECK_FALSE(told.get<option::reuse_address>().value());
    if (!usual.get<option::reuse_address>().value()) WARN("not needed on this system");
}

TEST_CASE("options of a listener are set before it is bound, the backlog among them", "[option]") {
    ON_EVERY_BACKEND(backend);
    auto listener = rill::tcp_listener::bind({"127.0.0.1", 0}, option::backlog{1}, option::keep_alive{true},
                                             option::no_delay{true});
    CHECK(listener.get<option::keep_alive>().value());
    CHECK(listener.get<option::no_delay>().value());
}

TEST_CASE("an option that does not fit the socket is an error with the operation and the peer", "[option]") {
    ON_EVERY_BACKEND(backend);
    auto pair = backend.run([] { return support::connected(); });
    std::string message;
    try {
        pair.client.set(option::v6_only{true});
    } catch (const std::system_error& error) {
        message = error.what();
    }
    CHECK_THAT(message,
               Catch::Matchers::StartsWith("option v6_only " + to_string(pair.client.remote_endpoint()) + ": "));
    CHECK_THROWS_AS(pair.client.get<option::v6_only>(), std::system_error);
}

namespace {

/// Sets a value and asks for it; says so where the platform lacks the option.
template <class Option, class Value>
void check_kept(rill::socket& each, Value value) {
    INFO(option::text_of(Option::name));
    try {
        each.set(Option(value));
    } catch (const std::system_error& error) {
        CHECK_THAT(error.what(), Catch::Matchers::StartsWith(option::text_of(Option::name)));
        CHECK(error.code() == std::errc::not_supported);
        WARN("skipped: " << error.what());
        return;
    }
    CHECK(each.get<Option>().value() == value);
}

}  // namespace

TEST_CASE("numbers and times are kept as they were set, or the platform says that it lacks them", "[option]") {
    using namespace std::chrono_literals;
    ON_EVERY_BACKEND(backend);
    auto pair = backend.run([] { return support::connected(); });
    check_kept<option::keep_alive_idle>(pair.client, 77s);
    check_kept<option::keep_alive_interval>(pair.client, 7s);
    check_kept<option::keep_alive_count>(pair.client, 3);
    check_kept<option::ttl>(pair.client, 33);
    check_kept<option::user_timeout>(pair.client, 5'000ms);
    check_kept<option::linger>(pair.client, 5s);
    check_kept<option::linger>(pair.client, 0s);
    for (const char* const any : {"127.0.0.1", "::1"}) {
        auto datagrams = rill::udp_socket::bind({any, 0});
        check_kept<option::ttl>(datagrams, 44);
        check_kept<option::multicast_ttl>(datagrams, 5);
        check_kept<option::multicast_loop>(datagrams, false);
        check_kept<option::multicast_loop>(datagrams, true);
    }
    auto unconnected = rill::udp_socket::open(rill::family::v4);
    check_kept<option::broadcast>(unconnected, true);
}

TEST_CASE("fast open of a listener is on once it was set, or the platform says that it lacks or forbids it",
          "[option]") {
    ON_EVERY_BACKEND(backend);
    auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
    try {
        listener.set(option::fast_open{16});
    } catch (const std::system_error& error) {
        CHECK((error.code() == std::errc::not_supported || error.code() == std::errc::operation_not_permitted));
        WARN("skipped: " << error.what());
        return;
    }
    CHECK(listener.get<option::fast_open>().value() != 0);  // FreeBSD keeps no number
}

TEST_CASE("fast open is set before a connection is made", "[option]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> rill::task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        const auto client = co_await rill::as_result(
            rill::tcp_stream::connect(listener.local_endpoint(), option::fast_open_connect{true}));
        if (!client) {
            CHECK(client.error() == std::errc::not_supported);
            WARN("skipped: " << client.error().message());
        }
    });
}

TEST_CASE("a linger that is negative is off, and is so unless it is set", "[option]") {
    ON_EVERY_BACKEND(backend);
    auto pair = backend.run([] { return support::connected(); });
    CHECK(pair.client.get<option::linger>().value().count() < 0);
    pair.client.set(option::linger{std::chrono::seconds(3)});
    pair.client.set(option::linger{std::chrono::seconds(-1)});
    CHECK(pair.client.get<option::linger>().value().count() < 0);
}

TEST_CASE("a linger that is longer than the system can say is the longest, and not a short one", "[option]") {
    ON_EVERY_BACKEND(backend);
    auto pair = backend.run([] { return support::connected(); });
    for (const int seconds : {65'536, 6'553'600, std::numeric_limits<int>::max()}) {
        pair.client.set(option::linger{std::chrono::seconds(seconds)});
        CHECK(pair.client.get<option::linger>().value().count() >= 327);  // macOS
    }
    pair.client.set(option::linger{std::chrono::seconds(-1)});
}

TEST_CASE("buffers are at least as large as was asked for", "[option]") {
    ON_EVERY_BACKEND(backend);
    auto pair = backend.run([] { return support::connected(); });
    pair.client.set(option::send_buffer{50'000});
    pair.client.set(option::receive_buffer{60'000});
    CHECK(pair.client.get<option::send_buffer>().value() >= 50'000);
    CHECK(pair.client.get<option::receive_buffer>().value() >= 60'000);
}

TEST_CASE("a time that is longer than the system can say becomes the longest", "[option]") {
    STATIC_REQUIRE(option::linger(std::chrono::hours(1'000'000'000)).native() == std::numeric_limits<int>::max());
    STATIC_REQUIRE(option::linger(std::chrono::seconds::min()).native() == std::numeric_limits<int>::min());
    STATIC_REQUIRE(option::linger(std::chrono::seconds(-(std::int64_t{1} << 32))).native() < 0);
    STATIC_REQUIRE(option::user_timeout(std::chrono::seconds(3)).native() == 3'000);
}

TEST_CASE("a count of any type of integer is kept, and one that is more than the system can say becomes the most",
          "[option]") {
    CHECK(option::send_buffer(std::size_t{65'536}).value() == 65'536);
    CHECK(option::multicast_interface(std::uint32_t{3}).value() == 3);
    CHECK(option::send_buffer(~std::size_t{0}).value() == std::numeric_limits<int>::max());
    CHECK(option::ttl(std::numeric_limits<std::int64_t>::min()).value() == std::numeric_limits<int>::min());
}

TEST_CASE("an option by the system's own numbers is the same option", "[option]") {
    ON_EVERY_BACKEND(backend);
    auto pair = backend.run([] { return support::connected(); });
    const auto [level, name] = support::native::keep_alive_numbers();
    pair.client.set(option::raw(level, name, 1));
    CHECK(pair.client.get<option::keep_alive>().value());
    CHECK(pair.client.get(option::raw(level, name, 0)).value() != 0);
    pair.client.set(option::keep_alive{false});
    CHECK(pair.client.get(option::raw(level, name, 1)).value() == 0);
    CHECK_THROWS_AS(pair.client.set(option::raw(level, 9'999, 1)), std::system_error);
    CHECK_THROWS_AS(pair.client.get(option::raw(level, 9'999, 1)), std::system_error);
}

TEST_CASE("an option of a closed socket is bad_file_descriptor", "[option]") {
    ON_EVERY_BACKEND(backend);
    rill::tcp_stream closed;
    for (const bool set : {true, false}) {
        std::error_code why;
        try {
            set ? closed.set(option::no_delay{true}) : static_cast<void>(closed.get<option::no_delay>());
        } catch (const std::system_error& error) {
            why = error.code();
        }
        CHECK(why == std::errc::bad_file_descriptor);
    }
}

TEST_CASE("options are values of their own types", "[option]") {
    STATIC_REQUIRE(option::no_delay{true}.value());
    STATIC_REQUIRE_FALSE(option::no_delay{false}.value());
    STATIC_REQUIRE(option::no_delay::from_native(7).native() == 1);
    STATIC_REQUIRE(option::backlog{16}.value() == 16);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<bool, option::no_delay>);
    STATIC_REQUIRE_FALSE(std::is_same_v<option::no_delay, option::keep_alive>);
    STATIC_REQUIRE(rill::socket_option<option::keep_alive>);
    STATIC_REQUIRE_FALSE(rill::socket_option<option::backlog>);
}
