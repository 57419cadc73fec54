// SPDX-License-Identifier: MIT
#include <rill/net/unix_listener.hpp>

#include <rill/core/as_result.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>
#include <rill/net/tcp_listener.hpp>
#include <rill/net/unix_datagram_socket.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

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
using rill::unix_endpoint;
using rill::unix_listener;
using rill::unix_stream;
using rill::when_all;
using support::error_of;

std::error_code bind_error(const unix_endpoint& where) {
    return error_of([&] { static_cast<void>(unix_listener::bind(where)); });
}

/// Whether both ends of a connection reach each other.
task<bool> talks(unix_listener& listener, unix_endpoint where) {
    auto [server, client] = co_await when_all(listener.accept(), unix_stream::connect(where));
    co_await client.send_all("hello");
    std::array<char, 5> in{};
    co_await server.recv_exactly(in);
    co_return std::string_view(in.data(), 5) == "hello";
}

}  // namespace

TEST_CASE("a client that connects to a path is accepted", "[unix]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_streams()) return;
    const support::scratch_folder folder;
    backend.run([&]() -> task<> {
        const std::string path = folder / "s";
        auto listener = unix_listener::bind(path);
        CHECK(listener.local_endpoint() == unix_endpoint(path));
        auto [server, client] = co_await when_all(listener.accept(), unix_stream::connect(path));
        CHECK(client.remote_endpoint() == unix_endpoint(path));
        CHECK(server.local_endpoint() == unix_endpoint(path));
        CHECK(server.remote_endpoint().is_unnamed());
        CHECK_FALSE(support::native::waits(server.native_handle()));
        CHECK(support::native::is_closed_on_exec(server.native_handle()));
        CHECK(support::native::is_closed_on_exec(client.native_handle()));
    });
}

TEST_CASE("a client that connects to an abstract name is accepted, where the system has such names", "[unix]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_streams()) return;
    backend.run([&]() -> task<> {
        const unix_endpoint name = unix_endpoint::abstract("rill test " + std::to_string(std::random_device()()));
        auto listener = unix_listener();
        const std::error_code refused = error_of([&] { listener = unix_listener::bind(name); });
        if (refused) {
            WARN("skipped: no abstract names here: " << refused.message());
            co_return;
        }
        CHECK(listener.local_endpoint() == name);
        CHECK(bind_error(name) == std::errc::address_in_use);
        const bool well = co_await talks(listener, name);
        CHECK(well);
        listener.close();
        CHECK_FALSE(bind_error(name));  // it ended with its listener
    });
}

TEST_CASE("a path where somebody listens is address_in_use, and the listener sees no client by it", "[unix]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_datagrams()) return;
    const support::scratch_folder folder;
    backend.run([&]() -> task<> {
        const std::string path = folder / "s";
        auto listener = unix_listener::bind(path);
        for (int round = 0; round < 3; ++round) CHECK(bind_error(path) == std::errc::address_in_use);
        CHECK(error_of([&] { static_cast<void>(rill::unix_datagram_socket::bind(path)); }) ==
              std::errc::address_in_use);
        const auto ghost = co_await as_result(rill::timeout(5ms, listener.accept()));
        CHECK(ghost.error() == rill::errc::deadline_exceeded);
        const bool well = co_await talks(listener, path);
        CHECK(well);
    });
}

TEST_CASE("a path where a datagram socket lives is address_in_use, and it hears nothing of it", "[unix]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_datagrams()) return;
    const support::scratch_folder folder;
    backend.run([&]() -> task<> {
        const std::string path = folder / "s";
        auto socket = rill::unix_datagram_socket::bind(path);
        CHECK(bind_error(path) == std::errc::address_in_use);
        std::array<char, 8> in{};
        const auto nothing = co_await as_result(rill::timeout(5ms, socket.recvfrom(in)));
        CHECK(nothing.error() == rill::errc::deadline_exceeded);
    });
}

TEST_CASE("a socket file that nobody has any more is replaced", "[unix]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_datagrams()) return;
    const support::scratch_folder folder;
    backend.run([&]() -> task<> {
        const std::string path = folder / "s";
        for (int round = 0; round < 3; ++round) {
            auto listener = unix_listener::bind(path);
            const bool well = co_await talks(listener, path);
            CHECK(well);
            listener.close();
            CHECK(std::filesystem::exists(path));
        }
        auto datagrams = rill::unix_datagram_socket::bind(path);
        datagrams.close();
        auto listener = unix_listener::bind(path);
        CHECK(listener.is_open());
    });
}

TEST_CASE("a file that is no socket is never replaced", "[unix]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_streams()) return;
    const support::scratch_folder folder;
    const std::string path = folder / "precious";
    std::ofstream(path) << "text";
    CHECK(bind_error(path) == std::errc::address_in_use);
    std::string text;
    std::ifstream(path) >> text;
    CHECK(text == "text");
}

TEST_CASE("of many that start at once on a dead socket file, one gets it", "[unix]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_datagrams()) return;
    const support::scratch_folder folder;
    const std::string path = folder / "s";
    for (int round = 0; round < 40; ++round) {
        static_cast<void>(unix_listener::bind(path));
        std::atomic<int> ready{0}, won{0}, refused{0};
        std::vector<unix_listener> winners(4);
        std::vector<std::thread> starters;
        for (unix_listener& mine : winners)
            starters.emplace_back([&] {
                ++ready;
                while (ready.load() != 4) {
                }
                const std::error_code failed = error_of([&] { mine = unix_listener::bind(path); });
                ++(failed ? refused : won);
            });
        for (std::thread& each : starters) each.join();
        INFO("round " << round);
        REQUIRE(won.load() == 1);
        REQUIRE(refused.load() == 3);
        for (unix_listener& each : winners) {
            if (!each.is_open()) continue;
            CHECK(backend.run([&] { return talks(each, path); }));  // and it is the one that clients find
        }
    }
}

TEST_CASE("a directory that is locked for good makes bind give up with address_in_use", "[unix]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_datagrams()) return;
    const support::scratch_folder folder;
    const std::string path = folder / "s";
    static_cast<void>(unix_listener::bind(path));
    const std::intptr_t lock = support::native::lock_directory(folder / ".");
    if (lock < 0) {
        WARN("skipped: directories can't be locked here");
        return;
    }
    CHECK(bind_error(path) == std::errc::address_in_use);
    support::native::close_handle(lock);
    CHECK_FALSE(bind_error(path));
}

TEST_CASE("a path that can't be is told with its reason and its end", "[unix]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_streams()) return;
    const support::scratch_folder folder;
    CHECK(bind_error(folder / "no/such/folder") == std::errc::no_such_file_or_directory);
    std::string message;
    try {
        static_cast<void>(unix_listener::bind(folder / "missing/name.sock"));
    } catch (const std::system_error& error) {
        message = error.what();
    }
    CHECK_THAT(message, Catch::Matchers::StartsWith("bind ...\"") && Catch::Matchers::Contains("name.sock\": "));
}

TEST_CASE("connecting where nobody is, or nobody any more, or datagrams are, is an error that names it", "[unix]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_datagrams()) return;
    const support::scratch_folder folder;
    backend.run([&]() -> task<> {
        const auto never = co_await as_result(unix_stream::connect(folder / "never"));
        CHECK(never.error() == std::errc::no_such_file_or_directory);
        static_cast<void>(unix_listener::bind(folder / "dead"));
        const auto dead = co_await as_result(unix_stream::connect(folder / "dead"));
        CHECK(dead.error() == std::errc::connection_refused);
        std::string message;
        try {
            static_cast<void>(dead.value());
        } catch (const std::system_error& error) {
            message = error.what();
        }
        CHECK_THAT(message, Catch::Matchers::StartsWith("connect ") && Catch::Matchers::Contains("dead\": "));
        auto datagrams = rill::unix_datagram_socket::bind(folder / "datagrams");
        const auto wrong = co_await as_result(unix_stream::connect(folder / "datagrams"));
        CHECK(wrong.error() == std::errc::wrong_protocol_type);
    });
}

TEST_CASE("a client that finds the backlog full waits until there is room, or is stopped", "[unix]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_streams()) return;
    const support::scratch_folder folder;
    backend.run([&]() -> task<> {
        const std::string path = folder / "s";
        auto listener = unix_listener::bind(path, rill::option::backlog{1});
        std::vector<unix_stream> clients;
        for (;;) {
            auto next = co_await as_result(rill::timeout(50ms, unix_stream::connect(path)));
            if (!next) {
                const bool full = next.error() == rill::errc::deadline_exceeded;
                if (!full) WARN("skipped: a full backlog is an error here: " << next.error().message());
                if (!full) co_return;
                break;
            }
            clients.push_back(std::move(*next));
        }
        auto acceptor = [&]() -> task<> {
            co_await rill::yield();
            for (std::size_t count = 0; count <= clients.size(); ++count) static_cast<void>(co_await listener.accept());
        };
        auto [late, nothing] = co_await when_all(unix_stream::connect(path), acceptor());
        CHECK(late.is_open());
    });
}

TEST_CASE("an accept of a Unix listener is stopped, closed and refused as that of TCP", "[unix]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_streams()) return;
    const support::scratch_folder folder;
    backend.run([&]() -> task<> {
        auto listener = unix_listener::bind(folder / "s");
        const auto late = co_await as_result(rill::timeout(1ms, listener.accept()));
        CHECK(late.error() == rill::errc::deadline_exceeded);
        auto others = [&]() -> task<> {
            const auto second = co_await as_result(listener.accept());
            CHECK(second.error() == std::errc::operation_in_progress);
            listener.close();
        };
        auto [ended, nothing] = co_await when_all(as_result(listener.accept()), others());
        CHECK(ended.error() == std::errc::operation_canceled);
        const auto after = co_await as_result(listener.accept());
        CHECK(after.error() == std::errc::bad_file_descriptor);
        CHECK(error_of([&] { static_cast<void>(listener.local_endpoint()); }) == std::errc::bad_file_descriptor);
    });
}

TEST_CASE("adopt takes Unix sockets only, and leaves others open", "[unix]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_datagrams()) return;
    const support::scratch_folder folder;
    backend.run([&]() -> task<> {
        const std::string path = folder / "s";
        auto listener = unix_listener::adopt(unix_listener::bind(path).release());
        const bool well = co_await talks(listener, path);
        CHECK(well);
        auto tcp = rill::tcp_listener::bind({"127.0.0.1", 0});
        const std::intptr_t other = tcp.release(), mine = listener.release();
        CHECK(error_of([&] { static_cast<void>(unix_listener::adopt(other)); }) ==
              std::errc::address_family_not_supported);
        CHECK(error_of([&] { static_cast<void>(rill::tcp_listener::adopt(mine)); }) ==
              std::errc::address_family_not_supported);
        CHECK(error_of([&] { static_cast<void>(rill::unix_datagram_socket::adopt(mine)); }) ==
              std::errc::wrong_protocol_type);
        CHECK(support::native::is_open(other));
        CHECK(support::native::is_open(mine));
        support::native::close_handle(other);
        support::native::close_handle(mine);
    });
}
