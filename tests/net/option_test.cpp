// SPDX-License-Identifier: MIT
#include <rill/net/option.hpp>

#include <rill/net/tcp_listener.hpp>
#include <rill/net/tcp_stream.hpp>

#include <string>
#include <utility>

#include "support/catch.hpp"
#include "support/every_backend.hpp"
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
