// SPDX-License-Identifier: MIT
// Ten thousand connections at a time. The server is a process of its own, since a process has 20 000 descriptors at most.

#include <rill/core/as_result.hpp>
#include <rill/core/run.hpp>
#include <rill/core/sleep.hpp>
#include <rill/net/serve.hpp>
#include <rill/net/tcp_stream.hpp>

#include "support/catch.hpp"

#if !__has_include(<sys/wait.h>)

TEST_CASE("ten thousand connections need a second process", "[serve][heavy]") { WARN("skipped: no fork here"); }

#else

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "support/every_backend.hpp"
#include "support/native_socket.hpp"
#include "support/tcp_pair.hpp"

namespace {

using rill::task;

constexpr std::size_t connections = 10'000;

task<> echo(rill::tcp_stream client) {
    std::array<std::byte, 64> buffer;
    while (const std::size_t size = co_await client.recv(buffer))
        co_await client.send_all(std::span(buffer).first(size));
}

/// The server's process: serves until SIGTERM, and ends with 0 if nothing went wrong.
[[noreturn]] void serve_in_child(rill::tcp_listener listener, rill::backend::kind which) {
    int errors = 0;
    try {
        rill::io_context context(which);
        auto options =
            rill::serve_options().max_connections(connections).on_error([&](std::exception_ptr, rill::endpoint) {
                ++errors;
            });
        context.run(rill::serve(listener, echo, options), rill::stop_on(SIGTERM));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "server: %s\n", error.what());
        ::_exit(2);
    }
    ::_exit(errors == 0 ? 0 : 1);
}

}  // namespace

TEST_CASE("ten thousand connections are open at once, echo twice, and end in good order", "[serve][heavy]") {
    ON_EVERY_BACKEND(backend);
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const rlimit before = limit;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < static_cast<rlim_t>(connections + 100)) {
        WARN("skipped: at most " << limit.rlim_cur << " descriptors a process here");
        return;
    }
    auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
    const rill::endpoint where = listener.local_endpoint();
    const pid_t server = ::fork();
    REQUIRE(server >= 0);
    if (server == 0) serve_in_child(std::move(listener), backend.which);
    listener.close();

    std::size_t good = 0, ended = 0;
    backend.run([&]() -> task<> {
        std::vector<rill::tcp_stream> clients;
        clients.reserve(connections);
        for (std::size_t index = 0; index < connections; ++index) {
            auto client = co_await rill::tcp_stream::connect(where);
            clients.push_back(std::move(client));
        }
        for (int round = 0; round < 2; ++round) {
            for (std::size_t index = 0; index < connections; ++index)
                co_await clients[index].send_all(std::to_string(100'000 + index));
            for (std::size_t index = 0; index < connections; ++index) {
                const std::string back = co_await support::text_of(clients[index], 6);
                good += back == std::to_string(100'000 + index) ? 1 : 0;
            }
        }
        ::kill(server, SIGTERM);
        for (rill::tcp_stream& each : clients) {
            const auto rest = co_await rill::as_result(support::rest_of(each));
            ended += rest && rest.value().empty() ? 1 : 0;
        }
    });
    int status = -1;
    ::waitpid(server, &status, 0);
    ::setrlimit(RLIMIT_NOFILE, &before);
    CHECK(good == 2 * connections);
    CHECK(ended == connections);
    CHECK(status == 0);
}

#endif
