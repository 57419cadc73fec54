// SPDX-License-Identifier: MIT
#include <rill/net/line_reader.hpp>

#include <rill/core/as_result.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>
#include <rill/net/file_transfer.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/every_backend.hpp"
#include "support/scratch_folder.hpp"
#include "support/scripted_source.hpp"
#include "support/seeded_random.hpp"
#include "support/tcp_pair.hpp"

namespace {

using namespace std::chrono_literals;
using rill::as_result;
using rill::line_reader;
using rill::task;
using support::connected;
using support::scripted_source;

static_assert(rill::byte_source<scripted_source> && !rill::byte_stream<scripted_source>);
static_assert(rill::byte_stream<rill::tcp_stream> && !rill::byte_source<int>);
static_assert(rill::byte_source<line_reader<rill::tcp_stream>>, "what takes a stream takes a reader");

/// Runs a coroutine function that needs no socket.
template <class Body>
void run(Body body) {
    rill::io_context context;
    support::run_on(context, body);
}

/// All lines of a text that comes in given chunks.
std::vector<std::string> lines_of(std::vector<std::string> chunks, std::size_t max = 1000) {
    scripted_source source(std::move(chunks));
    std::vector<std::string> lines;
    run([&]() -> task<> {
        line_reader reader(source);
        while (const auto line = co_await reader.read_line(max)) lines.emplace_back(*line);
    });
    return lines;
}

}  // namespace

TEST_CASE("lines are the same however the stream is cut") {
    const std::string text = "GET / HTTP/1.1\r\nHost: gr\xc3\xbc\xc3\x9f\n\n\r\nlast";
    const std::vector<std::string> lines{"GET / HTTP/1.1", "Host: gr\xc3\xbc\xc3\x9f", "", "", "last"};
    CHECK(lines_of({text}) == lines);
    for (std::size_t size = 1; size < text.size(); ++size) {
        std::vector<std::string> chunks;
        for (std::size_t at = 0; at < text.size(); at += size) chunks.push_back(text.substr(at, size));
        INFO("chunks of " << size);
        CHECK(lines_of(chunks) == lines);
    }
}

TEST_CASE("random lines in random chunks come as they are") {
    support::seeded_random random;
    INFO(random.replay());
    for (int round = 0; round < 50; ++round) {
        std::vector<std::string> lines, chunks;
        std::string text;
        for (std::size_t count = 1 + random.below(40); count != 0; --count) {
            lines.emplace_back(random.below(random.one_in(10) ? 9000 : 60), static_cast<char>('a' + random.below(26)));
            text += lines.back() + (random.one_in(2) ? "\n" : "\r\n");
        }
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t size = 1 + random.below(random.one_in(3) ? 8000 : 20);
            chunks.push_back(text.substr(at, size));
            at += size;
        }
        REQUIRE(lines_of(chunks, 9000) == lines);
    }
}

TEST_CASE("a line is shown where it is until the next read") {
    run([]() -> task<> {
        scripted_source source({"one\ntwo\n"});
        line_reader reader(source);
        const std::optional<std::string_view> line = co_await reader.read_line(10);
        CHECK(reader.buffered() == "two\n");
        CHECK(line == "one");
        CHECK(source.receives == 1);
        static_cast<void>(co_await reader.read_line(10));
        CHECK(source.receives == 1);  // it was there
    });
}

TEST_CASE("a line that is too long is an error, and stays where it is") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto [server, client] = co_await connected();
        co_await client.send_all(std::string(200, 'x'), "\nnext\n");
        line_reader reader(server);
        const auto line = co_await as_result(reader.read_line(100));
        CHECK(line.error() == rill::errc::line_too_long);
        CHECK(reader.buffered().starts_with(std::string(101, 'x')));
        std::string text;
        try {
            static_cast<void>(co_await reader.read_line(100));
        } catch (const std::system_error& error) {
            text = error.what();
        }
        const std::string peer = rill::to_string(server.remote_endpoint());
        CHECK(text == "read_line " + peer + ": no line end within the given maximum");
        const auto got = co_await reader.read_line(200);
        CHECK(got == std::string(200, 'x'));
        const auto then = co_await reader.read_line(200);
        CHECK(then == "next");
    });
}

TEST_CASE("what stands before a separator is read, and the separator with it") {
    run([]() -> task<> {
        scripted_source source({"a: b\r", "\n\r\nbo", "dy|"});
        line_reader reader(source);
        const auto got = co_await reader.read_until("\r\n\r\n", 100);
        CHECK(got == "a: b");
        const auto then = co_await reader.read_until("|", 100);
        CHECK(then == "body");
        const auto after = co_await reader.read_until("|", 100);
        CHECK_FALSE(after);
    });
}

TEST_CASE("a separator is looked for within the maximum only") {
    run([]() -> task<> {
        scripted_source source({"abcdef|"});
        line_reader reader(source);
        const auto got = co_await as_result(reader.read_until("|", 5));
        CHECK(got.error() == rill::errc::line_too_long);
        CHECK(reader.buffered() == "abcdef|");
        const auto then = co_await reader.read_until("|", 6);
        CHECK(then == "abcdef");
    });
}

TEST_CASE("an empty separator is an error") {
    run([]() -> task<> {
        scripted_source source({"abc"});
        line_reader reader(source);
        const auto got = co_await as_result(reader.read_until("", 5));
        CHECK(got.error() == std::errc::invalid_argument);
        CHECK(source.receives == 0);
    });
}

TEST_CASE("the end of the stream before a separator is an error, and what came stays") {
    run([]() -> task<> {
        scripted_source source({"abc"});
        line_reader reader(source);
        const auto got = co_await as_result(reader.read_until("|", 100));
        CHECK(got.error() == rill::errc::end_of_stream);
        CHECK(reader.buffered() == "abc");
        const auto then = co_await reader.read_line(100);
        CHECK(then == "abc");
    });
}

TEST_CASE("an exact number of bytes is read, over any chunks") {
    run([]() -> task<> {
        scripted_source source({"12", "345", std::string(100'000, 'x'), "rest"});
        line_reader reader(source);
        const auto got = co_await reader.read_exactly(4);
        CHECK(got == "1234");
        const auto then = co_await reader.read_exactly(0);
        CHECK(then == "");
        const auto after = co_await reader.read_exactly(100'001);
        CHECK(after == "5" + std::string(100'000, 'x'));
        const auto later = co_await as_result(reader.read_exactly(5));
        CHECK(later.error() == rill::errc::end_of_stream);
        const auto next = co_await reader.read_exactly(4);
        CHECK(next == "rest");
        const auto last = co_await as_result(reader.read_exactly(1));
        CHECK(last.error() == rill::errc::end_of_stream);
    });
}

TEST_CASE("what is left over is received before the stream is asked") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto [server, client] = co_await connected();
        co_await client.send_all("upgrade\nraw");
        line_reader reader(server);
        const auto got = co_await reader.read_line(100);
        CHECK(got == "upgrade");
        const auto then = co_await reader.read_exactly(2);
        CHECK(then == "ra");
        CHECK(reader.buffered() == "w");
        std::array<char, 10> bytes;
        const auto after = co_await reader.recv(bytes);
        CHECK(after == 1);
        CHECK(bytes[0] == 'w');
        co_await client.send_all("more");
        const auto later = co_await reader.recv(bytes);
        CHECK(later == 4);
        CHECK(reader.buffered().empty());
        client.close();
        const auto next = co_await reader.recv(bytes);
        CHECK(next == 0);
        const auto last = co_await as_result(reader.recv(std::span<std::byte>()));
        CHECK(last.error() == std::errc::invalid_argument);
    });
}

TEST_CASE("a file is received from what is left over, and then from the stream") {
    const support::scratch_folder folder;
    const std::string path = folder / "received";
    run([&]() -> task<> {
        scripted_source source({"PUT 6\nabc", "def", "next\n"});
        line_reader reader(source);
        static_cast<void>(co_await reader.read_line(100));
        const std::uint64_t size = co_await rill::recv_file(reader, path, rill::file_range(0, 6));
        CHECK(size == 6);
        const auto line = co_await reader.read_line(100);
        CHECK(line == "next");
    });
    std::ifstream file(path);
    std::string text;
    CHECK(std::getline(file, text));
    CHECK(text == "abcdef");
}

TEST_CASE("what is left over can be taken over") {
    run([]() -> task<> {
        scripted_source source({"line\nabcdef", "\n"});
        line_reader reader(source);
        static_cast<void>(co_await reader.read_line(100));
        CHECK(reader.buffered() == "abcdef");
        reader.consume(4);
        CHECK(reader.buffered() == "ef");
        const auto got = co_await reader.read_line(100);
        CHECK(got == "ef");
        reader.consume(1000);
        CHECK(reader.buffered().empty());
    });
}

TEST_CASE("a read that is stopped keeps what has come") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto [server, client] = co_await connected();
        line_reader reader(server);
        co_await client.send_all("half ");
        const auto got = co_await as_result(rill::timeout(20ms, reader.read_line(100)));
        CHECK(got.error() == std::errc::timed_out);
        CHECK(reader.buffered() == "half ");
        const auto then = co_await as_result(rill::timeout(1ms, reader.read_exactly(100)));
        CHECK(then.error() == std::errc::timed_out);
        co_await client.send_all("a line\n");
        const auto after = co_await reader.read_line(100);
        CHECK(after == "half a line");
    });
}

TEST_CASE("a read in a stopped scope uses up nothing, though the line is there") {
    run([]() -> task<> {
        scripted_source source({"one\ntwo\n"});
        line_reader reader(source);
        static_cast<void>(co_await reader.read_line(10));
        bool read = false;
        auto stopped = [&]() -> task<> {
            static_cast<void>(co_await reader.read_line(10));
            read = true;
        };
        rill::stop_source stop;
        stop.request_stop();
        const auto got = co_await rill::with_stop(stop.get_token(), stopped());
        CHECK_FALSE(got);
        CHECK_FALSE(read);
        CHECK(reader.buffered() == "two\n");
    });
}

TEST_CASE("a second read beside another is an error, and does not disturb it") {
    run([]() -> task<> {
        scripted_source source({"half", "\nrest"});
        line_reader reader(source);
        auto first = [&]() -> task<> {
            const auto got = co_await reader.read_line(10);
            CHECK(got == "half");
        };
        auto second = [&]() -> task<> {
            const auto then = co_await as_result(reader.read_line(10));
            CHECK(then.error() == std::errc::operation_in_progress);
            std::array<char, 4> bytes;
            const auto after = co_await as_result(reader.recv(bytes));
            CHECK(after.error() == std::errc::operation_in_progress);
        };
        co_await rill::when_all(first(), second());
        const auto later = co_await reader.read_line(10);
        CHECK(later == "rest");
    });
}

TEST_CASE("an error of the stream passes, and what came stays") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto [server, client] = co_await connected();
        line_reader reader(server);
        co_await client.send_all("half");
        auto reading = [&]() -> task<> {
            const auto got = co_await as_result(reader.read_line(100));
            CHECK(got.error() == std::errc::operation_canceled);
        };
        auto closing = [&]() -> task<> {
            while (reader.buffered().empty()) co_await rill::sleep_for(1ms);
            server.close();
        };
        co_await rill::when_all(reading(), closing());
        CHECK(reader.buffered() == "half");
        const auto then = co_await as_result(reader.read_line(100));
        CHECK(then.error() == std::errc::bad_file_descriptor);
    });
}

TEST_CASE("lines that are buffered do not keep the loop from others") {
    run([]() -> task<> {
        scripted_source source({std::string(4000, '\n')});
        line_reader reader(source);
        int read = 0;
        bool let_in = false;
        auto reading = [&]() -> task<> {
            while (co_await reader.read_line(10)) ++read;
        };
        auto other = [&]() -> task<> {
            while (read == 0) co_await rill::yield();
            let_in = read < 4000;
        };
        co_await rill::when_all(reading(), other());
        CHECK(read == 4000);
        CHECK(let_in);
    });
}

TEST_CASE("a reader allocates one buffer for all lines that fit") {
    if (!support::allocations_are_watched) {
        WARN("allocations can't be counted in this build");
        return;
    }
    run([]() -> task<> {
        auto [server, client] = co_await connected();
        line_reader reader(server);
        for (int warm_up = 0; warm_up < 3; ++warm_up) {
            co_await client.send_all("a line\n");
            static_cast<void>(co_await reader.read_line(4000));
        }
        const std::size_t before = support::allocation_count();
        for (int round = 0; round < 1000; ++round) {
            co_await client.send_all("a line\nand ", "another\n");
            static_cast<void>(co_await reader.read_line(4000));
            static_cast<void>(co_await reader.read_line(4000));
        }
        if (RILL_RECYCLE_FRAMES) CHECK(support::allocation_count() == before);
    });
}

TEST_CASE("a reader grows to the maximum and no further") {
    run([]() -> task<> {
        scripted_source source(std::vector<std::string>(64, std::string(1000, 'x')));
        line_reader reader(source);
        const auto got = co_await as_result(reader.read_line(10'000));
        CHECK(got.error() == rill::errc::line_too_long);
        CHECK(reader.buffered().size() <= 10'002);
    });
}

TEST_CASE("when there is no memory, a read fails and loses nothing") {
    if (!support::allocations_are_watched) {
        WARN("allocations can't be made to fail in this build");
        return;
    }
    run([]() -> task<> {
        for (std::size_t number = 0;; ++number) {
            scripted_source source({"half ", "a line\n"});
            line_reader reader(source);
            std::optional<std::string> got;
            bool happened = false;
            {
                const support::failing_allocation failing(number);
                try {
                    got = co_await reader.read_line(100);  // short enough to need no memory of its own
                } catch (const std::bad_alloc&) {
                }
                happened = failing.happened();
            }
            CHECK(got.has_value() == !happened);
            if (!got) got = co_await reader.read_line(100);
            CHECK(got == "half a line");
            if (!happened) break;
        }
    });
}
