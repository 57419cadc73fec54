// SPDX-License-Identifier: MIT
// The snippets of README.md, as they stand there, in programs that run.
#include <rill.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/empty_input.hpp"
#include "support/scratch_folder.hpp"
#include "support/unix_sockets.hpp"

using namespace std::chrono_literals;

#ifndef SIGHUP  // Windows has fewer signals
constexpr int SIGHUP = SIGBREAK;
constexpr int SIGUSR1 = SIGABRT;
#endif

namespace {

/// How the tour begins; the client's part is over then.
rill::task<> connections() {
    std::array<char, 64> buffer;
    const std::string name = "Ann";
    auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});  // port 0: the system chooses
    const rill::endpoint where = listener.local_endpoint();
    auto [server, client] = co_await rill::when_all(listener.accept(), rill::tcp_stream::connect(where));

    client.set(rill::option::no_delay{true});
    co_await client.send_all("hello, ", name, "\n");  // any bytes, several at once; a literal goes without its zero
    client.shutdown_send();  // its peer gets 0 at the end; what comes back can still be received
    CHECK(client.get<rill::option::no_delay>().value());

    std::array<char, 7> greeting;
    co_await server.recv_exactly(greeting);                 // as many as fit, or errc::end_of_stream
    const std::size_t size = co_await server.recv(buffer);  // what has arrived, and waits if nothing has; 0: the end
    const std::size_t after_the_end = co_await server.recv(buffer);
    CHECK(std::string_view(greeting.data(), greeting.size()) == "hello, ");
    CHECK(std::string_view(buffer.data(), size) == "Ann\n");
    CHECK(after_the_end == 0);
}

/// Serves until it is told that it is enough; what the two clients heard stays in `heard`.
rill::task<> visited(std::string& heard) {
    auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
    const auto serving = [&]() -> rill::task<> {
        int visitors = 0;
        const auto greet = [&](rill::tcp_stream client) -> rill::task<> {
            co_await client.send_all("You are number ", std::to_string(++visitors), "\n");
        };
        const auto report = [](const std::exception_ptr&, const rill::endpoint& peer) {
            std::fprintf(stderr, "%s was lost\n", rill::to_string(peer).c_str());
        };
        co_await rill::serve(listener, greet, rill::serve_options().max_connections(1000).drain(5s).on_error(report));
    };
    const auto visiting = [&]() -> rill::task<> {
        for (int i = 0; i < 2; ++i) {
            auto stream = co_await rill::tcp_stream::connect(listener.local_endpoint());
            rill::line_reader reader(stream);
            const auto line = co_await reader.read_line(100);
            heard.append(line.value_or("nothing")).append(";");
        }
    };
    co_await rill::when_any(visiting(), serving());
}

rill::task<> errors_as_values(rill::tcp_stream& client, bool& reset) {
    std::array<std::byte, 64> buffer;
    reset = true;
    auto [error, size] = co_await rill::as_result(client.recv(buffer));
    if (error == std::errc::connection_reset) co_return;
    reset = false;
    CHECK(size == 5);
}

rill::task<> limited(rill::tcp_stream& client) {
    std::array<std::byte, 64> buffer;
    std::size_t n = co_await rill::timeout(5s, client.recv(buffer));
    CHECK(n == 6);

    const auto late = co_await rill::as_result(rill::timeout(1ms, client.recv(buffer)));
    if (late.error() == rill::errc::deadline_exceeded) co_await client.send_all("too late\n");
    CHECK(late.error() == std::errc::timed_out);
}

/// The first of several; what has to be done at the end.
rill::task<> several(rill::tcp_stream& client, const rill::endpoint& here, const rill::endpoint& there) {
    std::array<std::byte, 64> buffer;
    const auto goodbye = []() -> rill::task<> { co_await rill::yield(); };
    const auto talk = [](rill::tcp_stream&) -> rill::task<> { co_return; };
    const auto [size, stopped] = co_await rill::when_any(client.recv(buffer), goodbye());
    CHECK_FALSE(size);
    CHECK(stopped);
    rill::tcp_stream nearest =
        co_await rill::first_success(rill::tcp_stream::connect(here), rill::tcp_stream::connect(there));
    const auto leave = [&]() -> rill::task<> { co_await client.send_all("bye\r\n"); };
    co_await rill::finally(talk(client), leave);
}

rill::task<> lent(rill::tcp_stream client) {
    for (;;) {
        rill::lent_buffer bytes =
            co_await client.recv_lent();  // lent by the loop when there is something to put into it
        if (bytes.empty()) co_return;     // the end of the stream
        co_await client.send_all(bytes);
    }
}

rill::generator<int> count_to(int last) {
    for (int i = 1; i <= last; ++i) {
        co_await rill::sleep_for(1ms);  // it may await anything
        co_yield i;
    }
}

std::string read_whole_file(const std::string& path) { return path; }

rill::task<> sources(int& sum, int& reloaded) {
    auto numbers = count_to(4);
    while (const int* each = co_await numbers.next()) sum += *each;

    std::int64_t missed = 0;
    rill::interval tick(10ms);
    missed += co_await tick.next() - 1;  // how many ticks since the last call: 1, or more
    CHECK(missed >= 0);

    const auto reload = [&]() -> rill::task<> {
        ++reloaded;
        co_return;
    };
    rill::signals hang_up(SIGHUP, SIGUSR1);
    std::raise(SIGHUP);
    std::raise(SIGUSR1);
    while (co_await hang_up.next() == SIGHUP) co_await reload();

    const std::string path = "text";
    const std::string text = co_await rill::blocking(read_whole_file, path);
    CHECK(text == "text");
}

rill::task<> datagrams_and_paths(rill::endpoint& bound) {
    std::array<char, 64> buffer;
    auto socket = rill::udp_socket::bind({"127.0.0.1", 0});
    bound = socket.local_endpoint();
    co_await rill::yield();
    const auto [size, from, truncated] = co_await socket.recvfrom(buffer);
    co_await socket.sendto("hello", from);
    CHECK(size == 3);
    CHECK_FALSE(truncated);
}

rill::task<> by_path(const std::string& path, const std::string& page) {
    const auto local_session = [&](rill::unix_stream client) -> rill::task<> {
        const std::uint64_t sent = co_await rill::send_file(client, page);  // a path, or an open file
        CHECK(sent == 7);
    };
    auto listener = rill::unix_listener::bind(path);  // replaces a file that nobody listens on any more
    co_await rill::serve(listener, local_session);
}

rill::task<> lines(rill::tcp_stream client) {
    rill::line_reader reader(client);
    while (const auto line = co_await reader.read_line(8192)) co_await client.send_all(*line, "\n");
}

rill::task<> typed_lines(std::uint16_t port) {
    auto stream = co_await rill::timeout(10s, rill::connect("localhost", port));

    rill::console input;
    while (const auto typed = co_await input.read_line(1000)) co_await stream.send_all(*typed, "\n");
    co_await stream.send_all("one\r\ntwo");
    stream.shutdown_send();
    rill::line_reader answer(stream);
    for (const char* const expected : {"one", "two"}) {
        const auto line = co_await answer.read_line(10);
        CHECK(line == expected);
    }
}

rill::task<int> compute() { co_return 5; }

rill::task<> echo(rill::tcp_stream client) {
    std::array<std::byte, 64> buffer;
    while (const std::size_t size = co_await client.recv(buffer))
        co_await client.send_all(std::span(buffer).first(size));
}

rill::task<int> send_away(rill::tcp_listener& listener) {
    const auto session = echo;
    rill::io_thread worker;  // stopped and joined at the end of its scope
    const int answer = co_await rill::on(worker.context(), compute());
    co_await rill::on(worker.context(),
                      session(co_await listener.accept()));  // a connection joins the loop that first uses it
    co_return answer;
}

rill::task<> share() {
    rill::guarded<int> visitors(4);
    rill::guarded<std::map<std::string, int>> rooms;
    rooms.with(
        [](auto& map) { map["lobby"] = 3; });  // alone; read(fn) beside other readers; try_with_for(5ms, fn) gives up
    const auto build = [&]() -> rill::task<> {
        co_await rill::yield();
        rooms.with([](auto& map) { map["garden"] = 1; });
    };
    const auto stroll = [&]() -> rill::task<> {
        co_await rooms.wait(
            [](const auto& map) { return map.contains("garden"); });  // suspends the coroutine, not the thread
    };
    co_await rill::when_all(stroll(), build());
    const int moved = rill::with_all([](auto& map, int& count) { return count += map.at("lobby"); }, rooms, visitors);
    CHECK(moved == 7);
}

}  // namespace

TEST_CASE("the README's tour does what it says") {
    int probed = 0;
    const auto program = [&]() -> rill::task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        const rill::endpoint where = listener.local_endpoint();
        auto [server, client] = co_await rill::when_all(listener.accept(), rill::tcp_stream::connect(where));
        co_await server.send_all("hello");
        bool reset = true;
        co_await errors_as_values(client, reset);
        CHECK_FALSE(reset);
        co_await server.send_all("hello!");
        co_await limited(client);
        std::string too_late(9, '\0');
        co_await server.recv_exactly(too_late);
        CHECK(too_late == "too late\n");

        int sum = 0;
        int reloaded = 0;
        co_await sources(sum, reloaded);
        CHECK(sum == 10);
        CHECK(reloaded == 1);
        co_await several(server, where, where);
        auto extra = co_await listener.accept();  // of the two connections that were tried
        std::string bye(5, '\0');
        co_await client.recv_exactly(bye);
        CHECK(bye == "bye\r\n");

        const std::vector<rill::endpoint> peers(3, where);
        const auto probe = [&](const rill::endpoint&) -> rill::task<> {
            ++probed;
            co_return;
        };
        co_await rill::with_task_group([&](rill::task_group& group) -> rill::task<> {
            for (const rill::endpoint& each : peers) group.spawn(probe, each);
            co_return;
        });
        CHECK(probed == 3);

        rill::stop_source enough;
        const auto talk = [&]() -> rill::task<> {
            auto stream = co_await rill::tcp_stream::connect(where);
            co_await stream.send_all("lent");
            std::string answer(4, '\0');
            co_await stream.recv_exactly(answer);
            CHECK(answer == "lent");
            enough.request_stop();
        };
        auto [talked, whole] =
            co_await rill::when_all(talk(), rill::with_stop(enough.get_token(), rill::serve(listener, lent)));
        CHECK_FALSE(whole);

        rill::stop_source heard;
        const auto speak = [&]() -> rill::task<> {
            const support::empty_input nobody_types;
            co_await typed_lines(where.port());
            heard.request_stop();
        };
        co_await rill::when_all(speak(), rill::with_stop(heard.get_token(), rill::serve(listener, lines)));
    };
    const bool finished = rill::run(program(), rill::stop_on(SIGINT, SIGTERM));
    CHECK(finished);
}

TEST_CASE("the README's connections, and its visitors", "[readme]") {
    rill::run(connections());
    std::string heard;
    rill::run(visited(heard));
    CHECK(heard == "You are number 1;You are number 2;");
}

TEST_CASE("the README's stops", "[readme]") {
    const auto session = echo;
    const auto program = [&]() -> rill::task<bool> {
        const rill::dump_on dumping(SIGUSR1);
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        rill::stop_source enough;
        const auto soon = [&]() -> rill::task<> {
            co_await rill::sleep_for(1ms);
            enough.request_stop();
        };
        auto [nothing, whole] =
            co_await rill::when_all(soon(), rill::with_stop(enough.get_token(), rill::serve(listener, session)));
        co_return whole;
    };
    CHECK_FALSE(rill::run(program()));
}

TEST_CASE("the README's datagrams", "[readme]") {
    rill::endpoint bound;
    rill::run([&]() -> rill::task<> {
        auto client = [&]() -> rill::task<> {
            while (bound.port() == 0) co_await rill::yield();
            auto socket = rill::udp_socket::open(rill::family::v4);
            std::array<char, 64> buffer;
            co_await socket.sendto("abc", bound);
            const rill::datagram answer = co_await socket.recvfrom(buffer);
            CHECK(answer.size == 5);
        };
        co_await rill::when_all(datagrams_and_paths(bound), client());
    }());
}

TEST_CASE("the README's locks and channels") {
    std::string heard;
    const auto program = [&]() -> rill::task<> {
        rill::mutex mutex;
        auto guard = co_await rill::timeout(1s, mutex.lock());
        CHECK_FALSE(mutex.try_lock());

        rill::semaphore slots(10);
        auto permit = co_await slots.acquire();
        CHECK(slots.available() == 9);

        rill::channel<std::string> words(64);
        co_await words.send("hello");
        words.close();
        while (auto word = co_await words.recv()) heard += *word;  // what was inside is still received

        rill::broadcast<std::string> room(64);  // keeps 64 for those who are behind
        auto news = room.subscribe();
        room.send("hello, all");  // never waits
        room.close();
        while (auto got = co_await news.recv()) heard += got->value;  // and got->missed: how many it was too slow for
    };
    rill::run(program());
    CHECK(heard == "hellohello, all");
}

TEST_CASE("the README's threads and what they share", "[readme]") {
    rill::run(share());
    const auto program = []() -> rill::task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        const auto talk = [&]() -> rill::task<> {
            auto stream = co_await rill::tcp_stream::connect(listener.local_endpoint());
            co_await stream.send_all("over there");
            stream.shutdown_send();
            std::string back(10, '\0');
            co_await stream.recv_exactly(back);
            CHECK(back == "over there");
        };
        const auto [answer, nothing] = co_await rill::when_all(send_away(listener), talk());
        CHECK(answer == 5);
    };
    rill::run(program());
}

TEST_CASE("the README's sockets by path, and its files", "[readme]") {
    if (!support::has_unix_streams()) return;
    rill::run([&]() -> rill::task<> {
        const support::scratch_folder folder;
        const std::string path = folder / "service.sock";
        const std::string page = folder / "index.html";
        std::ofstream(page) << "<html/>";
        const auto visitor = [&]() -> rill::task<> {
            auto stream = co_await rill::unix_stream::connect(path);
            std::array<char, 64> buffer;
            const std::size_t size = co_await stream.recv(buffer);
            CHECK(std::string_view(buffer.data(), size) == "<html/>");
        };
        co_await rill::with_task_group([&](rill::task_group& group) -> rill::task<> {
            group.spawn(by_path(path, page));
            co_await rill::yield();  // so that it listens
            co_await visitor();
            group.stop();
        });
    }());
}

TEST_CASE("the README's server on several threads", "[readme]") {
    rill::tcp_listener reserved;
    try {
        reserved = rill::tcp_listener::bind({"127.0.0.1", 0}, rill::option::reuse_port{true});
    } catch (const std::system_error& error) {
        WARN("skipped: no port that several listeners share here, and an error says so: " << error.what());
        return;
    }
    const rill::endpoint where = reserved.local_endpoint();
    reserved.close();
    std::atomic<int> answered = 0;
    std::thread clients([&] {
        const auto talk = [&]() -> rill::task<> {
            while (answered < 8) {
                auto [error, stream] = co_await rill::as_result(rill::tcp_stream::connect(where));
                if (error) continue;  // it does not listen yet
                co_await stream.send_all("hello");
                std::string back(5, '\0');
                co_await stream.recv_exactly(back);
                ++answered;
            }
        };
        rill::run(talk());
        std::raise(SIGTERM);
    });
    const auto session = echo;
    rill::run_per_core(
        4,
        [&](std::size_t) -> rill::task<> {
            auto listener =
                rill::tcp_listener::bind(where, rill::option::reuse_port{true});  // the system shares the port out
            co_await rill::serve(listener, session);
        },
        rill::stop_on(SIGINT, SIGTERM));
    clients.join();
    CHECK(answered == 8);
}
