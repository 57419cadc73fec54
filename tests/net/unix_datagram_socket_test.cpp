// SPDX-License-Identifier: MIT
#include <rill/net/unix_datagram_socket.hpp>

#include <rill/core/as_result.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>
#include <rill/net/unix_listener.hpp>

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/every_backend.hpp"
#include "support/native_socket.hpp"
#include "support/scratch_folder.hpp"
#include "support/unix_sockets.hpp"

namespace {

using namespace std::chrono_literals;
using rill::as_result;
using rill::task;
using rill::unix_datagram_socket;
using rill::unix_endpoint;
using rill::when_all;
using support::error_of;

}  // namespace

TEST_CASE("a datagram goes to a path, and tells the path of its sender", "[unix][datagram]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_datagrams()) return;
    const support::scratch_folder folder;
    backend.run([&]() -> task<> {
        auto one = unix_datagram_socket::bind(folder / "one"), other = unix_datagram_socket::bind(folder / "other");
        auto nobody = unix_datagram_socket::open();
        std::array<char, 8> in{};
        auto [got, sent] = co_await when_all(other.recvfrom(in), one.sendto("abc", folder / "other"));
        CHECK(sent == 3);
        CHECK(got.size == 3);
        CHECK(got.from == one.local_endpoint());
        co_await other.sendto("back", got.from);
        const auto back = co_await one.recvfrom(in);
        CHECK(back.size == 4);
        co_await nobody.sendto("", folder / "one");
        const auto anonymous = co_await one.recvfrom(in);
        CHECK(anonymous.size == 0);
        CHECK(anonymous.from.is_unnamed());
        co_await nobody.sendto("longer than that", folder / "one");
        const auto cut = co_await one.recvfrom(in);
        CHECK(cut.size == 8);
        CHECK(cut.truncated);
    });
}

TEST_CASE("a pair of datagram sockets keeps the datagrams apart", "[unix][datagram]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_datagrams()) return;
    backend.run([]() -> task<> {
        auto [one, other] = rill::socket_pair<unix_datagram_socket>();
        co_await one.send("abc");
        co_await one.send("");
        co_await one.send("de");
        std::array<char, 8> in{};
        for (const std::size_t size : {std::size_t{3}, std::size_t{0}, std::size_t{2}}) {
            const std::size_t got = co_await other.recv(in);
            CHECK(got == size);
        }
    });
}

TEST_CASE("a sender waits while the receiver's queue is full, connected or not, and loses nothing",
          "[unix][datagram]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_datagrams()) return;
    const support::scratch_folder folder;
    const bool connected = GENERATE(false, true);
    INFO("connected " << connected);
    backend.run([&]() -> task<> {
        const std::string path = folder / "receiver";
        auto receiver = unix_datagram_socket::bind(path);
        auto sender = unix_datagram_socket::open();
        if (connected) sender.connect(path);
        int sent = 0;
        for (;; ++sent) {
            const std::array<int, 1> out{sent};
            if (connected) {
                const auto late = co_await as_result(rill::timeout(30ms, sender.send(out)));
                if (!late) break;
            } else {
                const auto late = co_await as_result(rill::timeout(30ms, sender.sendto(out, path)));
                if (!late) break;
            }
        }
        const int count = 3 * sent + 100;
        auto rest = [&]() -> task<> {
            for (int number = sent; number < count; ++number) {
                const std::array<int, 1> out{number};
                if (connected) {
                    co_await sender.send(out);
                } else {
                    co_await sender.sendto(out, path);
                }
            }
        };
        auto taker = [&]() -> task<> {
            std::array<int, 1> in{};
            for (int number = 0; number < count; ++number) {
                co_await receiver.recvfrom(in);
                if (in[0] != number) FAIL("datagram " << in[0] << " instead of " << number);
            }
        };
        co_await when_all(rest(), taker());
    });
}

TEST_CASE("a sender that waits for room is ended by a close", "[unix][datagram]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_datagrams()) return;
    const support::scratch_folder folder;
    backend.run([&]() -> task<> {
        const std::string path = folder / "receiver";
        auto receiver = unix_datagram_socket::bind(path);
        auto sender = unix_datagram_socket::open();
        std::array<char, 8> in{};
        while (co_await rill::with_stop(rill::stop_token(), [&]() -> task<bool> {
                   const auto late = co_await as_result(rill::timeout(20ms, sender.sendto("a", path)));
                   co_return late.error() == std::error_code();
               }()) == true) {
        }
        auto closer = [&]() -> task<> {
            co_await rill::sleep_for(1ms);
            sender.close();
        };
        // A reader beside it, which is stopped: that must not take the writer out of its wait.
        auto reader = [&]() -> task<> {
            const auto late = co_await as_result(rill::timeout(100us, sender.recvfrom(in)));
            CHECK(late.error() == rill::errc::deadline_exceeded);
        };
        auto [ended, read, closed] = co_await when_all(as_result(sender.sendto("a", path)), reader(), closer());
        CHECK(ended.error() == std::errc::operation_canceled);
    });
}

TEST_CASE("sending where nobody is, or a listener, is an error that names it", "[unix][datagram]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_datagrams()) return;
    const support::scratch_folder folder;
    backend.run([&]() -> task<> {
        auto sender = unix_datagram_socket::open();
        const auto never = co_await as_result(sender.sendto("a", folder / "never"));
        CHECK(never.error() == std::errc::no_such_file_or_directory);
        static_cast<void>(unix_datagram_socket::bind(folder / "dead"));
        const auto dead = co_await as_result(sender.sendto("a", folder / "dead"));
        CHECK(dead.error() == std::errc::connection_refused);
        std::string message;
        try {
            static_cast<void>(dead.value());
        } catch (const std::system_error& error) {
            message = error.what();
        }
        CHECK_THAT(message, Catch::Matchers::StartsWith("sendto ") && Catch::Matchers::Contains("dead\": "));
        auto listener = rill::unix_listener::bind(folder / "listener");
        const auto wrong = co_await as_result(sender.sendto("a", folder / "listener"));
        CHECK(wrong.error() == std::errc::wrong_protocol_type);
        CHECK(error_of([&] { sender.connect(folder / "never"); }) == std::errc::no_such_file_or_directory);
        const auto large = co_await as_result(sender.sendto(std::string(10'000'000, 'x'), folder / "dead"));
        CHECK(large.error());
    });
}

TEST_CASE("a receiver of Unix datagrams is stopped, refused and closed as one of UDP", "[unix][datagram]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_datagrams()) return;
    backend.run([]() -> task<> {
        auto [one, other] = rill::socket_pair<unix_datagram_socket>();
        std::string in(8, '#');
        const auto late = co_await as_result(rill::timeout(1ms, other.recvfrom(in)));
        CHECK(late.error() == rill::errc::deadline_exceeded);
        CHECK(in == std::string(8, '#'));
        auto others = [&, mine = &other]() -> task<> {
            const auto second = co_await as_result(mine->recv(in));
            CHECK(second.error() == std::errc::operation_in_progress);
            mine->close();
        };
        auto [ended, nothing] = co_await when_all(as_result(other.recvfrom(in)), others());
        CHECK(ended.error() == std::errc::operation_canceled);
        const auto gone = co_await as_result(one.send("a"));
        CHECK(gone.error() == std::errc::connection_refused);
    });
}

TEST_CASE("adopt takes a Unix datagram socket with its name", "[unix][datagram]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_datagrams()) return;
    const support::scratch_folder folder;
    backend.run([&]() -> task<> {
        auto socket = unix_datagram_socket::bind(folder / "s");
        auto adopted = unix_datagram_socket::adopt(socket.release());
        CHECK(adopted.local_endpoint() == unix_endpoint(folder / "s"));
        auto [one, other] = rill::socket_pair();
        const std::intptr_t stream = one.release();
        CHECK(error_of([&] { static_cast<void>(unix_datagram_socket::adopt(stream)); }) ==
              std::errc::wrong_protocol_type);
        support::native::close_handle(stream);
        co_return;
    });
}

TEST_CASE("Unix datagrams allocate nothing", "[unix][datagram][cost]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_datagrams()) return;
    const support::scratch_folder folder;
    backend.run([&]() -> task<> {
        auto one = unix_datagram_socket::bind(folder / "one"), other = unix_datagram_socket::bind(folder / "other");
        const unix_endpoint to = other.local_endpoint();
        std::array<char, 8> in{};
        std::size_t allocated = 0;
        for (int round = 0; round < 200; ++round) {
            if (round == 100) allocated = support::allocation_count();
            co_await one.sendto("abc", to);
            const auto got = co_await other.recvfrom(in);
            co_await other.sendto("abc", got.from);
            co_await one.recvfrom(in);
        }
        allocated = support::allocation_count() - allocated;
        CHECK(allocated == 0);
    });
}
