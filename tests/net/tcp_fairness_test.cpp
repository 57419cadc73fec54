// SPDX-License-Identifier: MIT
// A socket that is always ready cannot starve the others. Told by the order of things, not by the clock.

#include <rill/core/sleep.hpp>
#include <rill/core/task_group.hpp>
#include <rill/net/tcp_listener.hpp>
#include <rill/net/tcp_stream.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/every_backend.hpp"
#include "support/native_socket.hpp"
#include "support/tcp_pair.hpp"

namespace {

using rill::task;
using rill::when_all;
using support::connected;

/// The longest run of one letter.
std::size_t longest_run(std::string_view text, char letter) {
    std::size_t longest = 0, now = 0;
    for (const char each : text) {
        now = each == letter ? now + 1 : 0;
        longest = std::max(longest, now);
    }
    return longest;
}

/// More than the budget, and by far less than what lies ready.
constexpr std::size_t bearable = 64;
constexpr std::size_t plenty = 5000;

/// Reads one byte after the other from a stream that has plenty of them, and writes its letter down for each.
task<> read_always(rill::tcp_stream& from, char letter, std::string& order) {
    std::array<char, 1> byte;
    for (std::size_t count = 0; count < plenty; ++count) {
        co_await from.recv(byte);
        order += letter;
    }
}

}  // namespace

TEST_CASE("two streams that are always ready take turns, as children of when_all", "[tcp][fair]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto one = co_await connected();
        auto two = co_await connected();
        co_await one.client.send_all(std::string(plenty, 'x'));
        co_await two.client.send_all(std::string(plenty, 'x'));
        std::string order;
        co_await when_all(read_always(one.server, 'a', order), read_always(two.server, 'b', order));
        const std::string both = order.substr(0, plenty);  // afterwards one of them may have ended
        CHECK(longest_run(both, 'a') <= bearable);
        CHECK(longest_run(both, 'b') <= bearable);
    });
}

TEST_CASE("streams that are always ready take turns, as children of a group", "[tcp][fair]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        std::array<support::connection, 3> pairs;
        for (support::connection& each : pairs) {
            auto made = co_await connected();
            each = std::move(made);
            co_await each.client.send_all(std::string(plenty, 'x'));
        }
        std::string order;
        co_await rill::with_task_group([&](rill::task_group& group) -> task<> {
            for (std::size_t index = 0; index < pairs.size(); ++index)
                group.spawn(read_always(pairs[index].server, static_cast<char>('a' + index), order));
            co_return;
        });
        const std::string all = order.substr(0, plenty);
        for (const char letter : {'a', 'b', 'c'}) CHECK(longest_run(all, letter) <= bearable);
    });
}

TEST_CASE("a branch that yields has its turn beside a stream that is always ready", "[tcp][fair]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        co_await pair.client.send_all(std::string(plenty, 'x'));
        std::string order;
        auto other = [&]() -> task<> {
            for (int count = 0; count < 50; ++count) {
                co_await rill::yield();
                order += '.';
            }
        };
        co_await when_all(read_always(pair.server, 'a', order), other());
        CHECK(longest_run(order.substr(0, order.rfind('.')), 'a') <= bearable);
    });
}

TEST_CASE("an event of another socket and a timer are seen beside streams that are always ready", "[tcp][fair]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        std::array<support::connection, 4> pairs;
        for (support::connection& each : pairs) {
            auto made = co_await connected();
            each = std::move(made);
        }
        auto quiet = co_await connected();
        bool event_seen = false, timer_seen = false;
        // Each of the busy ones feeds itself, for as long as the others have not been heard of. The limit is by far more
        // than what they do in the time of the timer.
        auto busy = [&](support::connection& each) -> task<> {
            std::array<char, 1> byte;
            co_await each.client.send_all("x");
            for (int count = 0; !event_seen || !timer_seen; ++count) {
                if (count == 300'000) FAIL("starved: event " << event_seen << ", timer " << timer_seen);
                co_await each.server.recv(byte);
                co_await each.client.send_all("x");
            }
        };
        auto waiting = [&]() -> task<> {
            std::array<char, 1> byte;
            co_await quiet.server.recv(byte);
            event_seen = true;
        };
        auto sleeping = [&]() -> task<> {
            co_await rill::sleep_for(std::chrono::milliseconds(1));
            timer_seen = true;
        };
        support::native::send_text(quiet.client, "x");
        co_await when_all(busy(pairs[0]), busy(pairs[1]), busy(pairs[2]), busy(pairs[3]), waiting(), sleeping());
        CHECK(event_seen);
        CHECK(timer_seen);
    });
}

TEST_CASE("an accept loop with a full backlog does not starve a session", "[tcp][fair]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        std::vector<rill::tcp_stream> clients, servers;
        constexpr std::size_t count = 300;
        for (std::size_t index = 0; index < count; ++index) {
            auto client = co_await rill::tcp_stream::connect(listener.local_endpoint());
            clients.push_back(std::move(client));
        }
        auto pair = co_await connected();
        co_await pair.client.send_all(std::string(plenty, 'x'));
        std::string order;
        auto accepting = [&]() -> task<> {
            while (servers.size() < count) {
                auto server = co_await listener.accept();
                servers.push_back(std::move(server));
                order += 'A';
            }
        };
        co_await when_all(accepting(), read_always(pair.server, 'r', order));
        CHECK(longest_run(order.substr(0, order.rfind('r')), 'A') <= bearable);
    });
}

TEST_CASE("sends that always succeed take turns", "[tcp][fair]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto one = co_await connected();
        auto two = co_await connected();
        std::string order;
        constexpr std::size_t count = 1000;
        auto send_always = [&](rill::tcp_stream& to, char letter) -> task<> {
            for (std::size_t index = 0; index < count; ++index) {
                co_await to.send_all("x");
                order += letter;
            }
        };
        co_await when_all(send_always(one.client, 'a'), send_always(two.client, 'b'));
        const std::string both = order.substr(0, count);
        CHECK(longest_run(both, 'a') <= bearable);
        CHECK(longest_run(both, 'b') <= bearable);
    });
}
