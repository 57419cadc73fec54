// SPDX-License-Identifier: MIT
#include <rill/net/tcp_stream.hpp>

#include <rill/core/as_result.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/with_stop.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/every_backend.hpp"
#include "support/native_socket.hpp"
#include "support/tcp_pair.hpp"

namespace {

using namespace std::chrono_literals;
using rill::as_result;
using rill::task;

/// Where nobody listens.
rill::endpoint nobody() {
    auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
    const rill::endpoint where = listener.local_endpoint();
    listener.close();
    return where;
}

/// A listener that does not answer any more: its backlog is full, so a further connect waits.
struct full_listener {
    rill::tcp_listener listener;
    std::vector<rill::tcp_stream> waiting;  // in the backlog
    bool full = false;
};

task<full_listener> listener_that_is_full() {
    full_listener made;
    made.listener = rill::tcp_listener::bind({"127.0.0.1", 0}, rill::option::backlog{1});
    for (int attempt = 0; attempt < 300 && !made.full; ++attempt) {
        auto connected =
            co_await as_result(rill::timeout(200ms, rill::tcp_stream::connect(made.listener.local_endpoint())));
        if (connected) {
            made.waiting.push_back(std::move(connected).value());
        } else {
            made.full = connected.error() == rill::errc::deadline_exceeded;
            if (!made.full) break;
        }
    }
    if (!made.full) WARN("skipped: a backlog does not fill up here");
    co_return made;
}

}  // namespace

TEST_CASE("connect gives a stream that knows both of its addresses", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        auto client = co_await rill::tcp_stream::connect(listener.local_endpoint());
        auto server = co_await listener.accept();
        CHECK(client.is_open());
        CHECK(client.remote_endpoint() == listener.local_endpoint());
        CHECK(server.local_endpoint() == listener.local_endpoint());
        CHECK(server.remote_endpoint() == client.local_endpoint());
    });
}

TEST_CASE("connect where nobody listens is connection_refused, and the message says what and where", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        const rill::endpoint where = nobody();
        std::string message;
        std::error_code why;
        try {
            co_await rill::tcp_stream::connect(where);
        } catch (const std::system_error& error) {
            message = error.what();
            why = error.code();
        }
        CHECK(why == std::errc::connection_refused);
        CHECK(message == "connect " + to_string(where) + ": " + why.message());
    });
}

TEST_CASE("a thousand refused connects leave no descriptor behind", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        const rill::endpoint where = nobody();
        for (int round = 0; round < 1000; ++round) {
            const auto refused = co_await as_result(rill::tcp_stream::connect(where));
            if (refused.error() != std::errc::connection_refused) FAIL(refused.error().message());
        }
    });
}

TEST_CASE("connect to an address that this machine cannot reach is an error with the address", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        std::string message;
        try {
            co_await rill::tcp_stream::connect({"255.255.255.255", 9});
        } catch (const std::system_error& error) {
            message = error.what();
        }
        CHECK_THAT(message, Catch::Matchers::StartsWith("connect 255.255.255.255:9: "));
    });
}

TEST_CASE("connect to port 0 is an error", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        const auto ended = co_await as_result(rill::tcp_stream::connect({"127.0.0.1", 0}));
        CHECK_FALSE(ended);
    });
}

TEST_CASE("an option that the socket cannot take fails the connect, and nothing is ignored", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        std::string message;
        try {
            co_await rill::tcp_stream::connect(listener.local_endpoint(), rill::option::v6_only{true});
        } catch (const std::system_error& error) {
            message = error.what();
        }
        CHECK_THAT(message, Catch::Matchers::StartsWith("connect " + to_string(listener.local_endpoint()) + ": "));
    });
}

TEST_CASE("connect sets its options before it connects", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        auto client = co_await rill::tcp_stream::connect(listener.local_endpoint(), rill::option::no_delay{true},
                                                         rill::option::keep_alive{true});
        CHECK(client.get<rill::option::no_delay>().value());
        CHECK(client.get<rill::option::keep_alive>().value());
    });
}

TEST_CASE("nothing happens before connect is awaited", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
    const auto before = support::open_descriptors();
    {
        auto never = rill::tcp_stream::connect(listener.local_endpoint(), rill::option::v6_only{true});
        static_cast<void>(never);
        CHECK(support::open_descriptors() == before);
    }
    CHECK(support::open_descriptors() == before);
}

TEST_CASE("a connect that is not answered can be stopped, and its socket is closed", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        const full_listener silent = co_await listener_that_is_full();
        if (!silent.full) co_return;
        const rill::endpoint where = silent.listener.local_endpoint();
        rill::stop_source stop;
        bool stopped = false;
        const auto before = support::open_descriptors();
        auto attempt = [&]() -> task<> {
            const auto stream = co_await rill::with_stop(stop.get_token(), rill::tcp_stream::connect(where));
            stopped = !stream;
        };
        auto stopper = [&]() -> task<> {
            for (int turn = 0; turn < 5; ++turn) co_await rill::yield();
            CHECK(support::open_descriptors().size() == before.size() + 1);
            stop.request_stop();
        };
        co_await rill::when_all(attempt(), stopper());
        CHECK(stopped);
        CHECK(support::open_descriptors() == before);
    });
}

TEST_CASE("a connect that runs out of time closes its socket", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        const full_listener silent = co_await listener_that_is_full();
        if (!silent.full) co_return;
        const auto before = support::open_descriptors();
        const auto late =
            co_await as_result(rill::timeout(10ms, rill::tcp_stream::connect(silent.listener.local_endpoint())));
        CHECK(late.error() == rill::errc::deadline_exceeded);
        CHECK(late.error() == std::errc::timed_out);
        CHECK(support::open_descriptors() == before);
    });
}

TEST_CASE("a connect in a scope that is stopped already makes no socket", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        rill::stop_source stop;
        stop.request_stop();
        const auto stream =
            co_await rill::with_stop(stop.get_token(), rill::tcp_stream::connect(listener.local_endpoint()));
        CHECK_FALSE(stream);
        const auto nobody_came = co_await as_result(rill::timeout(5ms, listener.accept()));
        CHECK(nobody_came.error() == rill::errc::deadline_exceeded);
    });
}

TEST_CASE("the other side of a connection may be gone before its connect is told", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    if (!support::native::tells_late_resets()) {
        WARN("skipped: this system does not tell a reset to those who ask after it");
        return;
    }
    backend.run([]() -> task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        auto server = [&]() -> task<> {
            auto accepted = co_await listener.accept();
            support::native::reset_when_closed(accepted);
        };
        auto client = [&]() -> task<> {
            auto stream = co_await as_result(rill::tcp_stream::connect(listener.local_endpoint()));
            if (!stream) co_return;  // the reset came first
            std::string buffer(8, '\0');
            const auto got = co_await as_result(stream->recv(buffer));
            CHECK(got.error() == std::errc::connection_reset);
        };
        for (int round = 0; round < 50; ++round) co_await rill::when_all(server(), client());
    });
}
