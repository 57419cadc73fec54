// SPDX-License-Identifier: MIT
// What a Unix stream has beyond the verbs of every stream, and that it has those. Passing handles.

#include <rill/net/unix_stream.hpp>

#include <rill/core/as_result.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>
#include <rill/net/tcp_listener.hpp>
#include <rill/net/unix_datagram_socket.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/every_backend.hpp"
#include "support/forked_child.hpp"
#include "support/native_socket.hpp"
#include "support/unix_sockets.hpp"

namespace {

using namespace std::chrono_literals;
using rill::as_result;
using rill::owned_handle;
using rill::task;
using rill::unix_stream;
using rill::when_all;

/// A handle that can be told from others: one end of a pair.
struct told_apart {
    unix_stream kept;
    owned_handle passed;
    told_apart() {
        auto [one, other] = rill::socket_pair();
        kept = std::move(one);
        passed = owned_handle(other.release());
    }
};

/// Whether a handle is the other end of a stream.
task<bool> is_other_end(unix_stream& kept, owned_handle handle) {
    auto end = unix_stream::adopt(handle.release());
    co_await end.send_all("x");
    std::array<char, 1> in{};
    const std::size_t got = co_await kept.recv(in);
    co_return got == 1;
}

}  // namespace

TEST_CASE("a pair of streams is connected, has no names, and is not inherited", "[unix]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_pairs()) return;
    backend.run([]() -> task<> {
        auto [one, other] = rill::socket_pair();
        CHECK(one.local_endpoint().is_unnamed());
        CHECK(one.remote_endpoint().is_unnamed());
        CHECK(support::native::is_closed_on_exec(one.native_handle()));
        CHECK_FALSE(support::native::waits(other.native_handle()));
        std::string in(5, '\0');
        co_await when_all(other.recv_exactly(in), one.send_all("hello"));
        CHECK(in == "hello");
        one.shutdown_send();
        const std::size_t end = co_await other.recv(in);
        CHECK(end == 0);
        co_await other.send_all("back");
        const std::size_t back = co_await one.recv(in);
        CHECK(back == 4);
    });
}

TEST_CASE("a Unix stream moves more than its buffers hold, both ways at once", "[unix]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_pairs()) return;
    backend.run([]() -> task<> {
        auto [one, other] = rill::socket_pair();
        const std::string out(3'000'000, 'x');
        std::string a(out.size(), '\0'), b(out.size(), '\0');
        co_await when_all(one.send_all(out), other.send_all(out), one.recv_exactly(a), other.recv_exactly(b));
        CHECK(a == out);
        CHECK(b == out);
    });
}

TEST_CASE("a peer that is gone is broken_pipe for who sends, and the end for who receives", "[unix]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_pairs()) return;
    CHECK(support::native::broken_pipes_kill());
    backend.run([]() -> task<> {
        auto [one, other] = rill::socket_pair();
        other.close();
        std::array<char, 8> in{};
        const auto sent = co_await as_result(one.send_all("hello"));
        CHECK(sent.error() == std::errc::broken_pipe);
        const std::size_t end = co_await one.recv(in);
        CHECK(end == 0);
    });
}

TEST_CASE("operations of a Unix stream are stopped, closed and refused as those of TCP", "[unix]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_pairs()) return;
    backend.run([]() -> task<> {
        auto [one, other] = rill::socket_pair();
        std::string in(8, '#');
        const auto late = co_await as_result(rill::timeout(1ms, one.recv(in)));
        CHECK(late.error() == rill::errc::deadline_exceeded);
        co_await other.send_all("abc");
        const std::size_t got = co_await one.recv(in);
        CHECK(got == 3);
        auto intruder = [&, peer = &one]() -> task<> {
            std::array<char, 8> more{};
            const auto second = co_await as_result(peer->recv(more));
            CHECK(second.error() == std::errc::operation_in_progress);
            std::array<owned_handle, 1> handles;
            const auto third = co_await as_result(peer->recv_with_handles(handles, more));
            CHECK(third.error() == std::errc::operation_in_progress);
            peer->close();
        };
        auto [ended, nothing] = co_await when_all(as_result(one.recv(in)), intruder());
        CHECK(ended.error() == std::errc::operation_canceled);
    });
}

TEST_CASE("handles are passed with bytes, and are what they were", "[unix][handles]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_pairs()) return;
    backend.run([]() -> task<> {
        auto [one, other] = rill::socket_pair();
        told_apart first, second;
        const std::array<std::intptr_t, 2> out{first.passed.get(), second.passed.get()};
        std::array<owned_handle, 4> in;
        std::array<char, 8> bytes{};
        auto [got, sent] = co_await when_all(other.recv_with_handles(in, bytes), one.send_with_handles(out, "abc"));
        CHECK(sent == 3);
        CHECK(got.size == 3);
        CHECK(got.handles == 2);
        CHECK_FALSE(got.truncated);
        CHECK(std::string_view(bytes.data(), 3) == "abc");
        CHECK_FALSE(in[2]);
        CHECK(support::native::is_closed_on_exec(in[0].get()));
        const bool well = co_await is_other_end(first.kept, std::move(in[0]));
        CHECK(well);
        const bool as_well = co_await is_other_end(second.kept, std::move(in[1]));
        CHECK(as_well);
        CHECK(support::native::is_open(first.passed.get()));  // the sender's own stays open
        one.close();
        const auto end = co_await other.recv_with_handles(in, bytes);
        CHECK(end.size == 0);
        CHECK(end.handles == 0);
    });
}

TEST_CASE("handles for which there is no room are closed, and it is told", "[unix][handles]") {
    if (!support::has_unix_pairs()) return;
    if (support::emulator != nullptr) {
        WARN("skipped: qemu takes twice as many handles from the system as the program has room for, and loses them");
        return;
    }
    ON_EVERY_BACKEND(backend);  // which also counts the descriptors
    backend.run([]() -> task<> {
        auto [one, other] = rill::socket_pair();
        told_apart first;
        std::array<char, 8> bytes{};
        for (const std::size_t count : {std::size_t{2}, std::size_t{3}, std::size_t{16}}) {
            INFO(count);
            const std::vector<std::intptr_t> out(count, first.passed.get());
            co_await one.send_with_handles(out, "a");
            std::array<owned_handle, 1> in;
            const auto got = co_await other.recv_with_handles(in, bytes);
            CHECK(got.handles == 1);
            CHECK(got.truncated);
            CHECK(in[0]);
        }
    });
}

TEST_CASE("handles that nobody takes are closed: by a plain recv, a stream that is closed, a stop", "[unix][handles]") {
    if (!support::has_unix_pairs()) return;
    ON_EVERY_BACKEND(backend);  // which also counts the descriptors
    backend.run([]() -> task<> {
        told_apart first;
        const std::array<std::intptr_t, 1> out{first.passed.get()};
        std::array<char, 8> bytes{};
        std::array<owned_handle, 1> in;
        {
            auto [one, other] = rill::socket_pair();
            co_await one.send_with_handles(out, "a");
            const std::size_t got = co_await other.recv(bytes);
            CHECK(got == 1);
            co_await one.send_with_handles(out, "b");  // nobody ever receives this one
        }
        auto [one, other] = rill::socket_pair();
        auto sender = [&, from = &one]() -> task<> {
            co_await from->send_with_handles(out, "c");
            throw std::runtime_error("the one who waits is stopped, and may have its handle by now");
        };
        auto receiver = [&, to = &other]() -> task<> {
            std::array<owned_handle, 1> mine;
            co_await to->recv_with_handles(mine, bytes);
        };
        const auto both = [&]() -> task<> { co_await when_all(receiver(), sender()); };
        bool failed = false;
        try {
            co_await both();
        } catch (const std::runtime_error&) {
            failed = true;
        }
        CHECK(failed);
    });
}

TEST_CASE("passing no handle, too many, no byte, or what is no handle is an error", "[unix][handles]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_pairs()) return;
    backend.run([]() -> task<> {
        auto [one, other] = rill::socket_pair();
        const std::vector<std::intptr_t> none, many(17, one.native_handle()), wrong{-1};
        const std::vector<std::intptr_t> good{one.native_handle()};
        const auto without = co_await as_result(one.send_with_handles(none, "a"));
        CHECK(without.error() == std::errc::invalid_argument);
        const auto too_many = co_await as_result(one.send_with_handles(many, "a"));
        CHECK(too_many.error() == std::errc::invalid_argument);
        const auto no_byte = co_await as_result(one.send_with_handles(good, ""));
        CHECK(no_byte.error() == std::errc::invalid_argument);
        const auto no_handle = co_await as_result(one.send_with_handles(wrong, "a"));
        CHECK(no_handle.error() == std::errc::bad_file_descriptor);
        std::array<owned_handle, 1> in;
        std::array<char, 0> nothing;
        const auto no_room = co_await as_result(other.recv_with_handles(in, nothing));
        CHECK(no_room.error() == std::errc::invalid_argument);
    });
}

TEST_CASE("adopt of unix_stream refuses TCP, and that of tcp_stream refuses Unix sockets", "[unix]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_pairs()) return;
    const auto [one, two] = support::native::foreign_pair();
    CHECK_THROWS_AS(unix_stream::adopt(one), std::system_error);
    CHECK(support::native::is_open(one));
    auto [left, right] = rill::socket_pair();
    const std::intptr_t local = left.release();
    CHECK_THROWS_AS(rill::tcp_stream::adopt(local), std::system_error);
    CHECK(support::native::is_open(local));
    support::native::close_handle(one);
    support::native::close_handle(two);
    support::native::close_handle(local);
}

TEST_CASE("Unix streams and handles allocate nothing", "[unix][cost]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_pairs()) return;
    backend.run([]() -> task<> {
        auto [one, other] = rill::socket_pair();
        const std::array<std::intptr_t, 1> out{one.native_handle()};
        std::array<char, 8> bytes{};
        std::size_t allocated = 0;
        for (int round = 0; round < 200; ++round) {
            if (round == 100) allocated = support::allocation_count();
            co_await one.send_all("abc");
            co_await other.recv(bytes);
            co_await one.send_with_handles(out, "abc");
            std::array<owned_handle, 2> in;
            const auto got = co_await other.recv_with_handles(in, bytes);
            if (got.handles != 1) FAIL("no handle came");
        }
        allocated = support::allocation_count() - allocated;
        CHECK(allocated == 0);
    });
}
