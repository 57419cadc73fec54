// SPDX-License-Identifier: MIT
// What an operation costs in calls of operator new: nothing.

#include <rill/core/sleep.hpp>
#include <rill/core/task_group.hpp>
#include <rill/core/with_stop.hpp>
#include <rill/net/serve.hpp>
#include <rill/net/tcp_listener.hpp>
#include <rill/net/tcp_stream.hpp>

#include <array>
#include <chrono>
#include <span>
#include <string>
#include <utility>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/every_backend.hpp"
#include "support/native_socket.hpp"
#include "support/tcp_pair.hpp"

namespace {

using rill::task;
using support::allocation_count;
using support::connected;

/// Frames and what is kept like them are used again, except where a sanitizer wants to see each of them.
constexpr bool recycles = RILL_RECYCLE_FRAMES != 0;

task<> echo(rill::tcp_stream client) {
    std::array<std::byte, 1024> buffer;
    while (const std::size_t size = co_await client.recv(buffer))
        co_await client.send_all(std::span(buffer).first(size));
}

}  // namespace

TEST_CASE("an echo allocates nothing", "[tcp][cost]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        std::size_t allocated = 0;
        co_await rill::with_task_group([&](rill::task_group& group) -> task<> {
            group.spawn(echo(std::move(pair.server)));
            std::array<char, 64> out{}, in{};
            for (int round = 0; round < 1100; ++round) {
                if (round == 100) allocated = allocation_count();
                co_await pair.client.send_all(out);
                co_await pair.client.recv_exactly(in);
            }
            allocated = allocation_count() - allocated;
            pair.client.close();
        });
        CHECK(allocated == 0);
    });
}

TEST_CASE("readable, lent memory, scatter and gather allocate nothing once they have been used", "[tcp][cost]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        std::size_t allocated = 0;
        std::array<char, 10> a{}, b{};
        for (int round = 0; round < 200; ++round) {
            if (round == 100) allocated = allocation_count();
            co_await pair.client.send_all(a, b);
            co_await pair.server.readable();
            co_await pair.server.recv_exactly(b, a);
            co_await pair.client.send_all(a);
            const rill::lent_buffer lent = co_await pair.server.recv_lent();
            if (lent.size() != 10) FAIL("not everything at once");
        }
        allocated = allocation_count() - allocated;
        CHECK(allocated == 0);
    });
}

TEST_CASE("a wait for lent memory that is stopped or waits allocates nothing", "[tcp][cost]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        std::size_t allocated = 0;
        std::array<char, 1> byte{};
        for (int round = 0; round < 200; ++round) {
            if (round == 100) allocated = allocation_count();
            auto both = rill::when_all(pair.server.recv_lent(), pair.client.send_all(byte));
            co_await std::move(both);
        }
        allocated = allocation_count() - allocated;
        CHECK(allocated == 0);
    });
}

TEST_CASE("timeouts, stops and waits around an operation allocate nothing", "[tcp][cost]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        rill::stop_source stop;
        const auto token = stop.get_token();
        std::size_t allocated = 0;
        std::array<char, 10> out{}, in{};
        for (int round = 0; round < 200; ++round) {
            if (round == 100) allocated = allocation_count();
            co_await rill::when_all(rill::timeout(std::chrono::hours(1), pair.server.recv_exactly(in)),
                                    rill::with_stop(token, pair.client.send_all(out)));
        }
        allocated = allocation_count() - allocated;
        CHECK(allocated == 0);
    });
}

TEST_CASE("an accepted connection costs no allocation where frames are used again, and few where not", "[tcp][cost]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        constexpr std::size_t warm = 50, rounds = 100;
        std::size_t allocated = 0;
        co_await rill::with_task_group([&](rill::task_group& group) -> task<> {
            group.spawn(rill::serve(listener, echo));
            std::array<char, 10> out{}, in{};
            for (std::size_t round = 0; round < warm + rounds; ++round) {
                if (round == warm) allocated = allocation_count();
                auto client = co_await rill::tcp_stream::connect(listener.local_endpoint());
                co_await client.send_all(out);
                co_await client.recv_exactly(in);
                client.shutdown_send();
                co_await client.recv(in);  // the end: the session has gone
            }
            allocated = allocation_count() - allocated;
            group.stop();
        });
        // The session's frame, what the group knows of it, the state of its socket, one for the next accept, which finds
        // nobody; and the state of the client's.
        CHECK(allocated <= (recycles ? 0 : rounds * 5));
    });
}

TEST_CASE("a first accepted connection costs few allocations", "[tcp][cost]") {
    ON_EVERY_BACKEND(backend);
    backend.run([&]() -> task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        auto client = co_await rill::tcp_stream::connect(listener.local_endpoint());
        const std::size_t before = allocation_count();
        const auto server = co_await listener.accept();
        // Its state, and a place in the loop's table; on Windows, where the kernel writes the addresses.
        CHECK(allocation_count() - before <= (backend.which == rill::backend::iocp ? 3 : 2));
    });
}
