// SPDX-License-Identifier: MIT
// Who owns a socket: contexts, moves, closes, adopt and release, and what a new program inherits.

#include <rill/core/as_result.hpp>
#include <rill/core/io_thread.hpp>
#include <rill/core/on.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/stop_token.hpp>
#include <rill/core/task_group.hpp>
#include <rill/core/with_stop.hpp>
#include <rill/net/serve.hpp>
#include <rill/net/tcp_listener.hpp>
#include <rill/net/tcp_stream.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/every_backend.hpp"
#include "support/foreign_task.hpp"
#include "support/native_socket.hpp"
#include "support/tcp_pair.hpp"

namespace {

using rill::as_result;
using rill::task;
using rill::when_all;
using support::connected;
namespace native = support::native;

}  // namespace

// ---- contexts ----

TEST_CASE("a socket that outlives its context works in another one", "[socket]") {
    ON_EVERY_BACKEND(backend);
    if (!backend.lets_sockets_go()) {
        WARN("skipped: a socket stays with its first loop on this system, and that is said by an error");
        return;
    }
    support::connection pair = backend.run([] { return connected(); });
    native::send_text(pair.client, "across");
    for (int again = 0; again < 3; ++again) {
        backend.run([&]() -> task<> {
            const std::string text = co_await support::text_of(pair.server, 6);
            CHECK(text == "across");
            co_await pair.client.send_all("across");
        });
    }
}

TEST_CASE("a listener that was bound outside of any context joins the first that uses it", "[socket]") {
    ON_EVERY_BACKEND(backend);
    if (!backend.lets_sockets_go()) {
        WARN("skipped: a socket stays with its first loop on this system, and that is said by an error");
        return;
    }
    auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
    for (int again = 0; again < 2; ++again) {
        backend.run([&]() -> task<> {
            auto client = co_await rill::tcp_stream::connect(listener.local_endpoint());
            const auto server = co_await listener.accept();
            CHECK(server.remote_endpoint() == client.local_endpoint());
        });
    }
}

TEST_CASE("a socket of one context is operation_not_permitted in another, for every operation", "[socket]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context home(backend.which);
    auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
    support::connection pair = support::run_on(home, [&]() -> task<support::connection> {
        auto [server, client] =
            co_await when_all(listener.accept(), rill::tcp_stream::connect(listener.local_endpoint()));
        co_await server.send_all("x");
        co_return support::connection{std::move(server), std::move(client)};
    });
    backend.run([&]() -> task<> {
        std::string buffer(8, '\0');
        const auto recv = co_await as_result(pair.client.recv(buffer));
        CHECK(recv.error() == std::errc::operation_not_permitted);
        CHECK_THAT(support::message_of(recv), Catch::Matchers::Contains(" of another io_context: "));
        const auto exactly = co_await as_result(pair.client.recv_exactly(buffer));
        CHECK(exactly.error() == std::errc::operation_not_permitted);
        const auto lent = co_await as_result(pair.client.recv_lent());
        CHECK(lent.error() == std::errc::operation_not_permitted);
        const auto readable = co_await as_result(pair.client.readable());
        CHECK(readable.error() == std::errc::operation_not_permitted);
        const auto send = co_await as_result(pair.client.send("y"));
        CHECK(send.error() == std::errc::operation_not_permitted);
        const auto send_all = co_await as_result(pair.client.send_all("y"));
        CHECK(send_all.error() == std::errc::operation_not_permitted);
        const auto accept = co_await as_result(listener.accept());
        CHECK(accept.error() == std::errc::operation_not_permitted);
    });
    support::run_on(home, [&]() -> task<> {  // and nothing of that has hurt it
        const std::string text = co_await support::text_of(pair.client, 1);
        CHECK(text == "x");
    });
}

TEST_CASE("a context that ends with parked operations destroys their coroutines and leaves the sockets open",
          "[socket]") {
    ON_EVERY_BACKEND(backend);
    auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
    const auto [one, two] = native::foreign_pair();  // of no context yet
    support::connection pair{rill::tcp_stream::adopt(one), rill::tcp_stream::adopt(two)};
    native::fill_up(pair.client);
    auto alive = std::make_shared<int>(0);
    const std::string large(native::more_than_fits, 'x');
    auto wait_for_ever = [&](std::shared_ptr<int>) -> task<> {
        std::array<char, 8> buffer, other;
        co_await when_all(listener.accept(), pair.client.recv(buffer), pair.client.send_all(large),
                          pair.server.recv_exactly(other), rill::sleep_for(std::chrono::hours(1)));
    };
    auto foreign = [](task<> what) -> support::foreign_eager { co_await std::move(what); };
    {
        std::optional<support::foreign_eager> outside;
        {
            rill::io_context context(backend.which);
            context.post([&] { outside.emplace(foreign(wait_for_ever(alive))); });
            support::settle(context);
            CHECK(alive.use_count() > 1);
            CHECK(listener.state().reader != nullptr);
            CHECK(pair.client.state().writer != nullptr);
        }
        CHECK(alive.use_count() == 1);
        CHECK(listener.state().reader == nullptr);
        CHECK(pair.client.state().reader == nullptr);
        CHECK(pair.client.state().writer == nullptr);
    }
    native::take_all(pair.server);
    if (!backend.lets_sockets_go()) {
        WARN("left out: a socket stays with its first loop on this system, and that is said by an error");
        return;
    }
    backend.run([&]() -> task<> {
        co_await pair.server.send_all("alive");
        const std::string text = co_await support::text_of(pair.client, 5);
        CHECK(text == "alive");
        const auto client = co_await rill::tcp_stream::connect(listener.local_endpoint());
        const auto server = co_await listener.accept();
    });
}

TEST_CASE("a context that is abandoned lets go of sessions and their sockets", "[socket]") {
    ON_EVERY_BACKEND(backend);
    const auto before = support::open_descriptors();
    {
        rill::io_context context(backend.which);
        bool resumed = false;
        auto session = [&]() -> task<> {
            auto pair = co_await connected();
            std::array<char, 8> buffer;
            co_await rill::with_task_group([&](rill::task_group& group) -> task<> {
                group.spawn(pair.server.recv(buffer));
                co_await pair.client.recv(buffer);
                resumed = true;
            });
            resumed = true;
        };
        auto crash = [&]() -> task<> {
            rill::this_context().post([&] { context.abandon(); });
            co_await session();
        };
        std::error_code why;
        try {
            context.run(crash());
        } catch (const std::system_error& error) {
            why = error.code();
        }
        CHECK(why == std::errc::operation_canceled);
        CHECK_FALSE(resumed);
    }
    CHECK(support::open_descriptors() == before);
}

// ---- closing ----

TEST_CASE("closing ends what is pending with operation_canceled, in the next turn", "[socket]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        native::fill_up(pair.client);
        const std::string large(native::more_than_fits, 'x');
        std::array<char, 8> buffer;
        int ended = 0;
        auto reader = [&]() -> task<> {
            const auto got = co_await as_result(pair.client.recv(buffer));
            CHECK(got.error() == std::errc::operation_canceled);
            ++ended;
        };
        auto writer = [&]() -> task<> {
            const auto sent = co_await as_result(pair.client.send_all(large));
            CHECK(sent.error() == std::errc::operation_canceled);
            ++ended;
        };
        auto closer = [&]() -> task<> {
            co_await rill::yield();
            pair.client.close();
            CHECK(ended == 0);
            CHECK_FALSE(pair.client.is_open());
            const auto next = co_await as_result(pair.client.recv(buffer));
            CHECK(next.error() == std::errc::bad_file_descriptor);
        };
        co_await when_all(reader(), writer(), closer());
        CHECK(ended == 2);
    });
}

TEST_CASE("closing twice does nothing, and everything on a closed stream is bad_file_descriptor", "[socket]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        pair.client.close();
        pair.client.close();
        CHECK_FALSE(pair.client.is_open());
        CHECK(pair.client.native_handle() == -1);
        std::string buffer(8, '\0');
        const auto recv = co_await as_result(pair.client.recv(buffer));
        CHECK(recv.error() == std::errc::bad_file_descriptor);
        const auto exactly = co_await as_result(pair.client.recv_exactly(buffer));
        CHECK(exactly.error() == std::errc::bad_file_descriptor);
        const auto lent = co_await as_result(pair.client.recv_lent());
        CHECK(lent.error() == std::errc::bad_file_descriptor);
        const auto readable = co_await as_result(pair.client.readable());
        CHECK(readable.error() == std::errc::bad_file_descriptor);
        const auto send = co_await as_result(pair.client.send("x"));
        CHECK(send.error() == std::errc::bad_file_descriptor);
        const auto send_all = co_await as_result(pair.client.send_all("x"));
        CHECK(send_all.error() == std::errc::bad_file_descriptor);
        CHECK_THROWS_AS(pair.client.shutdown_send(), std::system_error);
        CHECK_THROWS_AS(pair.client.local_endpoint(), std::system_error);
        CHECK_THROWS_AS(pair.client.remote_endpoint(), std::system_error);
        CHECK_THROWS_AS(pair.client.set(rill::option::no_delay{true}), std::system_error);
        CHECK_THROWS_AS(pair.client.get<rill::option::no_delay>(), std::system_error);
        CHECK_THROWS_AS(pair.client.release(), std::system_error);
    });
}

TEST_CASE("an operation that was made before the close and starts after it is bad_file_descriptor", "[socket]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        std::array<char, 8> buffer;
        auto pair = co_await connected();
        co_await pair.client.send_all("x");  // both streams have been in use
        co_await pair.server.send_all("x");
        auto close_it = [&]() -> task<> {
            pair.client.close();
            co_return;
        };
        // when_all starts its children in the order of its arguments.
        const auto both = co_await as_result(when_all(close_it(), pair.client.recv(buffer)));
        CHECK(both.error() == std::errc::bad_file_descriptor);

        auto stored = pair.server.recv(buffer);
        pair.server.close();
        const auto late = co_await as_result(std::move(stored));
        CHECK(late.error() == std::errc::bad_file_descriptor);
    });
}

TEST_CASE("an accept that was made before the close and starts after it is bad_file_descriptor", "[socket]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        auto stored = listener.accept();
        listener.close();
        const auto late = co_await as_result(std::move(stored));
        CHECK(late.error() == std::errc::bad_file_descriptor);
    });
}

TEST_CASE("a stream that is destroyed inside of its own reader's scope ends the reader first", "[socket]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        std::optional<rill::tcp_stream> mine(std::move(pair.client));
        std::array<char, 8> buffer;
        auto reader = [&]() -> task<> {
            const auto got = co_await as_result(mine->recv(buffer));
            CHECK(got.error() == std::errc::operation_canceled);
        };
        auto destroyer = [&]() -> task<> {
            co_await rill::yield();
            mine.reset();
        };
        co_await when_all(reader(), destroyer());
    });
}

// ---- moving ----

TEST_CASE("a stream that was moved from is closed, and the other one is what it was", "[socket]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        const rill::endpoint where = pair.client.local_endpoint();
        rill::tcp_stream moved(std::move(pair.client));
        CHECK(moved.local_endpoint() == where);
        CHECK_FALSE(pair.client.is_open());  // NOLINT(bugprone-use-after-move): what it is then is what this asks
        std::array<char, 8> buffer;
        const auto got = co_await as_result(pair.client.recv(buffer));
        CHECK(got.error() == std::errc::bad_file_descriptor);
        co_await moved.send_all("x");
        const std::string text = co_await support::text_of(pair.server, 1);
        CHECK(text == "x");
    });
}

TEST_CASE("a stream may move while an operation on it waits", "[socket]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        std::array<char, 8> buffer;
        rill::tcp_stream moved;
        std::size_t got = 0;
        auto reader = [&]() -> task<> { got = co_await pair.client.recv(buffer); };
        auto mover = [&]() -> task<> {
            co_await rill::yield();
            moved = std::move(pair.client);
            co_await pair.server.send_all("abc");
        };
        co_await when_all(reader(), mover());
        CHECK(got == 3);
        CHECK(moved.is_open());
    });
}

TEST_CASE("a stream that is assigned to is closed first, and what was pending on it is canceled", "[socket]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto one = co_await connected();
        auto two = co_await connected();
        std::array<char, 8> buffer;
        auto reader = [&]() -> task<> {
            const auto got = co_await as_result(one.client.recv(buffer));
            CHECK(got.error() == std::errc::operation_canceled);
        };
        auto assigner = [&]() -> task<> {
            co_await rill::yield();
            one.client = std::move(two.client);
        };
        co_await when_all(reader(), assigner());
        const std::string rest = co_await support::rest_of(one.server);
        CHECK(rest.empty());
        co_await one.client.send_all("x");
        const std::string text = co_await support::text_of(two.server, 1);
        CHECK(text == "x");
        auto& itself = one.client;
        one.client = std::move(itself);
        CHECK(one.client.is_open());
    });
}

// ---- adopting and releasing ----

TEST_CASE("release gives the handle to the caller and leaves a closed stream", "[socket]") {
    ON_EVERY_BACKEND(backend);
    if (!backend.lets_sockets_go()) {
        WARN("skipped: a socket stays with its first loop on this system, and that is said by an error");
        return;
    }
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        co_await pair.client.send_all("x");
        const std::intptr_t handle = pair.client.native_handle();
        CHECK(pair.client.release() == handle);
        CHECK_FALSE(pair.client.is_open());
        CHECK(native::is_open(handle));
        auto again = rill::tcp_stream::adopt(handle);
        CHECK(again.remote_endpoint() == pair.server.local_endpoint());
        co_await again.send_all("y");
        const std::string text = co_await support::text_of(pair.server, 2);
        CHECK(text == "xy");
    });
}

TEST_CASE("release while an operation is pending is device_or_resource_busy and changes nothing", "[socket]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        native::fill_up(pair.client);
        const std::string large(native::more_than_fits, 'x');
        std::array<char, 8> buffer;
        int refused = 0;
        const auto try_release = [&](rill::tcp_stream& each) {
            try {
                native::close_handle(each.release());
            } catch (const std::system_error& error) {
                refused += error.code() == std::errc::device_or_resource_busy ? 1 : 0;
            }
        };
        for (const bool writes : {false, true}) {
            auto waiting = [&]() -> task<> {
                if (writes) {
                    const auto ended = co_await as_result(pair.client.send_all(large));
                    CHECK(ended.error() == std::errc::operation_canceled);
                } else {
                    const std::size_t got = co_await pair.client.recv(buffer);
                    CHECK(got == 1);
                }
            };
            auto releaser = [&]() -> task<> {
                co_await rill::yield();
                try_release(pair.client);
                CHECK(pair.client.is_open());
                if (writes) {
                    pair.client.close();
                } else {
                    co_await pair.server.send_all("x");
                }
            };
            co_await when_all(waiting(), releaser());
        }
        CHECK(refused == 2);
    });
}

TEST_CASE("a handle that waits and would be inherited is neither after adopt", "[socket]") {
    ON_EVERY_BACKEND(backend);
    const auto [one, two] = native::foreign_pair();
    CHECK(native::waits(one));
    CHECK_FALSE(native::is_closed_on_exec(one));
    auto server = rill::tcp_stream::adopt(one);
    auto client = rill::tcp_stream::adopt(two);
    CHECK(server.native_handle() == one);
    CHECK_FALSE(native::waits(one));
    CHECK(native::is_closed_on_exec(one));
    CHECK(server.remote_endpoint() == client.local_endpoint());
    backend.run([&]() -> task<> {
        std::array<char, 8> buffer;
        std::size_t got = 0;
        auto reader = [&]() -> task<> { got = co_await server.recv(buffer); };
        auto writer = [&]() -> task<> {
            co_await rill::yield();
            co_await client.send_all("abc");
        };
        co_await when_all(reader(), writer());
        CHECK(got == 3);
    });
}

TEST_CASE("adopt of what is no socket throws and leaves it alone", "[socket]") {
    ON_EVERY_BACKEND(backend);
    const std::intptr_t file = native::open_file();
    std::error_code why;
    std::string message;
    try {
        static_cast<void>(rill::tcp_stream::adopt(file));
    } catch (const std::system_error& error) {
        why = error.code();
        message = error.what();
    }
    CHECK(why == std::errc::not_a_socket);
    CHECK_THAT(message, Catch::Matchers::StartsWith("adopt: "));
    CHECK(native::is_open(file));
    CHECK(native::waits(file));
    CHECK_FALSE(native::is_closed_on_exec(file));
    CHECK_THROWS_AS(rill::tcp_listener::adopt(file), std::system_error);
    CHECK(native::is_open(file));
    native::close_handle(file);
    for (const std::intptr_t garbage : {file, std::intptr_t{-1}, std::intptr_t{1'000'000}}) {
        std::error_code none;
        try {
            static_cast<void>(rill::tcp_stream::adopt(garbage));
        } catch (const std::system_error& error) {
            none = error.code();
        }
        CHECK(none == std::errc::bad_file_descriptor);
    }
}

TEST_CASE("a socket that another descriptor keeps open is told to nobody after its close", "[socket]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        auto other = co_await connected();
        co_await pair.server.send_all("x");  // it is in use here
        const std::intptr_t copy = native::duplicate(pair.server.native_handle());
        pair.server.close();
        std::array<char, 8> buffer;
        auto noise = [&]() -> task<> {
            for (int round = 0; round < 50; ++round) {
                co_await pair.client.send_all("noise");
                co_await rill::yield();
            }
            co_await other.client.send_all("x");
        };
        co_await when_all(other.server.recv(buffer), noise());
        native::close_handle(copy);
        std::string rest;
        const auto ended = co_await as_result(pair.client.recv(buffer));
        CHECK(ended.value() == 1);
    });
}

TEST_CASE("a socket of a handle that was in use here under the same number is told everything", "[socket]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto pair = co_await connected();
        co_await pair.server.send_all("x");
        const std::intptr_t number = pair.server.native_handle();
        const std::intptr_t copy = native::duplicate(number);  // such as a child process would have it
        pair.server.close();
        const bool has_number = native::duplicate_to(copy, number);
        native::close_handle(copy);
        if (!has_number) {
            WARN("skipped: this system chooses the numbers of handles");
            co_return;
        }
        auto again = rill::tcp_stream::adopt(number);
        std::array<char, 8> buffer;
        auto sender = [&]() -> task<> {
            co_await rill::yield();
            co_await pair.client.send_all("abc");
        };
        std::error_code why;
        std::size_t got = 0;
        auto reader = [&]() -> task<> {
            const auto each = co_await as_result(again.recv(buffer));
            why = each.error();
            got = each ? each.value() : 0;
        };
        co_await when_all(reader(), sender());
        CHECK_FALSE(why);
        CHECK(got == 3);
    });
}

// ---- from one context to another ----

TEST_CASE("an accepted socket joins the context that it is sent to, also its close happens there", "[socket]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        rill::io_thread worker;
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        const auto session = [](rill::tcp_stream client) -> task<std::thread::id> {
            std::array<char, 64> buffer;
            while (const std::size_t size = co_await client.recv(buffer))
                co_await client.send_all(std::string_view(buffer.data(), size));
            co_return std::this_thread::get_id();
        };
        const auto serve_one = [&]() -> task<std::thread::id> {
            rill::tcp_stream client = co_await listener.accept();
            co_return co_await rill::on(worker.context(), session(std::move(client)));
        };
        const auto talk = [&]() -> task<> {
            auto server = co_await rill::tcp_stream::connect(listener.local_endpoint());
            for (int round = 0; round < 10; ++round) {
                co_await server.send_all("hello");
                const std::string back = co_await support::text_of(server, 5);
                CHECK(back == "hello");
            }
            server.shutdown_send();
            const std::string rest = co_await support::rest_of(server);  // until the session has closed its end
            CHECK(rest.empty());
        };
        const auto [there, nothing] = co_await when_all(serve_one(), talk());
        CHECK(there != std::this_thread::get_id());
    });
}

TEST_CASE("serve hands its sessions to other contexts, and a stop reaches them there", "[socket]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        rill::io_thread workers[2];
        std::size_t next = 0;
        std::atomic<int> sessions = 0;
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        const auto session = [&](rill::tcp_stream client) -> task<> {
            ++sessions;
            std::array<char, 64> buffer;
            while (const std::size_t size = co_await client.recv(buffer))
                co_await client.send_all(std::string_view(buffer.data(), size));
        };
        const auto send_on = [&](rill::tcp_stream client) {
            return rill::on(workers[next++ % 2].context(), session(std::move(client)));
        };
        rill::stop_source enough;
        const auto talk = [&]() -> task<> {
            std::vector<rill::tcp_stream> servers;
            for (int i = 0; i < 6; ++i) {
                servers.push_back(co_await rill::tcp_stream::connect(listener.local_endpoint()));
                co_await servers.back().send_all("hello");
                const std::string back = co_await support::text_of(servers.back(), 5);
                CHECK(back == "hello");
            }
            enough.request_stop();
            for (auto& each : servers) {
                const std::string rest = co_await support::rest_of(each);
                CHECK(rest.empty());
            }
        };
        co_await when_all(rill::with_stop(enough.get_token(), rill::serve(listener, send_on)), talk());
        CHECK(sessions == 6);
    });
}

TEST_CASE("a socket that is in use is released here and adopted in another context", "[socket]") {
    ON_EVERY_BACKEND(backend);
    if (!backend.lets_sockets_go()) {
        WARN("skipped: a socket stays with its first loop on this system, and that is said by an error");
        return;
    }
    backend.run([]() -> task<> {
        rill::io_thread worker;
        auto pair = co_await connected();
        co_await pair.server.send_all("from here ");
        const auto greet = [](std::intptr_t handle) -> task<> {
            auto stream = rill::tcp_stream::adopt(handle);
            co_await stream.send_all("and there");
        };
        const auto refused = [&]() -> task<> { co_await pair.server.send_all("x"); };
        const auto kept = co_await as_result(rill::on(worker.context(), refused()));
        CHECK(kept.error() == std::errc::operation_not_permitted);
        co_await rill::on(worker.context(), greet(pair.server.release()));
        const std::string text = co_await support::rest_of(pair.client);
        CHECK(text == "from here and there");
    });
}

// ---- what a new program inherits ----

TEST_CASE("every descriptor of the library is closed on exec, and none waits", "[socket]") {
    ON_EVERY_BACKEND(backend);
    const auto before = support::open_descriptors();
    backend.run([&]() -> task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        auto pair = co_await connected();
        for (const std::string& each : support::open_descriptors()) {
            if (std::find(before.begin(), before.end(), each) != before.end()) continue;
            INFO("descriptor " << each);
            const std::intptr_t number = std::stoi(each);
            CHECK(native::is_closed_on_exec(number));
            if (each.find("socket:") != each.npos) CHECK_FALSE(native::waits(number));
        }
    });
}
