// SPDX-License-Identifier: MIT
#include <rill/net/tcp_stream.hpp>

#include <rill/core/sleep.hpp>
#include <rill/core/task_group.hpp>
#include <rill/core/timeout.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/every_backend.hpp"
#include "support/native_socket.hpp"
#include "support/tcp_pair.hpp"

namespace {

using rill::as_result;
using rill::task;
using rill::when_all;
using support::connected;

std::string pattern(std::size_t size) {
    std::string text(size, '\0');
    std::uint32_t state = 12345;
    for (char& each : text) {
        state = state * 1664525 + 1013904223;
        each = static_cast<char>(state >> 24);
    }
    return text;
}

/// A sum that tells a byte that is lost, doubled, or at another place.
class checksum {
  public:
    void add(std::string_view bytes) noexcept {
        for (const char each : bytes) value_ = (value_ ^ static_cast<unsigned char>(each)) * 1099511628211ULL;
        size_ += bytes.size();
    }
    friend bool operator==(const checksum&, const checksum&) noexcept = default;
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

  private:
    std::uint64_t value_ = 14695981039346656037ULL;
    std::size_t size_ = 0;
};

}  // namespace

// ---- sizes ----

TEST_CASE("one byte at a time is sent and received in order", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        const std::string sent = pattern(5000);
        std::string received;
        auto sender = [&]() -> task<> {
            for (const char each : sent) co_await pair.client.send_all(std::string_view(&each, 1));
            pair.client.shutdown_send();
        };
        auto receiver = [&]() -> task<> {
            std::array<char, 1> one;
            while (co_await pair.server.recv(one) != 0) received += one[0];
        };
        co_await when_all(receiver(), sender());
        CHECK(received == sent);
    });
}

TEST_CASE("recv into an empty buffer is invalid_argument and takes nothing", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        co_await pair.client.send_all("abc");
        std::string empty, also_empty;
        const auto one = co_await as_result(pair.server.recv(empty));
        CHECK(one.error() == std::errc::invalid_argument);
        const auto two = co_await as_result(pair.server.recv(empty, also_empty));
        CHECK(two.error() == std::errc::invalid_argument);
        const std::string text = co_await support::text_of(pair.server, 3);
        CHECK(text == "abc");
    });
}

TEST_CASE("an empty buffer beside one that is not empty is no error", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        std::string none, three(3, '\0');
        co_await pair.client.send_all(none, std::string_view("abc"), none);
        co_await pair.server.recv_exactly(none, three, none);
        CHECK(three == "abc");
    });
}

TEST_CASE("sending nothing gives 0 and sends nothing", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        const std::string nothing;
        const std::size_t sent = co_await pair.client.send(nothing);
        CHECK(sent == 0);
        co_await pair.client.send_all(nothing);
        co_await pair.client.send_all("");
        co_await pair.client.send_all("x");
        pair.client.close();
        const std::string all = co_await support::rest_of(pair.server);
        CHECK(all == "x");
    });
}

TEST_CASE("recv_exactly of nothing is done at once, also where nothing has come", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        std::string nothing;
        co_await pair.server.recv_exactly(nothing);
        const bool whole = co_await pair.server.recv_exactly_or_end(nothing);
        CHECK(whole);
    });
}

TEST_CASE("recv gives what is there, however large its buffer is", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        std::vector<char> large(1 << 20);
        for (const std::string_view text : {"a", "bc", "defg"}) {
            co_await pair.client.send_all(text);
            const std::size_t size = co_await pair.server.recv(large);
            CHECK(std::string_view(large.data(), size) == text);
        }
    });
}

TEST_CASE("recv that fills its buffer exactly leaves the rest to the next", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        co_await pair.client.send_all("abcdef");
        std::array<char, 3> three;
        for (const std::string_view text : {"abc", "def"}) {
            const std::size_t size = co_await pair.server.recv(three);
            CHECK(std::string_view(three.data(), size) == text);
        }
        co_await pair.client.send_all("ghi");
        const std::size_t size = co_await pair.server.recv(three);
        CHECK(std::string_view(three.data(), size) == "ghi");
    });
}

TEST_CASE("recv_exactly waits for the whole, in however many pieces it comes", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        const std::string sent = pattern(100);
        std::string received(100, '\0');
        auto sender = [&]() -> task<> {
            for (std::size_t at = 0; at < sent.size(); at += 7) {
                co_await pair.client.send_all(std::string_view(sent).substr(at, 7));
                co_await rill::yield();
            }
        };
        co_await when_all(pair.server.recv_exactly(received), sender());
        CHECK(received == sent);
    });
}

TEST_CASE("recv_exactly that meets the end in the middle is end_of_stream", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        co_await pair.client.send_all("ab");
        pair.client.shutdown_send();
        std::string three(3, '\0');
        const auto cut = co_await as_result(pair.server.recv_exactly(three));
        CHECK(cut.error() == rill::errc::end_of_stream);
        const auto ended = co_await as_result(pair.server.recv_exactly(three));
        CHECK(ended.error() == rill::errc::end_of_stream);
    });
}

TEST_CASE("recv_exactly_or_end gives false at the end, and end_of_stream in the middle", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        for (const std::string_view sent : {"abcdef", "abcde"}) {
            auto pair = co_await connected();
            co_await pair.client.send_all(sent);
            pair.client.shutdown_send();
            std::array<char, 2> record;
            for (int index = 0; index < 2; ++index) {
                const bool whole = co_await pair.server.recv_exactly_or_end(record);
                CHECK(whole);
            }
            const auto third = co_await as_result(pair.server.recv_exactly_or_end(record));
            if (sent.size() == 6) {
                CHECK(third.value());
                const bool more = co_await pair.server.recv_exactly_or_end(record);
                CHECK_FALSE(more);
            } else {
                CHECK(third.error() == rill::errc::end_of_stream);
            }
        }
    });
}

// ---- scatter and gather ----

TEST_CASE("sixteen buffers go out in turn and are filled in turn", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        std::array<std::string, 16> out, in;
        std::string sent, received;
        for (std::size_t index = 0; index < 16; ++index) {
            out[index] = std::string(index * 3, static_cast<char>('a' + index));  // the first is empty
            in[index] = std::string(45 - index * 3, '\0');                        // and so is the last
            sent += out[index];
        }
        co_await pair.client.send_all(out[0], out[1], out[2], out[3], out[4], out[5], out[6], out[7], out[8], out[9],
                                      out[10], out[11], out[12], out[13], out[14], out[15]);
        co_await pair.server.recv_exactly(in[0], in[1], in[2], in[3], in[4], in[5], in[6], in[7], in[8], in[9], in[10],
                                          in[11], in[12], in[13], in[14], in[15]);
        for (const std::string& each : in) received += each;
        CHECK(received == sent);
    });
}

TEST_CASE("recv into several buffers fills them as far as the bytes go", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        co_await pair.client.send_all("abcde");
        std::array<char, 3> first{};
        std::array<char, 8> second{};
        std::array<char, 4> third{};
        const std::size_t size = co_await pair.server.recv(first, second, third);
        CHECK(size == 5);
        CHECK(std::string_view(first.data(), 3) == "abc");
        CHECK(std::string_view(second.data(), 3) == std::string_view("de\0", 3));
        CHECK(third[0] == '\0');
    });
}

TEST_CASE("recv_exactly into several buffers goes on in the middle of one", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        const std::string sent = pattern(30);
        std::string a(4, '\0'), b(13, '\0'), c(13, '\0');
        auto sender = [&]() -> task<> {
            for (std::size_t at = 0; at < sent.size(); at += 5) {
                co_await pair.client.send_all(std::string_view(sent).substr(at, 5));
                for (int turn = 0; turn < 3; ++turn) co_await rill::yield();
            }
        };
        co_await when_all(pair.server.recv_exactly(a, b, c), sender());
        CHECK(a + b + c == sent);
    });
}

TEST_CASE("a large write of many buffers arrives whole although it waits in the middle of each", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        support::native::keep_buffers_small(pair.client);
        const std::string piece = pattern(300'001);
        checksum sent, received;
        for (int index = 0; index < 8; ++index) sent.add(piece);
        auto sender = [&]() -> task<> {
            co_await pair.client.send_all(piece, piece, piece, piece, piece, piece, piece, piece);
            pair.client.shutdown_send();
        };
        auto receiver = [&]() -> task<> {
            std::vector<char> buffer(77'777);
            while (const std::size_t size = co_await pair.server.recv(buffer))
                received.add(std::string_view(buffer.data(), size));
        };
        co_await when_all(sender(), receiver());
        CHECK(received.size() == sent.size());
        CHECK(received == sent);
    });
}

TEST_CASE("send gives a short count when there is little room, and waits when there is none", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        const std::string all = pattern(20'000'000);
        const std::size_t first = co_await pair.client.send(all);
        CHECK(first > 0);
        CHECK(first <= all.size());
        std::size_t sent = first;
        checksum out, in;
        auto sender = [&]() -> task<> {
            while (sent < all.size()) sent += co_await pair.client.send(std::string_view(all).substr(sent));
            pair.client.shutdown_send();
        };
        auto receiver = [&]() -> task<> {
            std::vector<char> buffer(65536);
            while (const std::size_t size = co_await pair.server.recv(buffer))
                in.add(std::string_view(buffer.data(), size));
        };
        out.add(all);
        co_await when_all(sender(), receiver());
        CHECK(in == out);
    });
}

// ---- the two directions ----

TEST_CASE("both sides shut their sending down while the other still sends 64 MiB", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        const std::string block = pattern(1 << 20);
        for (const bool server_sends : {true, false}) {
            auto pair = co_await connected();
            rill::tcp_stream& giver = server_sends ? pair.server : pair.client;
            rill::tcp_stream& taker = server_sends ? pair.client : pair.server;
            checksum sent, received;
            taker.shutdown_send();
            auto give = [&]() -> task<> {
                std::array<char, 1> one;
                const std::size_t end = co_await giver.recv(one);
                CHECK(end == 0);
                for (int index = 0; index < 64; ++index) {
                    sent.add(block);
                    co_await giver.send_all(block);
                }
                giver.shutdown_send();
            };
            auto take = [&]() -> task<> {
                std::vector<char> buffer(256 * 1024);
                while (const std::size_t size = co_await taker.recv(buffer))
                    received.add(std::string_view(buffer.data(), size));
            };
            co_await when_all(give(), take());
            CHECK(received.size() == std::size_t{64} << 20);
            CHECK(received == sent);
        }
    });
}

TEST_CASE("a reader and a writer work on one stream at the same time, both ways at once", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        const std::string block = pattern(3'000'000);
        std::array<checksum, 2> got;
        checksum sent;
        sent.add(block);
        auto send = [&](rill::tcp_stream& from) -> task<> {
            co_await from.send_all(block);
            from.shutdown_send();
        };
        auto receive = [&](rill::tcp_stream& to, checksum& into) -> task<> {
            std::vector<char> buffer(10'000);
            while (const std::size_t size = co_await to.recv(buffer)) into.add(std::string_view(buffer.data(), size));
        };
        co_await when_all(send(pair.client), send(pair.server), receive(pair.client, got[0]),
                          receive(pair.server, got[1]));
        CHECK(got[0] == sent);
        CHECK(got[1] == sent);
    });
}

TEST_CASE("a second reader is refused and the first is not disturbed", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        std::array<char, 8> one, two;
        std::size_t got = 0;
        auto first = [&]() -> task<> { got = co_await pair.client.recv(one); };
        auto others = [&]() -> task<> {
            const auto recv = co_await as_result(pair.client.recv(two));
            CHECK(recv.error() == std::errc::operation_in_progress);
            CHECK_THAT(support::message_of(recv), Catch::Matchers::Contains(" while another one waits for it: "));
            const auto exactly = co_await as_result(pair.client.recv_exactly(two));
            CHECK(exactly.error() == std::errc::operation_in_progress);
            const auto readable = co_await as_result(pair.client.readable());
            CHECK(readable.error() == std::errc::operation_in_progress);
            const auto lent = co_await as_result(pair.client.recv_lent());
            CHECK(lent.error() == std::errc::operation_in_progress);
            co_await pair.server.send_all("abc");
        };
        co_await when_all(first(), others());
        CHECK(std::string_view(one.data(), got) == "abc");
    });
}

TEST_CASE("a second writer is refused and the first is not disturbed", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        const std::string block = pattern(8'000'000);
        std::string received;
        auto first = [&]() -> task<> {
            co_await pair.client.send_all(block);
            pair.client.shutdown_send();
        };
        auto others = [&]() -> task<> {
            const auto all = co_await as_result(pair.client.send_all("INTRUDER"));
            CHECK(all.error() == std::errc::operation_in_progress);
            const auto some = co_await as_result(pair.client.send("INTRUDER"));
            CHECK(some.error() == std::errc::operation_in_progress);
            received = co_await support::rest_of(pair.server);
        };
        co_await when_all(first(), others());
        CHECK((received == block));
    });
}

TEST_CASE("shutdown_send twice is once", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        pair.client.shutdown_send();
        CHECK_NOTHROW(pair.client.shutdown_send());
        const std::string all = co_await support::rest_of(pair.server);
        CHECK(all.empty());
    });
}

TEST_CASE("shutdown_send twice is once, also when the peer has shut down and closed in between", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        pair.client.shutdown_send();
        pair.server.close();
        const std::string all = co_await support::rest_of(pair.client);  // an orderly end: nothing was reset
        CHECK(all.empty());
        CHECK_NOTHROW(pair.client.shutdown_send());
    });
}

TEST_CASE("shutdown_send after a reset is an error that says so", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    if (!support::native::tells_late_resets()) {
        WARN("skipped: this system does not tell a reset to those who ask after it");
        return;
    }
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        support::native::reset_when_closed(pair.server);
        pair.server.close();
        std::array<char, 1> one;
        const auto reset = co_await as_result(pair.client.recv(one));
        CHECK(reset.error() == std::errc::connection_reset);
        try {
            pair.client.shutdown_send();
            WARN("this system shuts down what was reset without a word");
        } catch (const std::system_error& error) {
            CHECK(error.code() == std::errc::not_connected);
        }
    });
}

TEST_CASE("send after shutdown_send is broken_pipe and no signal", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    REQUIRE(support::native::broken_pipes_kill());
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        pair.client.shutdown_send();
        const auto sent = co_await as_result(pair.client.send_all("x"));
        CHECK(sent.error() == std::errc::broken_pipe);
    });
}

// ---- ends ----

TEST_CASE("the end of the stream comes after all that was sent, and stays", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        co_await pair.client.send_all("last words");
        pair.client.close();
        std::array<char, 4> four;
        std::string all;
        while (const std::size_t size = co_await pair.server.recv(four)) all.append(four.data(), size);
        CHECK(all == "last words");
        for (int again = 0; again < 3; ++again) {
            const std::size_t size = co_await pair.server.recv(four);
            CHECK(size == 0);
        }
    });
}

TEST_CASE("the end of the stream is told to one who waits for it", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        std::array<char, 4> four;
        std::size_t size = 99;
        auto reader = [&]() -> task<> { size = co_await pair.server.recv(four); };
        auto closer = [&]() -> task<> {
            co_await rill::yield();
            pair.client.close();
        };
        co_await when_all(reader(), closer());
        CHECK(size == 0);
    });
}

TEST_CASE("a reset in the middle of a read is connection_reset", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        for (int which = 0; which < 4; ++which) {
            CAPTURE(which);
            if (which == 1 && !support::native::tells_late_resets()) {
                WARN("left out: this system does not tell a reset to those who ask after it");
                continue;
            }
            auto pair = co_await connected();
            support::native::reset_when_closed(pair.client);
            std::error_code why;
            std::string buffer(8, '\0');
            auto reader = [&]() -> task<> {
                if (which == 0) {
                    const auto got = co_await as_result(pair.server.recv(buffer));
                    why = got.error();
                } else if (which == 1) {
                    const auto got = co_await as_result(pair.server.recv_exactly(buffer));
                    why = got.error();
                } else if (which == 2) {
                    const auto got = co_await as_result(pair.server.recv_lent());
                    why = got.error();
                } else {
                    co_await pair.server.readable();
                    const auto got = co_await as_result(pair.server.recv(buffer));
                    why = got.error();
                }
            };
            auto resetter = [&]() -> task<> {
                if (which == 1) co_await pair.client.send_all("abc");
                for (int turn = 0; turn < 3; ++turn) co_await rill::yield();
                pair.client.close();
            };
            co_await when_all(reader(), resetter());
            CHECK(why == std::errc::connection_reset);
        }
    });
}

TEST_CASE("a reset while a reader and a writer wait is no orderly end for either of them", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        support::native::reset_when_closed(pair.server);
        const std::string block = pattern(8'000'000);
        auto reader = [&]() -> task<> {
            std::array<char, 8> buffer;
            const auto got = co_await as_result(pair.client.recv(buffer));
            CHECK(got.error() == std::errc::connection_reset);  // and not 0, which says that all has arrived
        };
        auto writer = [&]() -> task<> {
            const auto sent = co_await as_result(pair.client.send_all(block));
            const bool broken = sent.error() == std::errc::connection_reset || sent.error() == std::errc::broken_pipe;
            CHECK(broken);
        };
        auto resetter = [&]() -> task<> {
            for (int turn = 0; turn < 3; ++turn) co_await rill::yield();
            pair.server.close();
        };
        co_await when_all(reader(), writer(), resetter());
    });
}

TEST_CASE("a recv after a send that met a reset does not tell an orderly end", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        support::native::reset_when_closed(pair.server);
        pair.server.close();
        const auto sent = co_await as_result(pair.client.send_all("x"));
        CHECK(sent.error() == std::errc::connection_reset);
        std::array<char, 8> buffer;
        const auto got = co_await as_result(pair.client.recv(buffer));
        CHECK_FALSE(got);
    });
}

TEST_CASE("a peer that is gone before a write is an error and no signal", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    REQUIRE(support::native::broken_pipes_kill());
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        pair.server.close();
        std::error_code why;
        for (int attempt = 0; attempt < 1000 && !why; ++attempt) {  // the first may go out: the answer to it is a reset
            const auto sent = co_await as_result(pair.client.send_all("anybody there?"));
            why = sent.error();
            co_await rill::yield();
        }
        const bool broken = why == std::errc::broken_pipe || why == std::errc::connection_reset;
        CHECK(broken);
        const auto again = co_await as_result(pair.client.send(std::string(10, 'x'), std::string(10, 'y')));
        CHECK(again.error() == std::errc::broken_pipe);
    });
    CHECK(support::native::broken_pipes_kill());
}

TEST_CASE("what arrived before the peer closed can be read although writing fails", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        co_await pair.server.send_all("farewell");
        pair.server.shutdown_send();
        co_await pair.client.readable();
        const std::string all = co_await support::rest_of(pair.client);
        CHECK(all == "farewell");
        co_await pair.client.send_all("the other direction is open");
        pair.client.close();
        const std::string other = co_await support::rest_of(pair.server);
        CHECK(other == "the other direction is open");
    });
}

// ---- readable ----

TEST_CASE("readable waits while there is nothing, and takes nothing when there is something", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        for (const std::string_view text : {"one", "two", "three"}) {
            bool told = false;
            auto watcher = [&]() -> task<> {
                co_await pair.server.readable();
                told = true;
            };
            auto sender = [&]() -> task<> {
                for (int turn = 0; turn < 5; ++turn) co_await rill::yield();
                CHECK_FALSE(told);
                co_await pair.client.send_all(text);
            };
            co_await when_all(watcher(), sender());
            co_await pair.server.readable();  // it is still there
            std::array<char, 16> buffer;
            const std::size_t size = co_await pair.server.recv(buffer);
            CHECK(std::string_view(buffer.data(), size) == text);
        }
    });
}

TEST_CASE("readable tells a rest that an earlier recv has left", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        co_await pair.client.send_all("abcdef");
        std::array<char, 3> three;
        co_await pair.server.recv_exactly(three);
        co_await pair.server.readable();
        co_await pair.server.recv_exactly(three);
        CHECK(std::string_view(three.data(), 3) == "def");
    });
}

TEST_CASE("readable tells the end of the stream, as often as it is asked", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        pair.client.close();
        for (int again = 0; again < 3; ++again) co_await pair.server.readable();
        std::array<char, 3> three;
        const std::size_t size = co_await pair.server.recv(three);
        CHECK(size == 0);
        co_await pair.server.readable();
    });
}

namespace {

/// Whether readable() waits, on a stream where nothing is to be read; `peer` then ends the waiting.
task<bool> readable_waits(rill::tcp_stream& stream, rill::tcp_stream& peer) {
    bool told = false, waited = false;
    auto watcher = [&]() -> task<> {
        co_await stream.readable();
        told = true;
    };
    auto sender = [&]() -> task<> {
        for (int turn = 0; turn < 5; ++turn) co_await rill::yield();
        waited = !told;
        co_await peer.send_all("!");
    };
    co_await when_all(watcher(), sender());
    co_return waited;
}

}  // namespace

TEST_CASE("readable waits after a recv that has emptied the stream exactly", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        co_await pair.client.send_all("abc");
        std::array<char, 3> three;
        co_await pair.server.recv_exactly(three);
        const bool waited = co_await readable_waits(pair.server, pair.client);
        CHECK(waited);
    });
}

TEST_CASE("readable waits when urgent data has come and everything was read", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        std::array<char, 64> buffer;
        co_await pair.client.send_all("before");
        support::native::send_urgent(pair.client, '!');
        co_await pair.client.send_all("after");
        std::string all;
        while (all.size() < 11) {
            const std::size_t size = co_await pair.server.recv(buffer);
            all.append(buffer.data(), size);
        }
        CHECK(all == "beforeafter");
        const bool waited = co_await readable_waits(pair.server, pair.client);
        CHECK(waited);
    });
}

TEST_CASE("readable waits when the news of a batch was read by another handler before its turn", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto one = co_await connected();
        auto two = co_await connected();
        std::array<char, 1> byte;
        // Both are known, and the last read filled the buffer: so the next one tries at once.
        for (support::connection* each : {&one, &two}) {
            co_await each->client.send_all("a");
            co_await each->server.recv_exactly(byte);
        }
        for (int turn = 0; turn < 3; ++turn) co_await rill::yield();
        bool waited = false;
        auto handler = [&]() -> task<> {
            co_await one.server.recv_exactly(byte);  // the first event of the batch
            co_await two.server.recv_exactly(byte);  // takes what the second is about
            for (int turn = 0; turn < 3; ++turn) co_await rill::yield();
            waited = co_await readable_waits(two.server, two.client);
        };
        auto sender = [&]() -> task<> {
            for (int turn = 0; turn < 3; ++turn) co_await rill::yield();
            support::native::send_text(one.client, "b");
            support::native::send_text(two.client, "c");
            co_return;
        };
        co_await when_all(handler(), sender());
        CHECK(waited);
    });
}

// ---- urgent data ----

TEST_CASE("urgent data does not stall a reader", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        std::string received;
        auto reader = [&]() -> task<> {
            std::array<char, 64> buffer;
            while (const std::size_t size = co_await pair.server.recv(buffer)) received.append(buffer.data(), size);
        };
        auto sender = [&]() -> task<> {
            for (int round = 0; round < 20; ++round) {
                co_await pair.client.send_all("ab");
                if (round % 3 == 0) co_await rill::yield();
                support::native::send_urgent(pair.client, '!');
                if (round % 2 == 0) co_await rill::yield();
                co_await pair.client.send_all("cd");
            }
            pair.client.shutdown_send();
        };
        co_await when_all(reader(), sender());
        std::string plain;
        for (const char each : received)
            if (each != '!') plain += each;  // an older urgent byte comes back into the stream when a newer one arrives
        std::string expected;
        for (int round = 0; round < 20; ++round) expected += "abcd";
        CHECK(plain == expected);
    });
}

TEST_CASE("what came together with urgent data is read to its end, though nothing more arrives", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        std::array<char, 64> buffer;
        co_await pair.client.send_all("known");
        const std::size_t first = co_await pair.server.recv(buffer);  // emptied: from here on an event must tell
        CHECK(first == 5);
        std::string received;
        auto reader = [&]() -> task<> {
            while (received.size() < 11) {
                const std::size_t size = co_await pair.server.recv(buffer);
                received.append(buffer.data(), size);
            }
        };
        auto sender = [&]() -> task<> {
            for (int turn = 0; turn < 3; ++turn) co_await rill::yield();
            support::native::send_text(pair.client, "before");
            support::native::send_urgent(pair.client, '!');
            support::native::send_text(pair.client, "after");
        };
        co_await rill::timeout(std::chrono::seconds(20), when_all(reader(), sender()));
        CHECK(received == "beforeafter");
    });
}

// ---- lent memory ----

TEST_CASE("recv_lent gives what has come, and nothing at the end", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        co_await pair.client.send_all("abc");
        {
            const rill::lent_buffer lent = co_await pair.server.recv_lent();
            CHECK(std::string(reinterpret_cast<const char*>(lent.data()), lent.size()) == "abc");
            CHECK_FALSE(lent.empty());
        }
        pair.client.close();
        const rill::lent_buffer end = co_await pair.server.recv_lent();
        CHECK(end.empty());
    });
}

TEST_CASE("lent buffers that are held at the same time are different ones", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        std::vector<rill::lent_buffer> held;
        std::string all;
        for (int index = 0; index < 100; ++index) {
            co_await pair.client.send_all(std::to_string(index));
            rill::lent_buffer lent = co_await pair.server.recv_lent();
            held.push_back(std::move(lent));
        }
        for (int index = 0; index < 100; ++index) {
            const auto& each = held[static_cast<std::size_t>(index)];
            const std::string text(reinterpret_cast<const char*>(each.data()), each.size());
            CHECK(text == std::to_string(index));
        }
    });
}

TEST_CASE("lent buffers are different ones after waits for them were stopped, and after errors", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    if (!support::native::tells_late_resets()) {
        WARN("skipped: this system does not tell a reset to those who ask after it");
        return;
    }
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        for (int round = 0; round < 3; ++round) {
            const auto late = co_await as_result(rill::timeout(std::chrono::microseconds(1), pair.server.recv_lent()));
            CHECK_FALSE(late);
        }
        auto broken = co_await connected();
        support::native::reset_when_closed(broken.client);
        broken.client.close();
        const auto reset = co_await as_result(broken.server.recv_lent());
        CHECK(reset.error() == std::errc::connection_reset);
        co_await pair.client.send_all("one");
        const rill::lent_buffer one = co_await pair.server.recv_lent();
        co_await pair.client.send_all("two");
        const rill::lent_buffer two = co_await pair.server.recv_lent();
        CHECK(one.data() != two.data());
        CHECK(std::string(reinterpret_cast<const char*>(one.data()), one.size()) == "one");
    });
}

TEST_CASE("a lent buffer can be sent on as it is", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        const std::string sent = pattern(100'000);
        auto echo = [&]() -> task<> {
            for (;;) {
                const rill::lent_buffer lent = co_await pair.server.recv_lent();
                if (lent.empty()) break;
                co_await pair.server.send_all(lent);
            }
            pair.server.shutdown_send();
        };
        auto send = [&]() -> task<> {
            co_await pair.client.send_all(sent);
            pair.client.shutdown_send();
        };
        std::string received;
        auto receive = [&]() -> task<> { received = co_await support::rest_of(pair.client); };
        co_await when_all(echo(), send(), receive());
        CHECK((received == sent));
    });
}

// ---- messages ----

TEST_CASE("the message of an error begins with the operation and the peer", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    if (!support::native::tells_late_resets()) {
        WARN("skipped: this system does not tell a reset to those who ask after it");
        return;
    }
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        const std::string peer = to_string(pair.client.remote_endpoint());
        support::native::reset_when_closed(pair.server);
        pair.server.close();
        std::string buffer(8, '\0'), message;
        try {
            co_await pair.client.recv(buffer);
        } catch (const std::system_error& error) {
            message = error.what();
        }
        CHECK_THAT(message, Catch::Matchers::StartsWith("recv " + peer + ": "));
        try {
            co_await pair.client.send_all("x");
        } catch (const std::system_error& error) {
            message = error.what();
        }
        CHECK_THAT(message, Catch::Matchers::StartsWith("send_all " + peer + ": "));
    });
}

TEST_CASE("the message about a cut stream names the operation and the peer", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        const std::string peer = to_string(pair.server.remote_endpoint());
        co_await pair.client.send_all("ab");
        pair.client.close();
        std::string three(3, '\0'), message;
        try {
            co_await pair.server.recv_exactly(three);
        } catch (const std::system_error& error) {
            message = error.what();
        }
        CHECK_THAT(message, Catch::Matchers::StartsWith("recv_exactly " + peer + ": "));
    });
}

TEST_CASE("the message of an error on a closed stream has no gap where a peer would stand", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        rill::tcp_stream closed;
        std::string buffer(8, '\0'), message;
        try {
            co_await closed.recv(buffer);
        } catch (const std::system_error& error) {
            message = error.what();
        }
        CHECK_THAT(message, Catch::Matchers::StartsWith("recv: "));
    });
}

TEST_CASE("errors that were asked for as results throw the same message later", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    if (!support::native::tells_late_resets()) {
        WARN("skipped: this system does not tell a reset to those who ask after it");
        return;
    }
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        const std::string peer = to_string(pair.server.remote_endpoint());
        support::native::reset_when_closed(pair.client);
        pair.client.close();
        std::string buffer(8, '\0'), message;
        const auto failed = co_await as_result(pair.server.recv(buffer));
        try {
            static_cast<void>(failed.value());
        } catch (const std::system_error& error) {
            message = error.what();
        }
        CHECK_THAT(message, Catch::Matchers::StartsWith("recv " + peer + ": "));
    });
}

// ---- IPv6 ----

TEST_CASE("everything works over IPv6 loopback where it exists", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        std::optional<rill::tcp_listener> listener;
        try {
            listener.emplace(rill::tcp_listener::bind({"::1", 0}));
        } catch (const std::system_error& error) {
            WARN("skipped: no IPv6 loopback here: " << error.what());
        }
        if (!listener) co_return;
        auto [server, client] =
            co_await when_all(listener->accept(), rill::tcp_stream::connect(listener->local_endpoint()));
        CHECK(server.remote_endpoint() == client.local_endpoint());
        CHECK(client.remote_endpoint() == server.local_endpoint());
        CHECK(client.remote_endpoint().address().is_v6());
        CHECK(to_string(client.remote_endpoint()).starts_with("[::1]:"));
        co_await client.send_all("six");
        const std::string text = co_await support::text_of(server, 3);
        CHECK(text == "six");
    });
}
