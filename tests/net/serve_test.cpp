// SPDX-License-Identifier: MIT
#include <rill/net/serve.hpp>

#include <rill/core/as_result.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/with_stop.hpp>
#include <rill/net/tcp_stream.hpp>
#include <rill/net/unix_listener.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/allocations.hpp"
#include "support/captured_stderr.hpp"
#include "support/catch.hpp"
#include "support/every_backend.hpp"
#include "support/native_socket.hpp"
#include "support/scratch_folder.hpp"
#include "support/tcp_pair.hpp"
#include "support/unix_sockets.hpp"

namespace {

using namespace std::chrono_literals;
using rill::as_result;
using rill::task;
using rill::with_stop;

task<> echo(rill::tcp_stream client) {
    std::array<std::byte, 512> buffer;
    while (const std::size_t size = co_await client.recv(buffer))
        co_await client.send_all(std::span(buffer).first(size));
}

rill::tcp_listener anywhere() { return rill::tcp_listener::bind({"127.0.0.1", 0}); }

/// Sends a text and takes it back.
task<bool> is_echoed(rill::tcp_stream& client, std::string text) {
    co_await client.send_all(text);
    const std::string back = co_await support::text_of(client, text.size());
    co_return back == text;
}

/// Waits until a condition holds that other branches make true.
template <class Condition>
task<> until(Condition holds) {
    while (!holds()) co_await rill::sleep_for(100us);
}

}  // namespace

TEST_CASE("serve runs a session for each client, many at a time", "[serve]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = anywhere();
        co_await rill::with_task_group([&](rill::task_group& group) -> task<> {
            group.spawn(rill::serve(listener, echo));
            std::vector<rill::tcp_stream> clients;
            for (int index = 0; index < 1000; ++index) {
                auto client = co_await rill::tcp_stream::connect(listener.local_endpoint());
                clients.push_back(std::move(client));
            }
            int good = 0;
            for (int round = 0; round < 2; ++round) {
                for (std::size_t index = 0; index < clients.size(); ++index)
                    good += co_await is_echoed(clients[index], std::to_string(index)) ? 1 : 0;
            }
            CHECK(good == 2000);
            group.stop();
        });
    });
}

TEST_CASE("there are never more sessions than max_connections, and the others are served later", "[serve]") {
    ON_EVERY_BACKEND(backend);
    for (const std::size_t limit : {std::size_t{0}, std::size_t{1}, std::size_t{3}}) {
        CAPTURE(limit);
        backend.run([&]() -> task<> {
            auto listener = anywhere();
            std::size_t now = 0, most = 0, served = 0;
            auto session = [&](rill::tcp_stream client) -> task<> {
                most = std::max(most, ++now);
                const std::size_t room = std::max<std::size_t>(limit, 1);  // 0 is taken as 1
                co_await until([&] { return now >= room || served + room > 40; });
                co_await echo(std::move(client));
                --now;
                ++served;
            };
            auto visitor = [&]() -> task<> {
                auto client = co_await rill::tcp_stream::connect(listener.local_endpoint());
                const bool good = co_await is_echoed(client, "hello");
                CHECK(good);
            };
            co_await rill::with_task_group([&](rill::task_group& group) -> task<> {
                group.spawn(rill::serve(listener, session, rill::serve_options().max_connections(limit)));
                std::vector<task<>> visitors;
                for (int index = 0; index < 40; ++index) visitors.push_back(visitor());
                co_await rill::when_all(std::move(visitors));
                co_await until([&] { return served == 40; });
                group.stop();
            });
            CHECK(most == std::max<std::size_t>(limit, 1));
            CHECK(served == 40);
        });
    }
}

TEST_CASE("an error of a session goes to on_error with its peer, and ends nothing else", "[serve]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = anywhere();
        std::vector<std::string> errors;
        std::vector<rill::endpoint> peers, failing;
        auto session = [&](rill::tcp_stream client) -> task<> {
            std::array<char, 1> first;
            co_await client.recv_exactly(first);
            if (first[0] == '!') throw std::runtime_error("a bang");
            if (first[0] == '?') throw 42;
            co_await client.send_all(first);
            co_await echo(std::move(client));
        };
        auto options = rill::serve_options().on_error([&](std::exception_ptr error, rill::endpoint peer) {
            peers.push_back(peer);
            try {
                std::rethrow_exception(error);
            } catch (const std::exception& known) {
                errors.emplace_back(known.what());
            } catch (...) {
                errors.emplace_back("unknown");
            }
        });
        co_await rill::with_task_group([&](rill::task_group& group) -> task<> {
            group.spawn(rill::serve(listener, session, options));
            auto good = co_await rill::tcp_stream::connect(listener.local_endpoint());
            for (const char* const text : {"!", "?", "!"}) {
                auto bad = co_await rill::tcp_stream::connect(listener.local_endpoint());
                failing.push_back(bad.local_endpoint());
                co_await bad.send_all(std::string(text));
                const std::string rest = co_await support::rest_of(bad);
                CHECK(rest.empty());
                const bool echoed = co_await is_echoed(good, "still here");
                CHECK(echoed);
            }
            group.stop();
        });
        CHECK(errors == std::vector<std::string>{"a bang", "unknown", "a bang"});
        CHECK((peers == failing));
    });
}

TEST_CASE("a handler that throws before it is a coroutine ends its session only", "[serve]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = anywhere();
        int errors = 0, calls = 0;
        auto handler = [&](rill::tcp_stream client) -> task<> {
            if (++calls == 1) throw std::runtime_error("not yet");
            return echo(std::move(client));
        };
        auto options = rill::serve_options().on_error([&](std::exception_ptr, rill::endpoint) { ++errors; });
        co_await rill::with_task_group([&](rill::task_group& group) -> task<> {
            group.spawn(rill::serve(listener, handler, options));
            auto unlucky = co_await rill::tcp_stream::connect(listener.local_endpoint());
            const std::string rest = co_await support::rest_of(unlucky);
            CHECK(rest.empty());
            auto lucky = co_await rill::tcp_stream::connect(listener.local_endpoint());
            const bool good = co_await is_echoed(lucky, "hello");
            CHECK(good);
            group.stop();
        });
        CHECK(errors == 1);
    });
}

TEST_CASE("a session's error becomes one line on stderr unless on_error is set", "[serve]") {
    ON_EVERY_BACKEND(backend);
    std::string peer;
    support::captured_stderr captured;
    backend.run([&]() -> task<> {
        auto listener = anywhere();
        auto session = [](rill::tcp_stream client) -> task<> {
            std::array<char, 1> byte;
            co_await client.recv(byte);
            throw std::runtime_error("out of ink");
        };
        co_await rill::with_task_group([&](rill::task_group& group) -> task<> {
            group.spawn(rill::serve(listener, session));
            auto client = co_await rill::tcp_stream::connect(listener.local_endpoint());
            peer = to_string(client.local_endpoint());
            co_await client.send_all("x");
            co_await support::rest_of(client);
            group.stop();
        });
    });
    const std::string text = captured.text();
    CHECK(text == "rill: session of " + peer + ": out of ink\n");
}

TEST_CASE("peers that reset their connections end nothing", "[serve]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = anywhere();
        int errors = 0;
        auto options = rill::serve_options().on_error([&](std::exception_ptr error, rill::endpoint) {
            try {
                std::rethrow_exception(error);
            } catch (const std::system_error& known) {
                errors += known.code() == std::errc::connection_reset ? 1 : 0;
            }
        });
        co_await rill::with_task_group([&](rill::task_group& group) -> task<> {
            group.spawn(rill::serve(listener, echo, options));
            for (int index = 0; index < 100; ++index) {
                auto rude = co_await rill::tcp_stream::connect(listener.local_endpoint());
                support::native::reset_when_closed(rude);
                if (index % 2 == 0) {
                    const bool good = co_await is_echoed(rude, "bye");
                    CHECK(good);
                }
            }
            auto polite = co_await rill::tcp_stream::connect(listener.local_endpoint());
            const bool good = co_await is_echoed(polite, "hello");
            CHECK(good);
            group.stop();
        });
        CHECK(errors >= 50);
    });
}

// ---- stopping ----

TEST_CASE("a stop without drain ends the sessions where they are, and serve when they are gone", "[serve]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = anywhere();
        int begun = 0, destroyed = 0, finished = 0;
        auto session = [&](rill::tcp_stream client) -> task<> {
            ++begun;
            const std::shared_ptr<void> at_end(nullptr, [&](void*) { ++destroyed; });
            co_await echo(std::move(client));
            ++finished;
        };
        std::vector<rill::tcp_stream> clients;
        rill::stop_source stop;
        auto visitors = [&]() -> task<> {
            for (int index = 0; index < 10; ++index) {
                auto client = co_await rill::tcp_stream::connect(listener.local_endpoint());
                clients.push_back(std::move(client));
            }
            co_await until([&] { return begun == 10; });
            stop.request_stop();
        };
        bool whole = true;
        auto serving = [&]() -> task<> {
            whole = co_await with_stop(stop.get_token(), rill::serve(listener, session));
            CHECK(destroyed == 10);
        };
        co_await rill::when_all(serving(), visitors());
        CHECK_FALSE(whole);
        CHECK(finished == 0);
        for (rill::tcp_stream& each : clients) {
            const auto rest = co_await as_result(support::rest_of(each));
            const bool over = (rest && rest.value().empty()) || rest.error() == std::errc::connection_reset;
            CHECK(over);
        }
        CHECK(listener.is_open());  // it was given as an lvalue
    });
}

TEST_CASE("sessions that end by themselves within drain are not stopped", "[serve]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = anywhere();
        int begun = 0, finished = 0;
        auto session = [&](rill::tcp_stream client) -> task<> {
            ++begun;
            co_await echo(std::move(client));
            ++finished;
        };
        rill::stop_source stop;
        bool served_to_the_end = false, refused_newcomer = false;
        auto visitor = [&]() -> task<> {
            auto client = co_await rill::tcp_stream::connect(listener.local_endpoint());
            co_await until([&] { return begun == 1; });
            stop.request_stop();
            for (int turn = 0; turn < 5; ++turn) co_await rill::yield();
            auto newcomer = co_await rill::tcp_stream::connect(listener.local_endpoint());
            served_to_the_end = co_await is_echoed(client, "one more thing");
            refused_newcomer = begun == 1;
            client.close();
        };
        bool whole = true;
        auto serving = [&]() -> task<> {
            whole =
                co_await with_stop(stop.get_token(), rill::serve(listener, session, rill::serve_options().drain(50s)));
        };
        co_await rill::when_all(serving(), visitor());
        CHECK_FALSE(whole);
        CHECK(served_to_the_end);
        CHECK(refused_newcomer);
        CHECK(finished == 1);
    });
}

TEST_CASE("sessions that go on after drain are stopped", "[serve]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = anywhere();
        int begun = 0, finished = 0;
        auto session = [&](rill::tcp_stream client) -> task<> {
            ++begun;
            co_await echo(std::move(client));
            ++finished;
        };
        rill::stop_source stop;
        rill::tcp_stream client;
        auto visitor = [&]() -> task<> {
            client = co_await rill::tcp_stream::connect(listener.local_endpoint());
            co_await until([&] { return begun == 1; });
            stop.request_stop();
        };
        auto serving = [&]() -> task<> {
            const auto before = rill::now();
            const bool whole =
                co_await with_stop(stop.get_token(), rill::serve(listener, session, rill::serve_options().drain(20ms)));
            CHECK_FALSE(whole);
            CHECK(rill::now() - before >= 20ms);
        };
        co_await rill::when_all(serving(), visitor());
        CHECK(begun == 1);
        CHECK(finished == 0);
    });
}

TEST_CASE("a stop while all places are taken, and clients wait, ends serve", "[serve]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = anywhere();
        int begun = 0;
        auto session = [&](rill::tcp_stream client) -> task<> {
            ++begun;
            co_await echo(std::move(client));
        };
        rill::stop_source stop;
        std::vector<rill::tcp_stream> clients;
        auto visitors = [&]() -> task<> {
            for (int index = 0; index < 5; ++index) {
                auto client = co_await rill::tcp_stream::connect(listener.local_endpoint());
                clients.push_back(std::move(client));
            }
            co_await until([&] { return begun == 2; });
            stop.request_stop();
        };
        auto serving = [&]() -> task<> {
            const bool whole = co_await with_stop(
                stop.get_token(), rill::serve(listener, session, rill::serve_options().max_connections(2)));
            CHECK_FALSE(whole);
        };
        co_await rill::when_all(serving(), visitors());
        CHECK(begun == 2);
    });
}

TEST_CASE("a listener that is closed under serve ends it with operation_canceled, after the sessions", "[serve]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = anywhere();
        int begun = 0, destroyed = 0;
        auto session = [&](rill::tcp_stream client) -> task<> {
            ++begun;
            const std::shared_ptr<void> at_end(nullptr, [&](void*) { ++destroyed; });
            co_await echo(std::move(client));
        };
        auto closer = [&]() -> task<> {
            auto client = co_await rill::tcp_stream::connect(listener.local_endpoint());
            co_await until([&] { return begun == 1; });
            listener.close();
            co_await support::rest_of(client);
        };
        auto serving = [&]() -> task<> {
            const auto ended = co_await as_result(rill::serve(listener, session));
            CHECK(ended.error() == std::errc::operation_canceled);
            CHECK(destroyed == 1);
        };
        co_await rill::when_all(serving(), closer());
    });
}

TEST_CASE("sessions have until drain to end also when the listener is closed under serve", "[serve]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = anywhere();
        int begun = 0, finished = 0;
        auto session = [&](rill::tcp_stream client) -> task<> {
            ++begun;
            co_await echo(std::move(client));
            ++finished;
        };
        auto closer = [&]() -> task<> {
            auto client = co_await rill::tcp_stream::connect(listener.local_endpoint());
            co_await until([&] { return begun == 1; });
            listener.close();
            for (int turn = 0; turn < 5; ++turn) co_await rill::yield();
            const auto echoed = co_await as_result(is_echoed(client, "one more thing"));
            CHECK((echoed && echoed.value()));
        };
        auto serving = [&]() -> task<> {
            const auto ended = co_await as_result(rill::serve(listener, session, rill::serve_options().drain(50s)));
            CHECK(ended.error() == std::errc::operation_canceled);
        };
        co_await rill::when_all(serving(), closer());
        CHECK(finished == 1);
    });
}

TEST_CASE("a listener that is closed while all places are taken ends serve at once", "[serve]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = anywhere();
        int begun = 0;
        bool stopped = false;
        auto session = [&](rill::tcp_stream client) -> task<> {
            ++begun;
            const std::shared_ptr<void> at_end(nullptr, [&](void*) { stopped = true; });
            co_await rill::sleep_for(1h);  // it does not end by itself
            client.close();
        };
        auto closer = [&]() -> task<> {
            auto first = co_await rill::tcp_stream::connect(listener.local_endpoint());
            auto waiting = co_await rill::tcp_stream::connect(listener.local_endpoint());
            co_await until([&] { return begun == 1; });
            for (int turn = 0; turn < 5; ++turn) co_await rill::yield();
            listener.close();
            co_await support::rest_of(first);
        };
        auto serving = [&]() -> task<> {
            const auto ended =
                co_await as_result(rill::serve(listener, session, rill::serve_options().max_connections(1)));
            CHECK(ended.error() == std::errc::operation_canceled);
        };
        co_await rill::when_all(serving(), closer());
        CHECK(begun == 1);
        CHECK(stopped);
    });
}

TEST_CASE("serve that waits for a place is abandoned with its sessions", "[serve]") {
    ON_EVERY_BACKEND(backend);
    auto listener = anywhere();
    int begun = 0, destroyed = 0;
    auto session = [&](rill::tcp_stream client) -> task<> {
        ++begun;
        const std::shared_ptr<void> at_end(nullptr, [&](void*) { ++destroyed; });
        co_await echo(std::move(client));
    };
    rill::io_context context(backend.which);
    auto whole = [&]() -> task<> {
        auto first = co_await rill::tcp_stream::connect(listener.local_endpoint());
        auto second = co_await rill::tcp_stream::connect(listener.local_endpoint());
        auto crash = [&]() -> task<> {
            co_await until([&] { return begun == 1; });
            for (int turn = 0; turn < 5; ++turn) co_await rill::yield();
            context.post([&] { context.abandon(); });
        };
        co_await rill::when_all(rill::serve(listener, session, rill::serve_options().max_connections(1).drain(1h)),
                                crash());
    };
    CHECK_THROWS_AS(context.run(whole()), std::system_error);
    CHECK(begun == 1);
    CHECK(destroyed == 1);
}

TEST_CASE("a Unix listener is served as one of TCP is", "[serve][unix]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_streams()) return;
    const support::scratch_folder folder;
    backend.run([&]() -> task<> {
        const std::string path = folder / "s";
        auto listener = rill::unix_listener::bind(path);
        std::vector<rill::endpoint> reported;
        auto session = [](rill::unix_stream client) -> task<> {
            std::array<std::byte, 512> buffer;
            while (const std::size_t size = co_await client.recv(buffer))
                co_await client.send_all(std::span(buffer).first(size));
            throw std::runtime_error("at its end");
        };
        auto visitors = [&]() -> task<> {
            for (int round = 0; round < 5; ++round) {
                auto client = co_await rill::unix_stream::connect(path);
                co_await client.send_all("hello");
                std::string back(5, '\0');
                co_await client.recv_exactly(back);
                CHECK(back == "hello");
            }
            co_await until([&] { return reported.size() == 5; });
            listener.close();
        };
        const auto note = [&](const std::exception_ptr&, const rill::endpoint& peer) { reported.push_back(peer); };
        auto serving = [&]() -> task<> {
            const auto ended = co_await as_result(
                rill::serve(listener, session, rill::serve_options().max_connections(2).on_error(note)));
            CHECK(ended.error() == std::errc::operation_canceled);
        };
        co_await rill::when_all(serving(), visitors());
        CHECK(reported == std::vector<rill::endpoint>(5));
    });
}

TEST_CASE("serve of a closed listener is bad_file_descriptor", "[serve]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        rill::tcp_listener closed;
        const auto ended = co_await as_result(rill::serve(closed, echo));
        CHECK(ended.error() == std::errc::bad_file_descriptor);
    });
}

// ---- whose is what ----

TEST_CASE("serve owns a listener that is given as an rvalue, and its port is free afterwards", "[serve]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = anywhere();
        const rill::endpoint where = listener.local_endpoint();
        rill::stop_source stop;
        auto serving = [&]() -> task<> {
            auto service = rill::serve(std::move(listener), echo);
            co_await with_stop(stop.get_token(), std::move(service));
        };
        auto visitor = [&]() -> task<> {
            auto client = co_await rill::tcp_stream::connect(where);
            const bool good = co_await is_echoed(client, "hello");
            CHECK(good);
            stop.request_stop();
        };
        co_await rill::when_all(serving(), visitor());
        CHECK_FALSE(listener.is_open());  // NOLINT(bugprone-use-after-move): what it is then is what this asks
        const auto refused = co_await as_result(rill::tcp_stream::connect(where));
        CHECK(refused.error() == std::errc::connection_refused);
        const auto again = rill::tcp_listener::bind(where);
    });
}

TEST_CASE("serve owns its handler", "[serve]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = anywhere();
        const auto owned = std::make_shared<int>(0);
        rill::stop_source stop;
        std::optional<task<>> service;
        {
            auto handler = [owned](rill::tcp_stream client) -> task<> {
                ++*owned;
                return echo(std::move(client));
            };
            service.emplace(rill::serve(listener, handler));
        }
        auto visitor = [&]() -> task<> {
            auto client = co_await rill::tcp_stream::connect(listener.local_endpoint());
            const bool good = co_await is_echoed(client, "hello");
            CHECK(good);
            stop.request_stop();
        };
        co_await rill::when_all(with_stop(stop.get_token(), std::move(*service)), visitor());
        service.reset();
        CHECK(*owned == 1);
        CHECK(owned.use_count() == 1);
    });
}

TEST_CASE("an allocation that fails for a session ends that session only", "[serve]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        for (std::size_t number = 0; number < 4; ++number) {
            CAPTURE(number);
            auto listener = anywhere();
            auto options = rill::serve_options().on_error([](std::exception_ptr, rill::endpoint) {});
            co_await rill::with_task_group([&](rill::task_group& group) -> task<> {
                // A session of a size that no other frame has, so that its memory is not at hand.
                auto session = [](rill::tcp_stream client) -> task<> {
                    std::array<std::byte, 23'456> buffer;
                    while (const std::size_t size = co_await client.recv(buffer))
                        co_await client.send_all(std::span(buffer).first(size));
                };
                group.spawn(rill::serve(listener, session, options));
                auto unlucky = co_await rill::tcp_stream::connect(listener.local_endpoint());
                {
                    const support::failing_allocation failing(number);
                    for (int turn = 0; turn < 5; ++turn) co_await rill::yield();
                }
                auto lucky = co_await rill::tcp_stream::connect(listener.local_endpoint());
                const bool good = co_await is_echoed(lucky, "hello");
                CHECK(good);
                group.stop();
            });
        }
    });
}
