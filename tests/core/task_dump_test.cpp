// SPDX-License-Identifier: MIT
// Compiled twice: into core_test as it is, and into task_dump_test with RILL_TASK_DUMP=1.
#include <rill/core/task_dump.hpp>

#include <rill/core/as_result.hpp>
#include <rill/core/run.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/net/tcp_listener.hpp>
#include <rill/net/tcp_stream.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <string>
#include <string_view>

#include "support/captured_stderr.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;

namespace {

std::string dump_here() {
    std::string text;
    rill::this_context().dump([&](std::string_view line) { text.append(line).append("\n"); });
    return text;
}

bool has(const std::string& text, std::string_view piece) { return text.find(piece) != std::string::npos; }

/// With how long anything takes left out: that differs between two dumps.
std::string without_times(const std::string& text) {
    std::string rest;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t time = std::min(text.find(", for ", at), text.find(" in ", at));
        const std::size_t end = std::min(text.find('\n', at), text.size() - 1);
        rest += text.substr(at, std::min(time, end) - at) + "\n";
        at = end + 1;
    }
    return rest;
}

rill::task<> sleeps() { co_await rill::sleep_for(1h); }
rill::task<> outer() { co_await sleeps(); }

}  // namespace

TEST_CASE("a dump tells every branch of the tree, each below its parent") {
    std::string text;
    const auto looks = [&]() -> rill::task<> {
        text = dump_here();
        co_return;
    };
    const auto body = [&]() -> rill::task<> {
        static_cast<void>(co_await rill::as_result(rill::timeout(1ms, rill::when_all(outer(), outer()))));
        co_await rill::when_all(rill::timeout(20ms, outer()), [&]() -> rill::task<> {
            co_await rill::yield();
            co_await looks();
            throw std::runtime_error("enough");
        }());
    };
    CHECK_THROWS_AS(rill::run(body()), std::runtime_error);
    INFO(text);
    CHECK(has(text, "- "));
    CHECK(has(text, "\n  - "));    // a child of when_all
    CHECK(has(text, "\n    - "));  // the child of the timeout
    CHECK(has(text, "runs"));      // the one that dumps
    CHECK_FALSE(has(text, "stopped"));
#if RILL_TASK_DUMP
    CHECK(has(text, "outer()"));
    CHECK(has(text, "sleeps()"));
    CHECK(has(text, "task_dump_test.cpp:"));
    CHECK_FALSE(has(text, " () at"));                           // each has a name,
    CHECK(has(text, "a coroutine that has not waited yet\n"));  // but who has no place either
    CHECK(has(text, "waits for a timer in "));
    CHECK(has(text, "for at most "));
    CHECK(text.find("outer()") < text.find("sleeps()"));  // the outermost first
#else
    CHECK(has(text, "2 coroutines"));
#endif
}

TEST_CASE("a program goes on after a dump as if there had been none") {
    std::string before, after;
    const auto body = [&]() -> rill::task<> {
        co_await rill::when_all(outer(), [&]() -> rill::task<> {
            co_await rill::yield();
            before = dump_here();
            after = dump_here();
            throw std::runtime_error("stops the other");
        }());
    };
    CHECK_THROWS_AS(rill::run(body()), std::runtime_error);  // outer is unwound through the links that were turned
    CHECK_FALSE(before.empty());
    CHECK(without_times(before) == without_times(after));
}

#if RILL_TASK_DUMP
TEST_CASE("a dump names the line, the operation and the peer of a coroutine that waits for a socket") {
    std::string text;
    std::string peer;
    unsigned line = 0;
    const auto body = [&]() -> rill::task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        auto [server, client] =
            co_await rill::when_all(listener.accept(), rill::tcp_stream::connect(listener.local_endpoint()));
        peer = to_string(server.remote_endpoint());
        std::array<char, 4> byte;
        const auto reads = [&]() -> rill::task<> {
            line = __LINE__ + 1;
            co_await server.recv(byte);
        };
        const auto looks = [&]() -> rill::task<> {
            co_await rill::yield();
            text = dump_here();
            co_await client.send_all("x");
        };
        co_await rill::when_all(reads(), looks());
    };
    rill::run(body());
    INFO(text);
    CHECK(has(text, "task_dump_test.cpp:" + std::to_string(line)));
    CHECK(has(text, "waits for recv " + peer));
}

TEST_CASE("ten thousand nested tasks are told in order, and end as always") {
    struct nest {
        static rill::task<> deep(int levels, std::string& text) {
            if (levels > 0) {
                co_await deep(levels - 1, text);
            } else {
                co_await rill::yield();
                text = dump_here();
            }
        }
    };
    std::string text;
    rill::run(nest::deep(10'000, text));
    std::size_t lines = 0;
    for (const char each : text) lines += each == '\n' ? 1 : 0;
    CHECK(lines == 10'002);  // each coroutine, and what the branch does
}
#endif

TEST_CASE("a signal writes the dump to standard error while dump_on lives") {
    support::captured_stderr written;
    const auto body = [&]() -> rill::task<> {
        const rill::dump_on dumping(SIGTERM);
        std::raise(SIGTERM);  // would end the program else
        co_await rill::sleep_for(1ms);
    };
    rill::run(body());
    CHECK(has(written.text(), "waits for "));
    CHECK_THROWS_AS(rill::dump_on(SIGTERM), std::system_error);  // no context runs here
}
