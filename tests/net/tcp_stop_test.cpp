// SPDX-License-Identifier: MIT
// Stops of the operations of TCP: before they start, while they wait, and in a race with their completion.

#include <rill/core/as_result.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task_group.hpp>
#include <rill/core/with_stop.hpp>
#include <rill/net/tcp_listener.hpp>
#include <rill/net/tcp_stream.hpp>
#include <rill/net/udp_socket.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "support/catch.hpp"
#include "support/every_backend.hpp"
#include "support/helper_thread.hpp"
#include "support/native_socket.hpp"
#include "support/seeded_random.hpp"
#include "support/stopping_thread.hpp"
#include "support/tcp_pair.hpp"

namespace {

using namespace std::chrono_literals;
using rill::as_result;
using rill::task;
using rill::when_all;
using rill::with_stop;
using support::connected;
using support::even_chances;
using support::stopping_thread;

const std::string large(support::native::more_than_fits, 'x');

enum class verb { recv, recv_exactly, recv_exactly_or_end, recv_lent, readable, send, send_all, accept, connect };
constexpr std::array all_verbs{verb::recv,      verb::recv_exactly, verb::recv_exactly_or_end,
                               verb::recv_lent, verb::readable,     verb::send,
                               verb::send_all,  verb::accept,       verb::connect};

/// A connection and a listener on which each verb has to wait.
struct quiet_place {
    support::connection pair;
    rill::tcp_listener listener;
};

task<quiet_place> somewhere_quiet() {
    quiet_place made;
    auto pair = co_await connected();
    made.pair = std::move(pair);
    support::native::fill_up(made.pair.client);
    made.listener = rill::tcp_listener::bind({"127.0.0.1", 0});
    co_return made;
}

/// Does what the verb says; where it may wait for ever, the coroutine around it is stopped.
task<> perform(verb which, quiet_place& on) {
    std::array<char, 8> buffer;
    rill::tcp_stream& stream = on.pair.client;
    if (which == verb::recv) co_await stream.recv(buffer);
    if (which == verb::recv_exactly) co_await stream.recv_exactly(buffer);
    if (which == verb::recv_exactly_or_end) co_await stream.recv_exactly_or_end(buffer);
    if (which == verb::recv_lent) co_await stream.recv_lent();
    if (which == verb::readable) co_await stream.readable();
    if (which == verb::send) co_await stream.send(large);
    if (which == verb::send_all) co_await stream.send_all(large);
    if (which == verb::accept) co_await on.listener.accept();
    if (which == verb::connect) co_await rill::tcp_stream::connect(on.listener.local_endpoint());
}

}  // namespace

// ---- before ----

TEST_CASE("no operation starts in a scope that is stopped, and nothing is consumed", "[tcp][stop]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        co_await pair.client.send_all("abcdef");
        co_await pair.server.readable();
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        auto visitor = co_await rill::tcp_stream::connect(listener.local_endpoint());
        rill::stop_source stop;
        stop.request_stop();
        const auto token = stop.get_token();
        std::string buffer(3, '#');
        const auto recv = co_await with_stop(token, pair.server.recv(buffer));
        CHECK_FALSE(recv);
        const auto exactly = co_await with_stop(token, pair.server.recv_exactly(buffer));
        CHECK_FALSE(exactly);
        const auto or_end = co_await with_stop(token, pair.server.recv_exactly_or_end(buffer));
        CHECK_FALSE(or_end);
        const auto lent = co_await with_stop(token, pair.server.recv_lent());
        CHECK_FALSE(lent);
        const auto readable = co_await with_stop(token, pair.server.readable());
        CHECK_FALSE(readable);
        const auto send = co_await with_stop(token, pair.server.send("unwanted"));
        CHECK_FALSE(send);
        const auto send_all = co_await with_stop(token, pair.server.send_all("unwanted"));
        CHECK_FALSE(send_all);
        const auto accepted = co_await with_stop(token, listener.accept());
        CHECK_FALSE(accepted);
        CHECK(buffer == "###");
        const std::string text = co_await support::text_of(pair.server, 6);
        CHECK(text == "abcdef");
        const auto server = co_await listener.accept();
        CHECK(server.remote_endpoint() == visitor.local_endpoint());
        pair.server.close();
        const std::string rest = co_await support::rest_of(pair.client);
        CHECK(rest.empty());
    });
}

TEST_CASE("what an operation is given wrongly is no error in a scope that is stopped", "[tcp][stop]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        auto datagrams = rill::udp_socket::bind({"127.0.0.1", 0});
        for (int which = 0; which < 3; ++which) {
            rill::stop_source stop;
            bool went_on = false;
            auto work = [&]() -> task<> {
                stop.request_stop();
                if (which == 0) static_cast<void>(co_await as_result(pair.server.recv(std::span<char>())));
                if (which == 1)
                    static_cast<void>(
                        co_await as_result(datagrams.recvfrom_many(std::span<rill::incoming_datagram>())));
                if (which == 2)
                    static_cast<void>(co_await as_result(datagrams.sendto_many(std::span<rill::outgoing_datagram>())));
                went_on = true;
            };
            const bool ended = co_await with_stop(stop.get_token(), work());
            CHECK_FALSE(ended);
            CHECK_FALSE(went_on);
        }
    });
}

TEST_CASE("a task runs up to its first operation in a scope that is stopped by itself", "[tcp][stop]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        co_await pair.client.send_all("abc");
        std::string buffer(3, '#');
        bool began = false, went_on = false;
        rill::stop_source stop;
        auto body = [&]() -> task<> {
            began = true;
            stop.request_stop();
            co_await pair.server.recv(buffer);  // what it would get is there: it does not start all the same
            went_on = true;
        };
        const bool whole = co_await with_stop(stop.get_token(), body());
        CHECK_FALSE(whole);
        CHECK(began);
        CHECK_FALSE(went_on);
        const std::string text = co_await support::text_of(pair.server, 3);
        CHECK(text == "abc");
    });
}

// ---- while it waits ----

TEST_CASE("every operation is stopped while it waits, and its socket goes on working", "[tcp][stop]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        for (const verb which : all_verbs) {
            INFO("verb " << static_cast<int>(which));
            auto place = co_await somewhere_quiet();
            rill::stop_source stop;
            std::optional<bool> whole;
            auto waiting = [&]() -> task<> { whole = co_await with_stop(stop.get_token(), perform(which, place)); };
            auto stopper = [&]() -> task<> {
                if (which != verb::connect)
                    for (int turn = 0; turn < 5; ++turn) co_await rill::yield();
                CHECK_FALSE(whole);
                stop.request_stop();
                CHECK_FALSE(whole);  // nobody is resumed inside the call
                co_return;
            };
            co_await when_all(waiting(), stopper());
            REQUIRE(whole.has_value());
            if (which != verb::connect) CHECK_FALSE(*whole);
            co_await place.pair.server.send_all("still here");
            const std::string text = co_await support::text_of(place.pair.client, 10);
            CHECK(text == "still here");
            const auto visitor = co_await rill::tcp_stream::connect(place.listener.local_endpoint());
            const auto accepted = co_await place.listener.accept();
        }
    });
}

TEST_CASE("every operation is stopped while it waits, by another thread", "[tcp][stop]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        stopping_thread thread;
        for (const verb which : all_verbs) {
            INFO("verb " << static_cast<int>(which));
            auto place = co_await somewhere_quiet();
            rill::stop_source stop;
            thread.stop_soon(stop, 20'000);
            const bool whole = co_await with_stop(stop.get_token(), perform(which, place));
            if (which != verb::connect) CHECK_FALSE(whole);
            thread.wait();
            co_await place.pair.server.send_all("still here");
            const std::string text = co_await support::text_of(place.pair.client, 10);
            CHECK(text == "still here");
        }
    });
}

TEST_CASE("a stopped recv leaves its buffer alone, also when the bytes come later", "[tcp][stop]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        std::string buffer(8, '#');
        const auto late = co_await as_result(rill::timeout(1ms, pair.server.recv(buffer)));
        CHECK(late.error() == rill::errc::deadline_exceeded);
        co_await pair.client.send_all("abc");
        co_await pair.server.readable();
        CHECK(buffer == "########");
    });
}

TEST_CASE("a reader is stopped beside a writer that waits on the same stream, and the other way round", "[tcp][stop]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        for (const bool stop_reader : {true, false}) {
            auto pair = co_await connected();
            const std::size_t before = support::native::fill_up(pair.client);
            rill::stop_source stop;
            std::string buffer(3, '\0');
            bool read = false, wrote = false;
            auto reader = [&]() -> task<> {
                if (stop_reader) {
                    read = co_await with_stop(stop.get_token(), pair.client.recv_exactly(buffer));
                } else {
                    co_await pair.client.recv_exactly(buffer);
                    read = true;
                }
            };
            auto writer = [&]() -> task<> {
                if (stop_reader) {
                    co_await pair.client.send_all(large);
                    wrote = true;
                } else {
                    wrote = co_await with_stop(stop.get_token(), pair.client.send_all(large));
                }
            };
            auto rest = [&]() -> task<> {
                for (int turn = 0; turn < 3; ++turn) co_await rill::yield();
                stop.request_stop();
                for (int turn = 0; turn < 3; ++turn) co_await rill::yield();
                co_await pair.server.send_all("abc");
                if (!stop_reader) co_return;
                std::vector<char> sink(100'000);
                for (std::size_t taken = 0; taken < before + large.size();) taken += co_await pair.server.recv(sink);
            };
            co_await when_all(reader(), writer(), rest());
            CHECK(read == !stop_reader);
            CHECK(wrote == stop_reader);
        }
    });
}

// ---- in a race: orders placed by hand ----

TEST_CASE("bytes that come in the same turn as a stop are received or left, never lost", "[tcp][stop]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        for (int order = 0; order < 6; ++order) {
            CAPTURE(order);
            auto pair = co_await connected();
            rill::stop_source stop;
            std::array<char, 4> buffer;
            std::string received;
            auto reader = [&]() -> task<> {
                const auto got = co_await with_stop(stop.get_token(), pair.server.recv(buffer));
                if (got) received.append(buffer.data(), *got);
                while (received.size() < 3) received.append(buffer.data(), co_await pair.server.recv(buffer));
            };
            auto sender = [&]() -> task<> {
                co_await rill::yield();
                if (order == 0 || order == 3 || order == 4) stop.request_stop();
                if (order == 3) co_await rill::yield();
                co_await pair.client.send_all("abc");
                if (order == 2 || order == 5) co_await rill::yield();
                if (order == 5) co_await rill::yield();
                if (order == 1 || order == 2 || order == 5) stop.request_stop();
            };
            co_await when_all(reader(), sender());
            CHECK(received == "abc");
        }
    });
}

TEST_CASE("a connection that comes in the same turn as a stop is accepted or left, never lost", "[tcp][stop]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        for (int order = 0; order < 3; ++order) {
            CAPTURE(order);
            auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
            rill::stop_source stop;
            std::optional<rill::tcp_stream> accepted;
            rill::tcp_stream client;
            auto server = [&]() -> task<> {
                accepted = co_await with_stop(stop.get_token(), listener.accept());
                if (accepted) co_return;
                auto next = co_await listener.accept();
                accepted.emplace(std::move(next));
            };
            auto visitor = [&]() -> task<> {
                if (order == 0) stop.request_stop();
                client = co_await rill::tcp_stream::connect(listener.local_endpoint());
                if (order == 2) co_await rill::yield();
                stop.request_stop();
            };
            co_await when_all(server(), visitor());
            CHECK(accepted->remote_endpoint() == client.local_endpoint());
        }
    });
}

// ---- in a race: at random, from another thread ----

/// Each round waits for another thread, which takes milliseconds on a machine with more work than cores: 10'000 rounds,
/// or on such a machine what fits into 20 s, but a thousand.
bool enough_races(int round, std::chrono::steady_clock::time_point begin) {
    return round == 10'000 || (round >= 1000 && std::chrono::steady_clock::now() - begin > 20s);
}

TEST_CASE("no byte is lost in thousands of races of a recv with a stop from another thread", "[tcp][stop]") {
    ON_EVERY_BACKEND(backend);
    support::seeded_random random;
    INFO(random.replay());
    backend.run([&]() -> task<> {
        auto pair = co_await connected();
        stopping_thread thread;
        even_chances chances(random);
        std::array<char, 1> byte;
        const auto begin = std::chrono::steady_clock::now();
        for (int round = 0; !enough_races(round, begin); ++round) {
            rill::stop_source stop;
            const char sent = static_cast<char>('a' + round % 26);
            const auto turns = random.below(20);
            bool got_it = false;
            auto reader = [&]() -> task<> {
                got_it = (co_await with_stop(stop.get_token(), pair.server.recv(byte))).has_value();
            };
            auto sender = [&]() -> task<> {
                for (std::size_t turn = 0; turn < turns; ++turn) co_await rill::yield();
                co_await pair.client.send_all(std::string_view(&sent, 1));
            };
            thread.stop_soon(stop, chances.spins());
            co_await when_all(reader(), sender());
            chances.stop_came_first(!got_it);
            if (!got_it) co_await pair.server.recv_exactly(byte);
            thread.wait();
            if (byte[0] != sent) FAIL("round " << round << ": '" << byte[0] << "' came instead of '" << sent << "'");
        }
        INFO(chances.text());
        CHECK(chances.values() > 100);  // else it was no race
        CHECK(chances.stops() > 100);
        pair.client.close();
        const std::string rest = co_await support::rest_of(pair.server);
        CHECK(rest.empty());
    });
}

TEST_CASE("no connection is lost in 1000 races of an accept with a stop from another thread", "[tcp][stop]") {
    ON_EVERY_BACKEND(backend);
    support::seeded_random random;
    INFO(random.replay());
    backend.run([&]() -> task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        stopping_thread thread;
        even_chances chances(random);
        for (int round = 0; round < 1000; ++round) {
            rill::stop_source stop;
            std::optional<rill::tcp_stream> accepted;
            rill::tcp_stream client;
            auto server = [&]() -> task<> {
                accepted = co_await with_stop(stop.get_token(), listener.accept());
                chances.stop_came_first(!accepted);
                if (accepted) co_return;
                auto next = co_await listener.accept();
                accepted.emplace(std::move(next));
            };
            auto visitor = [&]() -> task<> { client = co_await rill::tcp_stream::connect(listener.local_endpoint()); };
            thread.stop_soon(stop, chances.spins());
            co_await when_all(server(), visitor());
            thread.wait();
            if (accepted->remote_endpoint() != client.local_endpoint()) FAIL("round " << round);
            support::native::reset_when_closed(client);
        }
        INFO(chances.text());
        CHECK(chances.values() > 10);  // else it was no race
        CHECK(chances.stops() > 10);
    });
}

TEST_CASE("connects that race with a stop from another thread leave no descriptor behind", "[tcp][stop]") {
    ON_EVERY_BACKEND(backend);
    support::seeded_random random;
    INFO(random.replay());
    backend.run([&]() -> task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        stopping_thread thread;
        even_chances chances(random);
        const auto before = support::open_descriptors();
        for (int round = 0; round < 500; ++round) {
            rill::stop_source stop;
            thread.stop_soon(stop, chances.spins());
            {
                const auto stream =
                    co_await with_stop(stop.get_token(), rill::tcp_stream::connect(listener.local_endpoint()));
                chances.stop_came_first(!stream);
                if (stream) support::native::reset_when_closed(*stream);
            }
            thread.wait();
            for (bool more = true; more;) {  // the listener's side of them
                const auto next = co_await as_result(rill::timeout(0ms, listener.accept()));
                more = next.has_value();
            }
        }
        INFO(chances.text());
        CHECK(chances.values() > 0);
        CHECK(support::open_descriptors() == before);
    });
}

TEST_CASE("recv_exactly that is completed by the last byte wins over a stop from another thread", "[tcp][stop]") {
    ON_EVERY_BACKEND(backend);
    support::seeded_random random;
    INFO(random.replay());
    backend.run([&]() -> task<> {
        stopping_thread thread;
        even_chances chances(random);
        for (int round = 0; round < 300; ++round) {
            auto pair = co_await connected();
            rill::stop_source stop;
            std::string buffer(6, '\0');
            bool whole = false;
            auto reader = [&]() -> task<> {
                whole = co_await with_stop(stop.get_token(), pair.server.recv_exactly(buffer));
            };
            auto sender = [&]() -> task<> {
                co_await pair.client.send_all("abc");
                co_await rill::yield();
                co_await pair.client.send_all("def");
            };
            thread.stop_soon(stop, chances.spins());
            co_await when_all(reader(), sender());
            thread.wait();
            chances.stop_came_first(!whole);
            if (whole && buffer != "abcdef") FAIL("round " << round);
            support::native::reset_when_closed(pair.client);
        }
        INFO(chances.text());
        CHECK(chances.values() > 10);  // else it was no race
        CHECK(chances.stops() > 10);
    });
}

TEST_CASE("a timeout that expires with the bytes at hand delivers them or leaves them", "[tcp][stop]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        std::array<char, 1> byte;
        int late = 0;
        for (int round = 0; round < 1000; ++round) {
            const char sent = static_cast<char>('a' + round % 26);
            auto reader = [&]() -> task<> {
                const auto got =
                    co_await as_result(rill::timeout(std::chrono::microseconds(round % 50), pair.server.recv(byte)));
                if (!got) {
                    ++late;
                    co_await pair.server.recv_exactly(byte);
                }
            };
            auto sender = [&]() -> task<> {
                for (int turn = 0; turn < round % 7; ++turn) co_await rill::yield();
                co_await pair.client.send_all(std::string_view(&sent, 1));
            };
            co_await when_all(reader(), sender());
            if (byte[0] != sent) FAIL("round " << round);
        }
        CHECK(late > 0);
    });
}
