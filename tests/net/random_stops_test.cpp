// SPDX-License-Identifier: MIT
// Every operation of sockets, ended at random moments in every way in which a scope can end one. Afterwards nothing is
// lost: what an operation says it has moved has moved, once and in order, and what was stopped has moved nothing, or, of
// those that move many pieces, a beginning. A failure prints the seed, which replays it.
#include <rill/core/as_result.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/when_any.hpp>
#include <rill/core/with_stop.hpp>
#include <rill/net/file_transfer.hpp>
#include <rill/net/line_reader.hpp>
#include <rill/net/tcp_listener.hpp>
#include <rill/net/tcp_stream.hpp>
#include <rill/net/udp_socket.hpp>
#include <rill/net/unix_datagram_socket.hpp>
#include <rill/net/unix_listener.hpp>
#include <rill/net/unix_stream.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/every_backend.hpp"
#include "support/helper_thread.hpp"
#include "support/scratch_folder.hpp"
#include "support/seeded_random.hpp"
#include "support/tcp_pair.hpp"
#include "support/unix_sockets.hpp"

namespace {

using namespace std::chrono_literals;
using rill::as_result;
using rill::task;
using rill::when_all;
using support::seeded_random;

/// What ends operations, and how often it did.
struct ending {
    seeded_random random{};
    support::helper_thread other{};
    int ended = 0;
    int completed = 0;

    /// Mostly short; now and then long enough for anything that does not wait for ever.
    [[nodiscard]] std::chrono::microseconds a_moment() {
        std::size_t limit = random.one_in(2) ? 20 : 400;
        if (random.one_in(10)) limit = 20'000;
        return std::chrono::microseconds(random.below(limit));
    }
};

task<> stop_after(rill::stop_source stop, std::size_t turns) {
    for (; turns != 0; --turns) co_await rill::yield();
    stop.request_stop();
}

/// Runs an operation until it completes or is ended in one of four ways: what it gave, if it did.
template <class Operation>
task<rill::optional_value<rill::await_result<Operation>>> cut_short(ending& by, Operation operation) {
    using place = rill::optional_value<rill::await_result<Operation>>;
    rill::stop_source stop;
    place got{};
    const std::size_t way = by.random.below(4);
    if (way == 0) {
        by.other.call([stop, spins = by.random.below(3000)]() mutable {
            for (std::atomic<std::size_t> spin{0}; spin < spins;) spin.fetch_add(1);
            stop.request_stop();
        });
        got = co_await with_stop(stop.get_token(), std::move(operation));
    } else if (way == 1) {
        const std::size_t turns = by.random.below(4);
        auto both = co_await when_all(with_stop(stop.get_token(), std::move(operation)), stop_after(stop, turns));
        got = std::move(std::get<0>(both));
    } else if (way == 2) {
        const auto limit = by.a_moment();
        auto answer = co_await as_result(rill::timeout(limit, std::move(operation)));
        if (answer.error() != rill::errc::deadline_exceeded) {
            if constexpr (std::is_same_v<place, bool>) {
                answer.value();
                got = true;
            } else {
                got.emplace(std::move(answer).value());
            }
        }
    } else {
        const auto limit = by.a_moment();
        auto both = co_await rill::when_any(rill::sleep_for(limit), std::move(operation));
        got = std::move(std::get<1>(both));
    }
    got ? ++by.completed : ++by.ended;
    co_return got;
}

/// A running number a byte.
[[nodiscard]] char byte_at(std::size_t number) { return static_cast<char>(number % 251); }
[[nodiscard]] std::string bytes_from(std::size_t number, std::size_t size) {
    std::string text;
    for (std::size_t index = 0; index < size; ++index) text += byte_at(number + index);
    return text;
}

// ---- streams ----

constexpr std::size_t bytes_in_all = 100'000;

/// Little room on the way, so that who sends has to wait.
template <class Stream>
void make_narrow(Stream& from, Stream& to) {
    from.set(rill::option::send_buffer(4096));
    to.set(rill::option::receive_buffer(4096));
}

/// Sends running numbers with operations of which each, stopped, has sent nothing.
template <class Stream>
task<> send_numbers(ending& by, Stream& to) {
    for (std::size_t sent = 0; sent < bytes_in_all;) {
        const std::size_t left = bytes_in_all - sent, wanted = 1 + by.random.below(by.random.one_in(20) ? 9000 : 20);
        const std::string text = bytes_from(sent, wanted < left ? wanted : left);
        const std::string_view all(text);
        const std::size_t half = text.size() / 2;
        std::optional<std::size_t> size;
        if (by.random.one_in(2)) {
            size = co_await cut_short(by, to.send(text));
        } else {
            size = co_await cut_short(by, to.send(all.substr(0, half), all.substr(half)));
        }
        sent += size.value_or(0);
        if (by.random.one_in(4)) co_await rill::yield();
    }
    to.shutdown_send();
}

template <class Stream>
task<> receive_numbers(ending& by, Stream& from) {
    std::size_t received = 0;
    std::array<char, 64> buffer, further;
    const auto note = [&received](std::string_view bytes) {
        if (bytes != bytes_from(received, bytes.size())) FAIL("bytes are lost, or came twice, behind " << received);
        received += bytes.size();
    };
    for (std::optional<std::size_t> size; !size || *size != 0;) {
        const std::size_t verb = by.random.below(4);
        if (verb == 0) {
            size = co_await cut_short(by, from.recv(buffer));
            if (size) note({buffer.data(), *size});
        } else if (verb == 1) {
            size = co_await cut_short(by, from.recv(std::span(buffer).first(1), further));
            if (size && *size != 0) note({buffer.data(), 1});
            if (size && *size != 0) note({further.data(), *size - 1});
        } else if (verb == 2) {
            const auto lent = co_await cut_short(by, from.recv_lent());
            size.reset();
            if (lent) size = lent->size();
            if (lent) note({reinterpret_cast<const char*>(lent->data()), lent->size()});
        } else {
            static_cast<void>(co_await cut_short(by, from.readable()));
            size.reset();
        }
    }
    CHECK(received == bytes_in_all);
}

template <class Stream>
task<> exchange_numbers(ending& by, Stream& one, Stream& other) {
    make_narrow(one, other);
    make_narrow(other, one);
    co_await when_all(send_numbers(by, one), receive_numbers(by, other), send_numbers(by, other),
                      receive_numbers(by, one));
    CHECK(by.ended > 0);
    CHECK(by.completed > 0);
}

/// More than fits between two sockets, so that it is likely to be ended, or so little that it is likely to complete.
std::size_t large_or_small(ending& by, std::size_t limit) {
    return 1 + by.random.below(by.random.one_in(4) ? 4'000 : limit);
}

/// What a stopped operation of many pieces has sent is a beginning of it; one that completed has sent all.
template <class Stream, class Send>
task<> sends_a_beginning(ending& by, Stream from, Stream to, const std::string& whole, Send send) {
    bool completed = false;
    std::string received;
    from.set(rill::option::send_buffer(16'384));
    to.set(rill::option::receive_buffer(16'384));
    const auto sends = [&]() -> task<> {
        const auto done = co_await cut_short(by, send(from));
        completed = static_cast<bool>(done);
        from.close();
    };
    const auto receives = [&]() -> task<> {
        std::array<char, 30'000> buffer;
        while (const std::size_t size = co_await to.recv(buffer)) received.append(buffer.data(), size);
    };
    co_await when_all(sends(), receives());
    if (completed) CHECK(received.size() == whole.size());
    if (received != std::string_view(whole).substr(0, received.size())) FAIL("that is no beginning of what was sent");
}

// ---- connections ----

/// A client that got through says its number; of one that was ended, nothing is heard.
template <class Stream, class Where>
task<> knock(ending& by, Where where, std::uint8_t number, std::set<int>& through, std::vector<Stream>& kept) {
    auto stream = co_await cut_short(by, Stream::connect(where));
    if (!stream) co_return;
    co_await stream->send_all(std::array{number});
    through.insert(number);
    kept.push_back(std::move(*stream));
}

template <class Stream, class Listener, class Where>
task<> nobody_is_lost(ending& by, Listener& listener, Where where) {
    std::set<int> through, heard;
    std::vector<Stream> kept, accepted;
    bool all_came = false;
    const auto clients = [&]() -> task<> {
        for (int number = 0; number < 200; ++number) {
            co_await knock(by, where, static_cast<std::uint8_t>(number), through, kept);
            const auto pause = by.a_moment();
            co_await rill::sleep_for(pause);
        }
        all_came = true;
    };
    const auto accepts = [&]() -> task<> {
        while (!all_came) {
            auto stream = co_await cut_short(by, listener.accept());
            if (stream) accepted.push_back(std::move(*stream));
        }
    };
    co_await when_all(clients(), accepts());
    for (bool more = true; more;) {
        auto stream = co_await as_result(rill::timeout(100ms, listener.accept()));
        more = stream.has_value();
        if (more) accepted.push_back(std::move(stream).value());
    }
    for (Stream& each : accepted) {
        std::array<std::uint8_t, 1> number{};
        const auto got = co_await as_result(rill::timeout(10s, each.recv(number)));
        if (got && *got == 1) heard.insert(number[0]);
    }
    CHECK(heard == through);
    CHECK(by.ended > 0);
    CHECK(by.completed > 0);
}

// ---- datagrams ----

constexpr std::uint32_t datagrams_in_all = 3000;
constexpr std::uint32_t under_way_max = 4;  // fewer than any system keeps for a socket

using number_of_datagram = std::array<std::uint32_t, 1>;

struct counters {
    std::uint32_t sent = 0;
    std::uint32_t received = 0;
};

template <class Socket, class Where>
task<> send_datagrams(ending& by, counters& count, Socket& from, Where to) {
    while (count.sent < datagrams_in_all) {
        while (count.sent - count.received >= under_way_max) co_await rill::yield();
        const number_of_datagram one{count.sent};
        std::optional<std::size_t> size;
        if (by.random.one_in(2)) {
            size = co_await cut_short(by, from.send(one));
        } else {
            size = co_await cut_short(by, from.sendto(one, to));
        }
        if (size) ++count.sent;
    }
}

/// As send_datagrams, several at once.
task<> send_batches(ending& by, counters& count, rill::udp_socket& from, rill::endpoint to) {
    while (count.sent < datagrams_in_all) {
        while (count.sent - count.received >= under_way_max) co_await rill::yield();
        std::array<number_of_datagram, 3> numbers;
        std::vector<rill::outgoing_datagram> batch;
        for (number_of_datagram& each : numbers) {
            each[0] = count.sent + static_cast<std::uint32_t>(batch.size());
            if (each[0] < datagrams_in_all) batch.emplace_back(each, to);
        }
        const auto sent = co_await cut_short(by, from.sendto_many(batch));
        count.sent += static_cast<std::uint32_t>(sent.value_or(0));
    }
}

void note_datagram(counters& count, std::uint32_t number) {
    if (number != count.received++) FAIL("a datagram is lost, or came twice: " << number);
}

template <class Socket>
task<> receive_datagrams(ending& by, counters& count, Socket& to) {
    while (count.received < datagrams_in_all) {
        number_of_datagram number;
        const std::size_t verb = by.random.below(3);
        if (verb == 0) {
            const auto got = co_await cut_short(by, to.recvfrom(number));
            if (got) note_datagram(count, number[0]);
        } else if (verb == 1) {
            const auto got = co_await cut_short(by, to.recv(number));
            if (got) note_datagram(count, number[0]);
        } else {
            static_cast<void>(co_await cut_short(by, to.readable()));
        }
    }
}

task<> receive_batches(ending& by, counters& count, rill::udp_socket& to) {
    while (count.received < datagrams_in_all) {
        std::array<number_of_datagram, 3> numbers;
        std::array<rill::incoming_datagram, 3> batch;
        for (std::size_t index = 0; index < batch.size(); ++index)
            batch[index] = rill::incoming_datagram(numbers[index]);
        const auto got = co_await cut_short(by, to.recvfrom_many(batch));
        for (std::size_t index = 0; index < got.value_or(0); ++index) note_datagram(count, numbers[index][0]);
    }
}

// ---- lines ----

/// Reads a text with every read of a line_reader; what was read, put together, is the text.
template <class Stream>
task<std::string> read_in_every_way(ending& by, rill::line_reader<Stream>& reader) {
    std::string text;
    for (bool more = true; more;) {
        const std::size_t verb = by.random.below(4);
        std::array<char, 7> buffer;
        if (verb == 0) {
            const auto line = co_await cut_short(by, reader.read_line(100));
            if (line && *line) text.append(**line).append("\n");
            more = !line || line->has_value();
        } else if (verb == 1) {
            const auto line = co_await cut_short(by, reader.read_until("\n", 100));
            if (line && *line) text.append(**line).append("\n");
            more = !line || line->has_value();
        } else if (verb == 2) {
            const auto got = co_await cut_short(by, reader.recv(buffer));
            if (got) text.append(buffer.data(), *got);
            more = !got || *got != 0;
        } else if (reader.buffered().size() > 2) {
            const auto got = co_await cut_short(by, reader.read_exactly(2));
            if (got) text.append(*got);
        }
    }
    co_return text;
}

}  // namespace

TEST_CASE("TCP streams lose no byte, whatever ends their operations, and whenever", "[tcp][stop]") {
    ON_EVERY_BACKEND(backend);
    ending by;
    INFO(by.random.replay());
    backend.run([&]() -> task<> {
        auto pair = co_await support::connected();
        co_await exchange_numbers(by, pair.server, pair.client);
    });
}

TEST_CASE("Unix streams lose no byte, whatever ends their operations, and whenever", "[unix][stop]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_pairs()) return;
    ending by;
    INFO(by.random.replay());
    backend.run([&]() -> task<> {
        auto [one, other] = rill::socket_pair();
        co_await exchange_numbers(by, one, other);
    });
}

TEST_CASE("a send_all that is ended has sent a beginning, and one that completed has sent all", "[tcp][stop]") {
    ON_EVERY_BACKEND(backend);
    ending by;
    INFO(by.random.replay());
    const std::string whole = bytes_from(0, 300'000);
    backend.run([&]() -> task<> {
        for (int round = 0; round < 200; ++round) {
            auto pair = co_await support::connected();
            const std::string_view part = std::string_view(whole).substr(0, large_or_small(by, whole.size()));
            const auto send = [&](rill::tcp_stream& to) { return to.send_all(part.substr(0, 1), part.substr(1)); };
            co_await sends_a_beginning(by, std::move(pair.client), std::move(pair.server), std::string(part), send);
        }
        CHECK(by.ended > 0);
        CHECK(by.completed > 0);
    });
}

TEST_CASE("a send_file that is ended has sent a beginning, and one that completed has sent all", "[file][stop]") {
    ON_EVERY_BACKEND(backend);
    ending by;
    INFO(by.random.replay());
    const support::scratch_folder folder;
    const std::string path = folder / "whole";
    const std::string whole = bytes_from(0, 700'000);
    std::ofstream(path, std::ios::binary) << whole;
    backend.run([&]() -> task<> {
        for (int round = 0; round < 100; ++round) {
            auto pair = co_await support::connected();
            const std::string part = whole.substr(0, large_or_small(by, whole.size()));
            const auto send = [&](rill::tcp_stream& to) {
                return rill::send_file(to, path, rill::file_range(0, part.size()));
            };
            co_await sends_a_beginning(by, std::move(pair.client), std::move(pair.server), part, send);
        }
        CHECK(by.ended > 0);
        CHECK(by.completed > 0);
    });
}

TEST_CASE("of TCP connections that were made none is lost, whatever ends accepts and connects", "[tcp][stop]") {
    ON_EVERY_BACKEND(backend);
    ending by;
    INFO(by.random.replay());
    backend.run([&]() -> task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        co_await nobody_is_lost<rill::tcp_stream>(by, listener, listener.local_endpoint());
    });
}

TEST_CASE("of Unix connections that were made none is lost, whatever ends accepts and connects", "[unix][stop]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_streams()) return;
    ending by;
    INFO(by.random.replay());
    const support::scratch_folder folder;
    const std::string path = folder / "listener";
    backend.run([&]() -> task<> {
        auto listener = rill::unix_listener::bind(path);
        co_await nobody_is_lost<rill::unix_stream>(by, listener, rill::unix_endpoint(path));
    });
}

TEST_CASE("UDP sockets lose no datagram, whatever ends their operations, and whenever", "[udp][stop]") {
    ON_EVERY_BACKEND(backend);
    ending by;
    INFO(by.random.replay());
    backend.run([&]() -> task<> {
        auto one = rill::udp_socket::bind({"127.0.0.1", 0}), other = rill::udp_socket::bind({"127.0.0.1", 0});
        const rill::endpoint to = other.local_endpoint();
        one.connect(to);
        counters count, in_batches;
        co_await when_all(send_datagrams(by, count, one, to), receive_datagrams(by, count, other));
        co_await when_all(send_batches(by, in_batches, one, to), receive_batches(by, in_batches, other));
        CHECK(by.ended > 0);
    });
}

TEST_CASE("Unix datagram sockets lose no datagram, whatever ends their operations, and whenever", "[unix][stop]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_datagrams()) return;
    ending by;
    INFO(by.random.replay());
    const support::scratch_folder folder;
    const std::string path = folder / "receiver";
    backend.run([&]() -> task<> {
        auto from = rill::unix_datagram_socket::open();
        auto to = rill::unix_datagram_socket::bind(path);
        from.connect(path);
        counters count;
        co_await when_all(send_datagrams(by, count, from, rill::unix_endpoint(path)), receive_datagrams(by, count, to));
        CHECK(by.ended > 0);
    });
}

TEST_CASE("a line_reader loses no byte, whatever ends its reads, and whenever", "[tcp][stop]") {
    ON_EVERY_BACKEND(backend);
    ending by;
    INFO(by.random.replay());
    std::string text;
    for (int line = 0; line < 2000; ++line) text += std::string(by.random.below(40), 'x') + std::to_string(line) + "\n";
    backend.run([&]() -> task<> {
        auto pair = co_await support::connected();
        rill::line_reader reader(pair.server);
        const auto writes = [&]() -> task<> {
            for (std::size_t sent = 0; sent < text.size();) {
                const std::string_view piece = std::string_view(text).substr(sent, 1 + by.random.below(50));
                co_await pair.client.send_all(piece);
                sent += piece.size();
                if (by.random.one_in(2)) co_await rill::sleep_for(1us);
            }
            pair.client.shutdown_send();
        };
        auto [read, nothing] = co_await when_all(read_in_every_way(by, reader), writes());
        CHECK((read == text));
        CHECK(by.ended > 0);
        CHECK(by.completed > 0);
    });
}
