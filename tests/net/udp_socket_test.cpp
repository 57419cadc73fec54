// SPDX-License-Identifier: MIT
#include <rill/net/udp_socket.hpp>

#include <rill/core/as_result.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task_group.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>
#include <rill/net/tcp_listener.hpp>

#include <array>
#include <chrono>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/every_backend.hpp"
#include "support/forked_child.hpp"
#include "support/native_socket.hpp"
#include "support/seeded_random.hpp"
#include "support/stopping_thread.hpp"

namespace {

using namespace std::chrono_literals;
using rill::as_result;
using rill::datagram;
using rill::endpoint;
using rill::task;
using rill::udp_socket;
using rill::when_all;
using rill::with_stop;
namespace option = rill::option;
using support::error_of;

constexpr std::size_t longest = 65'507;  // of IPv4: 65 535 without the two headers

udp_socket anywhere() { return udp_socket::bind({"127.0.0.1", 0}); }

struct two_sockets {
    udp_socket one = anywhere(), other = anywhere();
    two_sockets() {
        one.connect(other.local_endpoint());
        other.connect(one.local_endpoint());
    }
};

/// The next datagram as text.
task<std::string> next_text(udp_socket& socket) {
    std::string text(longest, '\0');
    const datagram got = co_await socket.recvfrom(text);
    text.resize(got.size);
    co_return text;
}

/// Two with room for the longest one: the BSDs and macOS send and take less of their own accord.
void make_room_for_longest(udp_socket& one, udp_socket& other) {
    one.set(rill::option::send_buffer{2 * longest});
    other.set(rill::option::receive_buffer{2 * longest});
}

/// An endpoint where nobody is.
endpoint nowhere() { return anywhere().local_endpoint(); }

}  // namespace

TEST_CASE("a datagram arrives whole, with its sender", "[udp]") {
    ON_EVERY_BACKEND(backend);
    for (const char* const address : {"127.0.0.1", "::1"}) {
        INFO(address);
        backend.run([&]() -> task<> {
            auto one = udp_socket::bind({address, 0}), other = udp_socket::bind({address, 0});
            make_room_for_longest(one, other);
            for (const std::size_t size : {std::size_t{1}, std::size_t{1000}, std::size_t{20'000}}) {
                const std::string out(size, 'x');
                std::string in(size + 1, '\0');
                const std::size_t sent = co_await one.sendto(out, other.local_endpoint());
                CHECK(sent == size);
                const auto [got, from, truncated] = co_await other.recvfrom(in);
                CHECK(got == size);
                CHECK(from == one.local_endpoint());
                CHECK_FALSE(truncated);
                CHECK(in.substr(0, size) == out);
                CHECK(in.back() == '\0');
            }
        });
    }
}

TEST_CASE("a recvfrom that waits gets the datagram that comes", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto one = anywhere(), other = anywhere();
        std::array<char, 8> in{};
        auto [got, sent] = co_await when_all(other.recvfrom(in), one.sendto("abc", other.local_endpoint()));
        CHECK(got.size == 3);
        CHECK(got.from == one.local_endpoint());
        CHECK(std::string_view(in.data(), 3) == "abc");
    });
}

TEST_CASE("an empty datagram is sent and received", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto one = anywhere(), other = anywhere();
        std::array<char, 8> in{};
        const std::size_t sent = co_await one.sendto(std::string_view(), other.local_endpoint());
        CHECK(sent == 0);
        const datagram got = co_await other.recvfrom(in);
        CHECK(got.size == 0);
        CHECK_FALSE(got.truncated);
        CHECK(got.from == one.local_endpoint());
        one.connect(other.local_endpoint());
        other.connect(one.local_endpoint());
        co_await one.send("");
        const std::size_t empty = co_await other.recv(in);
        CHECK(empty == 0);
    });
}

TEST_CASE("what does not fit into the buffer is lost, and recvfrom says so", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto one = anywhere(), other = anywhere();
        const endpoint to = other.local_endpoint();
        std::array<char, 4> in{};
        co_await one.sendto("abcdefgh", to);
        co_await one.sendto("1234", to);
        const datagram cut = co_await other.recvfrom(in);
        CHECK(cut.size == 4);
        CHECK(cut.truncated);
        CHECK(std::string_view(in.data(), 4) == "abcd");
        const datagram whole = co_await other.recvfrom(in);
        CHECK(whole.size == 4);
        CHECK_FALSE(whole.truncated);
        CHECK(std::string_view(in.data(), 4) == "1234");
        co_await one.sendto("x", to);
        const datagram none = co_await other.recvfrom(std::span<char>());
        CHECK(none.size == 0);
        CHECK(none.truncated);
    });
}

TEST_CASE("recv of a connected socket makes an error of what does not fit", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        two_sockets pair;
        std::array<char, 4> in{};
        co_await pair.one.send("abcdefgh");
        co_await pair.one.send("1234");
        const auto cut = co_await as_result(pair.other.recv(in));
        CHECK(cut.error() == std::errc::message_size);
        const std::size_t whole = co_await pair.other.recv(in);
        CHECK(whole == 4);
        CHECK(std::string_view(in.data(), 4) == "1234");
    });
}

TEST_CASE("a datagram is scattered over several buffers and gathered from them", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        two_sockets pair;
        std::array<char, 2> head{};
        std::array<char, 8> body{};
        const std::size_t sent = co_await pair.one.send("ab", std::string_view("cdef"));
        CHECK(sent == 6);
        const std::size_t got = co_await pair.other.recv(head, body);
        CHECK(got == 6);
        CHECK(std::string_view(head.data(), 2) == "ab");
        CHECK(std::string_view(body.data(), 4) == "cdef");
        co_await pair.one.send("ghijklmnopq");
        const datagram cut = co_await pair.other.recvfrom(head, body);
        CHECK(cut.size == 10);
        CHECK(cut.truncated);
    });
}

TEST_CASE("a datagram that is too long is message_size, names whereto, and the socket goes on", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto one = anywhere(), other = anywhere();
        make_room_for_longest(one, other);
        const endpoint to = other.local_endpoint();
        const auto failed = co_await as_result(one.sendto(std::string(longest + 1, 'x'), to));
        CHECK(failed.error() == std::errc::message_size);
        std::string message;
        try {
            static_cast<void>(failed.value());
        } catch (const std::system_error& error) {
            message = error.what();
        }
        CHECK_THAT(message, Catch::Matchers::StartsWith("sendto " + to_string(to) + ": "));
        const std::size_t sent = co_await one.sendto(std::string(longest, 'x'), to);
        CHECK(sent == longest);
        const std::string text = co_await next_text(other);
        CHECK(text.size() == longest);
    });
}

TEST_CASE("that nobody was there is an error of one operation of a connected socket, which goes on", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto socket = anywhere();
        const endpoint gone = nowhere();
        socket.connect(gone);
        std::array<char, 8> in{};
        co_await socket.send("anyone?");
        const auto answer = co_await as_result(rill::timeout(500ms, socket.recv(in)));
        if (answer.error() == rill::errc::deadline_exceeded) {
            WARN("skipped: this system does not tell of an unreachable port");
            co_return;
        }
        CHECK(answer.error() == std::errc::connection_refused);
        auto newcomer = udp_socket::bind(gone);
        const endpoint to = socket.local_endpoint();
        auto [got, sent] = co_await when_all(socket.recv(in), newcomer.sendto("here", to));
        CHECK(got == 4);
    });
}

TEST_CASE("an unconnected socket hears nothing of those who are not there", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto socket = anywhere(), friendly = anywhere();
        for (int round = 0; round < 10; ++round) co_await socket.sendto("anyone?", nowhere());
        co_await friendly.sendto("here", socket.local_endpoint());
        const std::string text = co_await next_text(socket);
        CHECK(text == "here");
    });
}

TEST_CASE("a connected socket does not hear strangers", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        two_sockets pair;
        auto stranger = anywhere();
        co_await stranger.sendto("stranger", pair.one.local_endpoint());
        co_await pair.other.send("friend");
        const std::string text = co_await next_text(pair.one);
        CHECK(text == "friend");
        CHECK(pair.one.remote_endpoint() == pair.other.local_endpoint());
        pair.one.connect(stranger.local_endpoint());  // and now it does
        co_await stranger.sendto("stranger", pair.one.local_endpoint());
        const std::string other = co_await next_text(pair.one);
        CHECK(other == "stranger");
    });
}

TEST_CASE("a socket that is only opened is bound by the first sendto", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto client = udp_socket::open(rill::family::v4);
        auto server = anywhere();
        CHECK(client.local_endpoint().port() == 0);
        co_await client.sendto("a", server.local_endpoint());
        CHECK(client.local_endpoint().port() != 0);
        std::array<char, 8> in{};
        const datagram got = co_await server.recvfrom(in);
        CHECK(got.from.port() == client.local_endpoint().port());
    });
}

TEST_CASE("a socket that is only opened can be waited on by each way to receive before it is bound", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto server = anywhere();
        std::array<char, 8> in{};
        for (const int how : {0, 1, 2}) {
            auto client = udp_socket::open(rill::family::v4);
            const auto waits = [&]() -> task<> {
                std::array<rill::incoming_datagram, 1> entries{rill::incoming_datagram(in)};
                if (how == 0) static_cast<void>(co_await client.recvfrom(in));
                if (how == 1) co_await client.readable();
                if (how == 2) static_cast<void>(co_await client.recvfrom_many(entries));
            };
            const auto answers = [&]() -> task<> {
                co_await rill::yield();
                co_await client.sendto("a", server.local_endpoint());
                std::array<char, 8> question{};
                const datagram got = co_await server.recvfrom(question);
                co_await server.sendto("b", got.from);
            };
            co_await when_all(waits(), answers());
        }
    });
}

TEST_CASE("a socket that is opened for a peer has the family of the peer", "[udp]") {
    CHECK(udp_socket::open({"127.0.0.1", 9}).local_endpoint() == endpoint("0.0.0.0", 0));
    CHECK(udp_socket::open({"::1", 9}).local_endpoint() == endpoint("::", 0));
}

TEST_CASE("send without a connection, and remote_endpoint, are errors", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([&]() -> task<> {
        auto socket = anywhere();
        const auto failed = co_await as_result(socket.send("a"));
        const bool told =
            failed.error() == std::errc::destination_address_required || failed.error() == std::errc::not_connected;
        CHECK(told);
        CHECK(error_of([&] { static_cast<void>(socket.remote_endpoint()); }) == std::errc::not_connected);
        auto adopted = udp_socket::adopt(anywhere().release());  // which no loop has yet: so each system lets it go
        CHECK(error_of([&] { static_cast<void>(adopted.remote_endpoint()); }) == std::errc::not_connected);
    });
}

TEST_CASE("a second socket on the same port is address_in_use, and names it", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto first = anywhere();
        std::string message;
        try {
            auto second = udp_socket::bind(first.local_endpoint());
        } catch (const std::system_error& error) {
            CHECK(error.code() == std::errc::address_in_use);
            message = error.what();
        }
        CHECK_THAT(message, Catch::Matchers::StartsWith("bind " + to_string(first.local_endpoint())));
        co_return;
    });
}

TEST_CASE("a family without datagrams of its own can't be opened", "[udp]") {
    ON_EVERY_BACKEND(backend);
    CHECK(error_of([] { static_cast<void>(udp_socket::open(rill::family::local)); }) == std::errc::not_supported);
}

TEST_CASE("an IPv6 socket hears IPv6 only, unless it is told to hear both", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto six = udp_socket::bind({"::", 0});
        CHECK(six.get<option::v6_only>().value());
        auto four = udp_socket::bind({"0.0.0.0", six.local_endpoint().port()});  // both fit side by side
        auto both = udp_socket::bind({"::", 0}, option::v6_only{false});
        auto client = udp_socket::open(rill::family::v4);
        co_await client.sendto("abc", {"127.0.0.1", both.local_endpoint().port()});
        std::array<char, 8> in{};
        const datagram got = co_await both.recvfrom(in);
        CHECK(got.size == 3);
        co_await both.sendto("answer", got.from);
        const datagram answer = co_await client.recvfrom(in);
        CHECK(answer.size == 6);
        CHECK(answer.from.address() == rill::ip_address("127.0.0.1"));
    });
}

TEST_CASE("a broadcast is refused unless the option allows it", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto receiver = udp_socket::bind({"0.0.0.0", 0});
        const endpoint everyone("127.255.255.255", receiver.local_endpoint().port());
        auto sender = udp_socket::open(rill::family::v4);
        const auto refused = co_await as_result(sender.sendto("abc", everyone));
        CHECK(refused.error() == std::errc::permission_denied);
        sender.set(option::broadcast{true});
        CHECK(sender.get<option::broadcast>().value());
        const auto sent = co_await as_result(sender.sendto("abc", everyone));
        if (!sent) {
            WARN("skipped: loopback has no broadcast here");
            co_return;
        }
        const std::string text = co_await next_text(receiver);
        CHECK(text == "abc");
    });
}

TEST_CASE("several sockets that ask for it share a port", "[udp]") {
    ON_EVERY_BACKEND(backend);
    if (backend.which == rill::backend::iocp) {
        WARN("skipped: Windows can't spread what comes over several sockets, and says so by an error");
        return;
    }
    backend.run([]() -> task<> {
        auto one = udp_socket::bind({"127.0.0.1", 0}, option::reuse_port{true});
        auto other = udp_socket::bind(one.local_endpoint(), option::reuse_port{true});
        CHECK(other.local_endpoint() == one.local_endpoint());
        co_return;
    });
}

// ---- stops, closes, and others on the same socket ----

TEST_CASE("a recvfrom in a stopped scope does not start, and the datagram stays", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto one = anywhere(), other = anywhere();
        co_await one.sendto("abc", other.local_endpoint());
        rill::stop_source stop;
        stop.request_stop();
        std::array<char, 8> in{};
        const auto got = co_await with_stop(stop.get_token(), other.recvfrom(in));
        CHECK_FALSE(got.has_value());
        const auto sent = co_await with_stop(stop.get_token(), one.sendto("def", other.local_endpoint()));
        CHECK_FALSE(sent.has_value());
        const std::string text = co_await next_text(other);
        CHECK(text == "abc");
    });
}

TEST_CASE("a recvfrom that is stopped while it waits took nothing, and its buffer is let go", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto one = anywhere(), other = anywhere();
        std::string in(8, '#');
        const auto late = co_await as_result(rill::timeout(1ms, other.recvfrom(in)));
        CHECK(late.error() == rill::errc::deadline_exceeded);
        co_await one.sendto("abc", other.local_endpoint());
        const std::string text = co_await next_text(other);
        CHECK(text == "abc");
        CHECK(in == std::string(8, '#'));
    });
}

TEST_CASE("stops from another thread that race with datagrams lose none of them", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto one = anywhere(), other = anywhere();
        const endpoint to = other.local_endpoint();
        support::seeded_random random;
        support::even_chances chances(random);
        support::stopping_thread stopper;
        for (int round = 0; round < 1000; ++round) {
            rill::stop_source stop;
            std::array<int, 1> in{-1};
            const std::array<int, 1> out{round};
            stopper.stop_soon(stop, chances.spins());
            auto [got, sent] = co_await when_all(with_stop(stop.get_token(), other.recvfrom(in)), one.sendto(out, to));
            stopper.wait();
            chances.stop_came_first(!got);
            if (!got) {
                CHECK(in[0] == -1);
                co_await other.recvfrom(in);
            }
            if (in[0] != round) FAIL("a datagram was lost: " << in[0] << " instead of " << round);
        }
        INFO(chances.text());
        CHECK(chances.values() > 50);
        CHECK(chances.stops() > 50);
    });
}

TEST_CASE("a second recvfrom, recv or readable is refused and does not disturb the first", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        two_sockets pair;
        std::array<char, 8> in{}, other{};
        auto intruders = [&]() -> task<> {
            const auto from = co_await as_result(pair.other.recvfrom(other));
            CHECK(from.error() == std::errc::operation_in_progress);
            const auto plain = co_await as_result(pair.other.recv(other));
            CHECK(plain.error() == std::errc::operation_in_progress);
            const auto wait = co_await as_result(pair.other.readable());
            CHECK(wait.error() == std::errc::operation_in_progress);
            co_await pair.one.send("abc");
        };
        auto first = pair.other.recvfrom(in);
        auto [got, nothing] = co_await when_all(std::move(first), intruders());
        CHECK(got.size == 3);
    });
}

TEST_CASE("closing a socket ends its recvfrom with operation_canceled, and later ones with bad_file_descriptor",
          "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto socket = anywhere();
        std::array<char, 8> in{};
        auto closer = [&]() -> task<> {
            co_await rill::yield();
            socket.close();
        };
        auto [ended, nothing] = co_await when_all(as_result(socket.recvfrom(in)), closer());
        CHECK(ended.error() == std::errc::operation_canceled);
        const auto after = co_await as_result(socket.recvfrom(in));
        CHECK(after.error() == std::errc::bad_file_descriptor);
        const auto send = co_await as_result(socket.sendto("a", {"127.0.0.1", 9}));
        CHECK(send.error() == std::errc::bad_file_descriptor);
        CHECK(error_of([&] { socket.connect({"127.0.0.1", 9}); }) == std::errc::bad_file_descriptor);
    });
}

TEST_CASE("readable waits for a datagram, also an empty one, and takes nothing", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto one = anywhere(), other = anywhere();
        co_await when_all(other.readable(), one.sendto("", other.local_endpoint()));
        std::array<char, 8> in{};
        const datagram got = co_await other.recvfrom(in);
        CHECK(got.size == 0);
        const auto late = co_await as_result(rill::timeout(1ms, other.readable()));
        CHECK(late.error() == rill::errc::deadline_exceeded);
    });
}

TEST_CASE("a socket that never has to wait does not starve the others", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        two_sockets flood;
        two_sockets quiet;
        bool done = false;
        int exchanged = 0;
        auto loud = [&]() -> task<> {
            std::array<char, 8> in{};
            while (!done) {
                co_await flood.one.send("a");
                co_await flood.other.recv(in);
                ++exchanged;
            }
        };
        auto other = [&]() -> task<> {
            std::array<char, 8> in{};
            for (int round = 0; round < 100; ++round) {
                co_await quiet.one.send("b");
                co_await quiet.other.recv(in);
                co_await rill::yield();
            }
            done = true;
        };
        co_await when_all(loud(), other());
        CHECK(exchanged > 0);
    });
}

TEST_CASE("adopt takes a UDP socket, and refuses what is none and leaves it open", "[udp]") {
    ON_EVERY_BACKEND(backend);
    if (!backend.lets_sockets_go()) {
        WARN("skipped: a socket stays with its first loop on this system, and that is said by an error");
        return;
    }
    backend.run([]() -> task<> {
        auto socket = anywhere(), other = anywhere();
        socket.connect(other.local_endpoint());
        auto adopted = udp_socket::adopt(socket.release());
        CHECK(adopted.remote_endpoint() == other.local_endpoint());
        co_await adopted.send("abc");
        const std::string text = co_await next_text(other);
        CHECK(text == "abc");

        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        const std::intptr_t stream = listener.release();
        CHECK(error_of([&] { static_cast<void>(udp_socket::adopt(stream)); }) == std::errc::wrong_protocol_type);
        CHECK(support::native::is_open(stream));
        support::native::close_handle(stream);

        const std::intptr_t datagrams = adopted.release();
        CHECK(error_of([&] { static_cast<void>(rill::tcp_stream::adopt(datagrams)); }) ==
              std::errc::wrong_protocol_type);
        CHECK(error_of([&] { static_cast<void>(rill::tcp_listener::adopt(datagrams)); }) ==
              std::errc::wrong_protocol_type);
        CHECK(support::native::is_open(datagrams));
        support::native::close_handle(datagrams);
    });
}

// ---- several at once ----

TEST_CASE("recvfrom_many takes what is there, in order, each with its sender", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto one = anywhere(), two = anywhere(), receiver = anywhere();
        const endpoint to = receiver.local_endpoint();
        std::array<std::array<char, 4>, 8> rooms{};
        std::vector<rill::incoming_datagram> entries;
        for (auto& room : rooms) entries.emplace_back(room);
        co_await one.sendto("a", to);
        co_await two.sendto("", to);
        co_await one.sendto("longer", to);
        std::vector<std::string> texts;
        std::vector<endpoint> senders;
        std::vector<bool> cuts;
        while (texts.size() < 3) {  // a system may take them one by one
            const std::size_t count = co_await receiver.recvfrom_many(entries);
            REQUIRE(count >= 1);
            for (std::size_t index = 0; index < count; ++index) {
                const rill::incoming_datagram& each = entries[index];
                texts.emplace_back(reinterpret_cast<const char*>(each.data()), each.size());
                senders.push_back(each.from());
                cuts.push_back(each.truncated());
            }
        }
        CHECK(texts == std::vector<std::string>{"a", "", "long"});
        CHECK(senders == std::vector<endpoint>{one.local_endpoint(), two.local_endpoint(), one.local_endpoint()});
        CHECK(cuts == std::vector<bool>{false, false, true});
        const auto late = co_await as_result(rill::timeout(1ms, receiver.recvfrom_many(entries)));
        CHECK(late.error() == rill::errc::deadline_exceeded);
    });
}

TEST_CASE("sendto_many sends all, to one peer or to several, more than fit into one call", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        two_sockets pair;
        auto third = anywhere(), sender = udp_socket::open(rill::family::v4);
        std::vector<std::string> texts;
        for (int index = 0; index < 100; ++index) texts.push_back(std::to_string(index));
        std::vector<rill::outgoing_datagram> all;
        for (const std::string& each : texts) all.emplace_back(each, third.local_endpoint());
        std::size_t sent = 0;
        while (sent < all.size()) {
            const std::size_t more = co_await sender.sendto_many(std::span(all).subspan(sent));
            REQUIRE(more >= 1);
            sent += more;
        }
        for (const std::string& each : texts) {
            const std::string text = co_await next_text(third);
            CHECK(text == each);
        }
        const std::array<rill::outgoing_datagram, 1> connected{rill::outgoing_datagram("abc")};
        const std::size_t one = co_await pair.one.sendto_many(connected);
        CHECK(one == 1);
        const std::string text = co_await next_text(pair.other);
        CHECK(text == "abc");
    });
}

TEST_CASE("sendto_many that fails in the middle says how many were sent, and then why", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto receiver = anywhere(), sender = udp_socket::open(rill::family::v4);
        const endpoint to = receiver.local_endpoint();
        const std::string large(longest + 1, 'x');
        const std::vector<rill::outgoing_datagram> all{{"a", to}, {"b", to}, {large, to}, {"c", to}};
        std::size_t sent = 0;
        std::error_code why;
        while (!why) {
            const auto more = co_await as_result(sender.sendto_many(std::span(all).subspan(sent)));
            if (more) sent += *more;
            why = more.error();
        }
        CHECK(sent == 2);
        CHECK(why == std::errc::message_size);
        const std::size_t last = co_await sender.sendto_many(std::span(all).subspan(3));
        CHECK(last == 1);
        for (const char* const each : {"a", "b", "c"}) {
            const std::string text = co_await next_text(receiver);
            CHECK(text == each);
        }
    });
}

TEST_CASE("several at once of none is invalid_argument", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto socket = anywhere();
        std::vector<rill::incoming_datagram> in;
        std::vector<rill::outgoing_datagram> out;
        const auto recv = co_await as_result(socket.recvfrom_many(in));
        CHECK(recv.error() == std::errc::invalid_argument);
        const auto send = co_await as_result(socket.sendto_many(out));
        CHECK(send.error() == std::errc::invalid_argument);
    });
}

TEST_CASE("an error that is told behind a datagram is told by the next recvfrom_many", "[udp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        two_sockets pair;
        std::array<char, 8> room{};
        std::vector<rill::incoming_datagram> entries(2, rill::incoming_datagram(room));
        co_await pair.other.send("abc");
        const std::size_t count = co_await pair.one.recvfrom_many(entries);
        CHECK(count == 1);
        pair.other.close();
        co_await pair.one.send("anyone?");
        const auto told = co_await as_result(rill::timeout(500ms, pair.one.recvfrom_many(entries)));
        const bool refused = told.error() == std::errc::connection_refused;
        if (!refused) WARN("skipped: this system does not tell of an unreachable port");
        CHECK((refused || told.error() == rill::errc::deadline_exceeded));
    });
}

// ---- multicast ----

namespace {

/// A multicast, received once, and not after it was left. On the loopback interface, whose number is 1 on Linux and which
/// lets IPv4 through; the environment's RILL_TEST_MULTICAST_INTERFACE names another one, as of a namespace of its own.
task<> multicast_here(const char* any, std::string group_bytes) {
    const char* const named = std::getenv("RILL_TEST_MULTICAST_INTERFACE");
    const auto number = static_cast<std::uint32_t>(named == nullptr ? 1 : std::atoi(named));
    const bool is_v6 = group_bytes.find(':') != group_bytes.npos;
    const std::string group_text = is_v6 ? group_bytes + "%" + std::to_string(number) : group_bytes;
    const rill::ip_address group(group_text);
    auto receiver = udp_socket::bind({any, 0}, option::reuse_address{true});
    auto sender = udp_socket::open(group.is_v6() ? rill::family::v6 : rill::family::v4);
    const endpoint to(group, receiver.local_endpoint().port());
    std::string why;
    try {
        receiver.join_group(group, number);
        sender.set(option::multicast_interface{number});
    } catch (const std::system_error& error) {
        why = error.what();
    }
    if (!why.empty()) {
        WARN("skipped: loopback has no multicast here: " << why);
        co_return;
    }
    sender.set(option::multicast_loop{true});
    sender.set(option::multicast_ttl{3});
    CHECK(sender.get<option::multicast_loop>().value());
    CHECK(sender.get<option::multicast_ttl>().value() == 3);
    const auto sent = co_await as_result(sender.sendto("abc", to));
    if (!sent) {
        WARN("skipped: there is no way to the group here: " << sent.error().message());
        co_return;
    }
    const auto got = co_await as_result(rill::timeout(2s, next_text(receiver)));
    if (named == nullptr && got.error() == rill::errc::deadline_exceeded) {
        WARN("skipped: loopback keeps this multicast to itself");
        co_return;
    }
    CHECK(got.error() == std::error_code());
    CHECK(error_of([&] { receiver.join_group(group, number); }) == std::errc::address_in_use);
    receiver.leave_group(group, number);
    CHECK(error_of([&] { receiver.leave_group(group, number); }) == std::errc::address_not_available);
    static_cast<void>(co_await as_result(sender.sendto("unheard", to)));
    co_await sender.sendto("direct", {group.is_v6() ? "::1" : "127.0.0.1", to.port()});
    const std::string next = co_await next_text(receiver);
    CHECK(next == "direct");
}

/// qemu's emulation of Linux in user space does not know the options of multicast groups.
bool emulator_has_no_groups(const std::error_code& refused) {
    if (support::emulator == nullptr || refused != std::errc::no_protocol_option) return false;
    WARN("skipped: the emulator of this processor knows no multicast groups");
    return true;
}

}  // namespace

TEST_CASE("a member of an IPv4 multicast group gets what is sent to it, until it leaves", "[udp][multicast]") {
    ON_EVERY_BACKEND(backend);
    backend.run([] { return multicast_here("0.0.0.0", "239.255.77.77"); });
}

TEST_CASE("a member of an IPv6 multicast group gets what is sent to it, until it leaves", "[udp][multicast]") {
    ON_EVERY_BACKEND(backend);
    backend.run([] { return multicast_here("::", "ff01::7777"); });
}

TEST_CASE("joining what is no multicast group is an error", "[udp][multicast]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto socket = anywhere();
        const std::error_code refused = error_of([&] { socket.join_group("127.0.0.1"); });
        if (emulator_has_no_groups(refused)) co_return;
        CHECK(refused == std::errc::invalid_argument);
        CHECK(error_of([&] { socket.leave_group("239.255.77.77"); }));
        co_return;
    });
}

TEST_CASE("the scope of a multicast group is the interface that it is joined on", "[udp][multicast]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto socket = udp_socket::bind({"::", 0});
        const rill::ip_address group("ff02::7777"), on_one("ff02::7777%1");
        const std::error_code refused = error_of([&] { socket.join_group(on_one); });
        if (refused) {
            WARN("skipped: no multicast on the first interface here: " << refused.message());
            co_return;
        }
        CHECK(error_of([&] { socket.join_group(group, 1); }) == std::errc::address_in_use);
        CHECK(error_of([&] { socket.leave_group(group, 1); }) == std::error_code());
        CHECK(error_of([&] { socket.join_group(on_one, 2); }) == std::errc::invalid_argument);
        co_return;
    });
}

TEST_CASE("joining a group on an interface that is not there is an error", "[udp][multicast]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        constexpr std::uint32_t nobodys = 2'000'000'000;
        auto socket = anywhere();
        auto six = udp_socket::bind({"::1", 0});
        if (emulator_has_no_groups(error_of([&] { socket.join_group("239.255.77.77", nobodys); }))) co_return;
        for (const std::error_code& why : {error_of([&] { socket.join_group("239.255.77.77", nobodys); }),
                                           error_of([&] { six.join_group("ff02::7777", nobodys); }),
                                           error_of([&] { six.join_group("ff02::7777%2000000000"); }),
                                           error_of([&] { socket.set(option::multicast_interface{nobodys}); }),
                                           error_of([&] { six.set(option::multicast_interface{nobodys}); })}) {
            const bool told = why == std::errc::no_such_device || why == std::errc::address_not_available ||
                              why == std::errc::invalid_argument;  // as the system says it
            INFO(why.message());
            CHECK(told);
        }
        co_return;
    });
}

// ---- cost ----

TEST_CASE("datagrams allocate nothing, one by one and several at once", "[udp][cost]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        two_sockets pair;
        auto open = anywhere();
        const endpoint to = open.local_endpoint();
        std::array<char, 64> in{};
        std::array<rill::incoming_datagram, 2> incoming{rill::incoming_datagram(in), rill::incoming_datagram(in)};
        const std::array<rill::outgoing_datagram, 2> outgoing{rill::outgoing_datagram("abc"),
                                                              rill::outgoing_datagram("def")};
        std::size_t allocated = 0;
        for (int round = 0; round < 200; ++round) {
            if (round == 100) allocated = support::allocation_count();
            co_await pair.one.send("abc");
            co_await pair.other.recv(in);
            co_await pair.one.sendto_many(outgoing);
            for (std::size_t got = 0; got < 2;) got += co_await pair.other.recvfrom_many(incoming);
            auto sender = open.sendto("abc", to);
            co_await std::move(sender);
            co_await open.readable();
            co_await open.recvfrom(in);
            const auto none = co_await with_stop(rill::stop_token(), open.sendto("abc", to));
            if (none) co_await open.recvfrom(in);
        }
        allocated = support::allocation_count() - allocated;
        CHECK(allocated == 0);
    });
}
