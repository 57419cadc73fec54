// SPDX-License-Identifier: MIT
#include <rill/net/tcp_listener.hpp>

#include <rill/core/as_result.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task_group.hpp>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/every_backend.hpp"
#include "support/native_socket.hpp"
#include "support/tcp_pair.hpp"

namespace {

using rill::as_result;
using rill::task;
using rill::when_all;

template <class Function>
std::string message_of(Function function, std::error_code* code = nullptr) {
    try {
        function();
    } catch (const std::system_error& error) {
        if (code != nullptr) *code = error.code();
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("port 0 becomes a port that the system has chosen", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
    CHECK(listener.local_endpoint().port() != 0);
    CHECK(listener.local_endpoint().address() == rill::ip_address("127.0.0.1"));
}

TEST_CASE("a port in use is address_in_use, and the message says which", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    auto first = rill::tcp_listener::bind({"127.0.0.1", 0});
    std::error_code why;
    const std::string message = message_of([&] { return rill::tcp_listener::bind(first.local_endpoint()); }, &why);
    CHECK(why == std::errc::address_in_use);
    CHECK(message == "bind " + to_string(first.local_endpoint()) + ": " + why.message());
}

TEST_CASE("an address that is not of this machine cannot be bound", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    const std::string message = message_of([] { return rill::tcp_listener::bind({"192.0.2.1", 0}); });
    CHECK_THAT(message, Catch::Matchers::StartsWith("bind 192.0.2.1:0: "));
}

TEST_CASE("an option that the socket cannot take fails the bind and leaves nothing behind", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    const std::string message =
        message_of([] { return rill::tcp_listener::bind({"127.0.0.1", 0}, rill::option::v6_only{true}); });
    CHECK_THAT(message, Catch::Matchers::StartsWith("bind 127.0.0.1:0: "));
}

TEST_CASE("connections are accepted in the order in which they came", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        std::vector<rill::tcp_stream> clients;
        for (int index = 0; index < 50; ++index) {
            auto client = co_await rill::tcp_stream::connect(listener.local_endpoint());
            clients.push_back(std::move(client));
        }
        for (const rill::tcp_stream& client : clients) {
            auto server = co_await listener.accept();
            CHECK(server.remote_endpoint() == client.local_endpoint());
        }
    });
}

TEST_CASE("a second accept is refused and the first is not disturbed", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        bool accepted = false;
        auto first = [&]() -> task<> {
            const auto stream = co_await listener.accept();
            accepted = stream.is_open();
        };
        auto second = [&]() -> task<> {
            const auto refused = co_await as_result(listener.accept());
            CHECK(refused.error() == std::errc::operation_in_progress);
            const auto client = co_await rill::tcp_stream::connect(listener.local_endpoint());
        };
        co_await when_all(first(), second());
        CHECK(accepted);
    });
}

TEST_CASE("closing a listener ends a pending accept with operation_canceled and the next with bad_file_descriptor",
          "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        std::error_code why;
        auto accepting = [&]() -> task<> {
            const auto ended = co_await as_result(listener.accept());
            why = ended.error();
        };
        auto closer = [&]() -> task<> {
            co_await rill::yield();
            listener.close();
        };
        co_await when_all(accepting(), closer());
        CHECK(why == std::errc::operation_canceled);
        const auto after = co_await as_result(listener.accept());
        CHECK(after.error() == std::errc::bad_file_descriptor);
    });
}

TEST_CASE("the message of a failed accept begins with the operation and the listener's address", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        const std::string address = to_string(listener.local_endpoint());
        std::string message;
        auto accepting = [&]() -> task<> {
            try {
                co_await listener.accept();
            } catch (const std::system_error& error) {
                message = error.what();
            }
        };
        auto closer = [&]() -> task<> {
            co_await rill::yield();
            listener.close();
        };
        co_await when_all(accepting(), closer());
        CHECK_THAT(message, Catch::Matchers::StartsWith("accept " + address + ": "));
    });
}

TEST_CASE("a listener that is dropped with clients in its backlog ends them", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        std::vector<rill::tcp_stream> clients;
        rill::endpoint where;
        {
            auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
            where = listener.local_endpoint();
            for (int index = 0; index < 5; ++index) {
                auto client = co_await rill::tcp_stream::connect(where);
                clients.push_back(std::move(client));
            }
            const auto first = co_await listener.accept();
        }
        std::string buffer(8, '\0');
        for (rill::tcp_stream& each : clients) {
            const auto ended = co_await as_result(each.recv(buffer));
            const bool over = (ended && ended.value() == 0) || ended.error() == std::errc::connection_reset;
            CHECK(over);
        }
        const auto refused = co_await as_result(rill::tcp_stream::connect(where));
        CHECK(refused.error() == std::errc::connection_refused);
    });
}

TEST_CASE("a listener can be bound to the address of one that has just closed with connections", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        const rill::endpoint where = listener.local_endpoint();
        auto client = co_await rill::tcp_stream::connect(where);
        auto server = co_await listener.accept();
        server.close();  // this side closes first, so its address lingers
        const std::string rest = co_await support::rest_of(client);
        CHECK(rest.empty());
        client.close();
        listener.close();
        listener = rill::tcp_listener::bind(where);
        auto next = co_await rill::tcp_stream::connect(where);
        const auto accepted = co_await listener.accept();
        CHECK(accepted.remote_endpoint() == next.local_endpoint());
    });
}

TEST_CASE("two listeners share a port with reuse_port and get all the clients", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        rill::tcp_listener one;
        try {
            one = rill::tcp_listener::bind({"127.0.0.1", 0}, rill::option::reuse_port{true});
        } catch (const std::system_error& error) {
            WARN("skipped: no reuse_port here, and an error says so: " << error.what());
        }
        if (!one.is_open()) co_return;
        auto two = rill::tcp_listener::bind(one.local_endpoint(), rill::option::reuse_port{true});
        constexpr std::size_t count = 40;
        std::set<std::uint16_t> seen;
        std::vector<rill::tcp_stream> clients;
        co_await rill::with_task_group([&](rill::task_group& group) -> task<> {
            auto accept_all = [&](rill::tcp_listener* from) -> task<> {
                for (;;) {
                    auto accepted = co_await from->accept();
                    seen.insert(accepted.remote_endpoint().port());
                    if (seen.size() == count) group.stop();
                }
            };
            group.spawn(accept_all(&one));
            group.spawn(accept_all(&two));
            for (std::size_t index = 0; index < count; ++index) {
                auto client = co_await rill::tcp_stream::connect(one.local_endpoint());
                clients.push_back(std::move(client));
            }
            co_await group.join();
        });
        CHECK(seen.size() == count);
    });
}

TEST_CASE("an IPv6 listener leaves IPv4 to others unless it is told", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        rill::tcp_listener six;
        try {
            six = rill::tcp_listener::bind({"::", 0});
        } catch (const std::system_error& error) {
            WARN("skipped: no IPv6 here: " << error.what());
        }
        if (!six.is_open()) co_return;
        CHECK(six.get<rill::option::v6_only>().value());
        const auto refused = co_await as_result(rill::tcp_stream::connect({"127.0.0.1", six.local_endpoint().port()}));
        CHECK(refused.error() == std::errc::connection_refused);
        auto both = rill::tcp_listener::bind({"::", 0}, rill::option::v6_only{false});
        CHECK_FALSE(both.get<rill::option::v6_only>().value());
        auto four = co_await rill::tcp_stream::connect({"127.0.0.1", both.local_endpoint().port()});
        const auto accepted = co_await both.accept();
        CHECK(accepted.remote_endpoint().port() == four.local_endpoint().port());
    });
}

TEST_CASE("a small backlog still serves everyone in the end", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0}, rill::option::backlog{16});
        constexpr int count = 100;
        int accepted = 0;
        auto accept_all = [&]() -> task<> {
            for (; accepted < count; ++accepted) co_await listener.accept();
        };
        auto connect_all = [&]() -> task<> {
            for (int index = 0; index < count; ++index) co_await rill::tcp_stream::connect(listener.local_endpoint());
        };
        co_await when_all(accept_all(), connect_all());
        CHECK(accepted == count);
    });
}

TEST_CASE("a listener can be adopted, and accepts", "[tcp]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        const rill::endpoint where = listener.local_endpoint();
        auto adopted = rill::tcp_listener::adopt(listener.release());
        CHECK_FALSE(listener.is_open());
        CHECK(adopted.local_endpoint() == where);
        auto client = co_await rill::tcp_stream::connect(where);
        const auto accepted = co_await adopted.accept();
        CHECK(accepted.remote_endpoint() == client.local_endpoint());
    });
}
