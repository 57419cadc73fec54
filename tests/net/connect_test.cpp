// SPDX-License-Identifier: MIT
#include <rill/net/connect.hpp>

#include <rill/core/as_result.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/net/option.hpp>
#include <rill/net/tcp_listener.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/every_backend.hpp"
#include "support/scripted_names.hpp"

using namespace std::chrono_literals;
using rill::as_result;
using rill::endpoint;
using rill::task;
using rill::tcp_listener;
using rill::tcp_stream;
using support::scripted_name;

namespace {

bool names_can_be_scripted() {
    if (!support::names_are_scripted) WARN("the system's resolver can't be taken over here");
    return support::names_are_scripted;
}

std::vector<endpoint> interleaved(const std::vector<endpoint>& all) {
    std::vector<endpoint> turns;
    rill::interleave(all, [&](const endpoint& each) { turns.push_back(each); });
    return turns;
}

/// An address that takes no connection and refuses none: its queue is full.
class black_hole {
  public:
    explicit black_hole(const endpoint& where) : listener_(tcp_listener::bind(where, rill::option::backlog{0})) {}

    [[nodiscard]] std::uint16_t port() const { return listener_.local_endpoint().port(); }
    task<> fill() {
        for (;;) {
            auto attempt = co_await as_result(rill::timeout(50ms, tcp_stream::connect(listener_.local_endpoint())));
            if (attempt.error() == std::errc::timed_out) co_return;
            kept_.push_back(std::move(attempt).value());
        }
    }

  private:
    tcp_listener listener_;
    std::vector<tcp_stream> kept_;
};

}  // namespace

TEST_CASE("a host is connected to by its name") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = tcp_listener::bind({"127.0.0.1", 0});
        auto [server, client] =
            co_await rill::when_all(listener.accept(), rill::connect("localhost", listener.local_endpoint().port()));
        CHECK(server.remote_endpoint() == client.local_endpoint());
    });
}

TEST_CASE("a host is connected to by its address, with options") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = tcp_listener::bind({"::1", 0});
        const std::string port = std::to_string(listener.local_endpoint().port());
        auto [server, client] =
            co_await rill::when_all(listener.accept(), rill::connect("::1", port, rill::option::no_delay{true}));
        CHECK(client.get<rill::option::no_delay>().value());
    });
}

TEST_CASE("the families of what is found take turns, beginning with the first") {
    const std::vector<endpoint> found{{"::1", 1}, {"::2", 1}, {"::3", 1}, {"127.0.0.1", 1}, {"127.0.0.2", 1}};
    const std::vector<endpoint> turns{{"::1", 1}, {"127.0.0.1", 1}, {"::2", 1}, {"127.0.0.2", 1}, {"::3", 1}};
    CHECK(interleaved(found) == turns);
    const std::vector<endpoint> one_family{{"127.0.0.1", 1}, {"127.0.0.2", 1}};
    CHECK(interleaved(one_family) == one_family);
    const std::vector<endpoint> other_first{{"127.0.0.1", 1}, {"::1", 1}};
    CHECK(interleaved(other_first) == other_first);
}

TEST_CASE("when an attempt fails, the next begins at once") {
    if (!names_can_be_scripted()) return;
    ON_EVERY_BACKEND(backend);
    std::vector<std::string> addresses;
    for (int last = 2; last < 202; ++last) addresses.push_back("127.0.0." + std::to_string(last));
    addresses.push_back("127.0.0.1");
    const scripted_name name("last.test", addresses);
    backend.run([]() -> task<> {
        auto listener = tcp_listener::bind({"127.0.0.1", 0});
        const auto begin = rill::now();
        auto [server, client] =
            co_await rill::when_all(listener.accept(), rill::connect("last.test", listener.local_endpoint().port()));
        CHECK(client.remote_endpoint() == listener.local_endpoint());
        CHECK(rill::now() - begin < 40s);  // 200 times a quarter of a second are 50
    });
}

TEST_CASE("an attempt that hangs is overtaken by the next after a quarter of a second") {
    if (!names_can_be_scripted()) return;
    ON_EVERY_BACKEND(backend);
    const scripted_name name("hole.test", {"127.0.0.2", "127.0.0.1"});
    backend.run([]() -> task<> {
        auto listener = tcp_listener::bind({"127.0.0.1", 0});
        const auto port = listener.local_endpoint().port();
        black_hole hole({"127.0.0.2", port});
        co_await hole.fill();
        const auto begin = rill::now();
        auto [server, client] = co_await rill::when_all(listener.accept(), rill::connect("hole.test", port));
        CHECK(rill::now() - begin >= 250ms);
        CHECK(client.remote_endpoint() == listener.local_endpoint());
        CHECK(server.remote_endpoint() == client.local_endpoint());
    });
}

TEST_CASE("when all attempts fail, the error is the last one's, and names the host and the address") {
    if (!names_can_be_scripted()) return;
    ON_EVERY_BACKEND(backend);
    const scripted_name name("nobody.test", {"127.0.0.2", "127.0.0.3"});
    backend.run([]() -> task<> {
        const auto port = tcp_listener::bind({"127.0.0.3", 0}).local_endpoint().port();  // free again
        const auto refused = co_await as_result(rill::connect("nobody.test", port));
        CHECK(refused.error() == std::errc::connection_refused);
        try {
            static_cast<void>(co_await rill::connect("nobody.test", port));
        } catch (const std::system_error& error) {
            const std::string text = error.what(), number = std::to_string(port);
            CHECK(text.starts_with("connect \"nobody.test\" \"" + number + "\" at 127.0.0.3:" + number + ": "));
        }
    });
}

TEST_CASE("a connect that is stopped gives up all attempts and keeps no socket") {
    if (!names_can_be_scripted()) return;
    ON_EVERY_BACKEND(backend);
    const scripted_name name("holes.test", {"127.0.0.2", "127.0.0.3", "127.0.0.4"});
    backend.run([]() -> task<> {
        black_hole first({"127.0.0.2", 0}), second({"127.0.0.3", first.port()}), third({"127.0.0.4", first.port()});
        co_await first.fill();
        co_await second.fill();
        co_await third.fill();
        const std::size_t before = support::open_descriptors().size();
        for (const auto limit : {1ms, 300ms, 600ms}) {
            const auto outcome = co_await as_result(rill::timeout(limit, rill::connect("holes.test", first.port())));
            CHECK(outcome.error() == std::errc::timed_out);
            CHECK(support::open_descriptors().size() == before);
        }
    });
}

TEST_CASE("a connect is stopped during its lookup") {
    if (!names_can_be_scripted()) return;
    ON_EVERY_BACKEND(backend);
    scripted_name name("slow.test", {"127.0.0.1"});
    name.hold();
    backend.run([]() -> task<> {
        const auto outcome = co_await as_result(rill::timeout(10ms, rill::connect("slow.test", 80)));
        CHECK(outcome.error() == std::errc::timed_out);
    });
    name.release();
    while (name.ended() != name.begun()) std::this_thread::sleep_for(1ms);
}

TEST_CASE("errors of the lookup are those of resolve") {
    rill::io_context context;
    support::run_on(context, []() -> task<> {
        const auto outcome = co_await as_result(rill::connect(std::string(300, 'a'), 80));
        CHECK(outcome.error() == std::errc::invalid_argument);
    });
    CHECK_THROWS_AS(rill::connect("localhost", 65536), std::system_error);
}
