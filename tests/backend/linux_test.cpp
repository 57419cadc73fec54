// SPDX-License-Identifier: MIT
// What only Linux can be made to do: a full table of descriptors, errors of accept4 on demand, descriptor numbers that
// are used again within one batch of events, signals that interrupt a wait.

#include "support/catch.hpp"

#if !defined(__linux__)

TEST_CASE("faults of Linux are tested on Linux", "[linux]") { WARN("skipped: this is no Linux"); }

#else

#include <rill/backend/posix_batches.hpp>
#include <rill/core/as_result.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task_group.hpp>
#include <rill/core/with_stop.hpp>
#include <rill/net/file_transfer.hpp>
#include <rill/net/serve.hpp>
#include <rill/net/tcp_listener.hpp>
#include <rill/net/tcp_stream.hpp>
#include <rill/net/udp_socket.hpp>
#include <rill/net/unix_datagram_socket.hpp>
#include <rill/net/unix_stream.hpp>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/allocations.hpp"
#include "support/every_backend.hpp"
#include "support/linux_faults.hpp"
#include "support/native_socket.hpp"
#include "support/tcp_pair.hpp"

namespace {

using namespace std::chrono_literals;
using rill::as_result;
using rill::task;
using rill::when_all;
using support::connected;
namespace native = support::native;
namespace calls = rill::backend;

task<> echo(rill::tcp_stream client) {
    std::array<std::byte, 512> buffer;
    while (const std::size_t size = co_await client.recv(buffer))
        co_await client.send_all(std::span(buffer).first(size));
}

/// Whether the backend moves bytes by recv and send, after it was told of readiness.
bool tells_of_readiness(rill::backend::kind which) {
    return which == rill::backend::epoll || which == rill::backend::kqueue;
}

std::atomic<int> signals_seen{0};
extern "C" void count_signal(int) { signals_seen.fetch_add(1); }

/// SIGUSR1 interrupts system calls and does nothing else.
class interrupting_signal {
  public:
    interrupting_signal() {
        struct sigaction ours{};
        ours.sa_handler = &count_signal;  // no SA_RESTART
        ::sigaction(SIGUSR1, &ours, &before_);
        signals_seen = 0;
    }
    ~interrupting_signal() { ::sigaction(SIGUSR1, &before_, nullptr); }
    interrupting_signal(const interrupting_signal&) = delete;
    interrupting_signal& operator=(const interrupting_signal&) = delete;

  private:
    struct sigaction before_{};
};

}  // namespace

// ---- clause 11 ----

TEST_CASE("clause 11: what happened to a connection before it was accepted is skipped", "[linux]") {
    ON_EVERY_BACKEND(backend);
    for (const int code :
         {ECONNABORTED, EPROTO, EINTR, EPERM, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, ENETUNREACH}) {
        CAPTURE(code);
        backend.run([&]() -> task<> {
            auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
            const support::failing_accepts failing{code, code, code};
            auto [server, client] =
                co_await when_all(listener.accept(), rill::tcp_stream::connect(listener.local_endpoint()));
            CHECK(server.remote_endpoint() == client.local_endpoint());
            CHECK(failing.left() == 0);
        });
    }
}

TEST_CASE("clause 11: a lack of descriptors or memory is waited out, and not asked for again and again", "[linux]") {
    ON_EVERY_BACKEND(backend);
    for (const int code : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
        CAPTURE(code);
        backend.run([&]() -> task<> {
            auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
            const support::failing_accepts failing{code, code, code};
            const std::size_t before = support::accept_count();
            const auto began = rill::now();
            auto [server, client] =
                co_await when_all(listener.accept(), rill::tcp_stream::connect(listener.local_endpoint()));
            CHECK(server.remote_endpoint() == client.local_endpoint());
            CHECK(support::accept_count() - before <= 6);
            CHECK(rill::now() - began >= 20ms);  // three times a pause, but the first may have come before the client
        });
    }
}

TEST_CASE("clause 11: what is wrong with the listener itself is told", "[linux]") {
    ON_EVERY_BACKEND(backend);
    backend.run([&]() -> task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        const support::failing_accepts failing{EOPNOTSUPP};
        const auto ended = co_await as_result(listener.accept());
        CHECK(ended.error() == std::errc::operation_not_supported);
    });
    backend.run([&]() -> task<> {
        auto pair = co_await connected();
        auto no_listener = rill::tcp_listener::adopt(pair.server.release());
        const auto ended = co_await as_result(no_listener.accept());
        CHECK(ended.error() == std::errc::invalid_argument);
    });
}

TEST_CASE("clause 11: an accept that backs off can be stopped, closed and started again", "[linux]") {
    ON_EVERY_BACKEND(backend);
    backend.run([&]() -> task<> {
        auto one = rill::tcp_listener::bind({"127.0.0.1", 0});
        auto two = rill::tcp_listener::bind({"127.0.0.1", 0});
        auto three = rill::tcp_listener::bind({"127.0.0.1", 0});
        const support::failing_accepts failing{EMFILE, EMFILE, EMFILE};
        rill::stop_source stop;
        auto stopped = [&]() -> task<> {
            const auto none = co_await rill::with_stop(stop.get_token(), one.accept());
            CHECK_FALSE(none);
        };
        auto closed = [&]() -> task<> {
            const auto none = co_await as_result(two.accept());
            CHECK(none.error() == std::errc::operation_canceled);
        };
        auto waiting = [&]() -> task<> {
            auto client = co_await rill::tcp_stream::connect(three.local_endpoint());
            const auto server = co_await three.accept();
            CHECK(server.remote_endpoint() == client.local_endpoint());
        };
        auto others = [&]() -> task<> {
            CHECK(failing.left() <= 1);
            const auto refused = co_await as_result(one.accept());
            CHECK(refused.error() == std::errc::operation_in_progress);
            stop.request_stop();
            two.close();
            co_await rill::yield();
            auto client = co_await rill::tcp_stream::connect(one.local_endpoint());
            const auto server = co_await one.accept();
            CHECK(server.remote_endpoint() == client.local_endpoint());
        };
        co_await when_all(stopped(), closed(), waiting(), others());
    });
}

TEST_CASE("clause 11: after it has backed off, accepting goes on with all who have come meanwhile", "[linux]") {
    ON_EVERY_BACKEND(backend);
    backend.run([&]() -> task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        auto one = co_await rill::tcp_stream::connect(listener.local_endpoint());
        auto two = co_await rill::tcp_stream::connect(listener.local_endpoint());
        auto three = co_await rill::tcp_stream::connect(listener.local_endpoint());
        const support::failing_accepts failing{EMFILE, EMFILE};
        const auto first = co_await listener.accept();
        const auto second =
            co_await rill::timeout(std::chrono::seconds(5), listener.accept());  // no new edge tells of it
        const auto third = co_await rill::timeout(std::chrono::seconds(5), listener.accept());
        CHECK(third.remote_endpoint() == three.local_endpoint());
    });
}

TEST_CASE("clause 11: a context may end while an accept backs off", "[linux]") {
    ON_EVERY_BACKEND(backend);
    auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
    const support::failing_accepts failing{EMFILE};
    backend.run([&]() -> task<> {
        const auto late = co_await as_result(rill::timeout(1ms, listener.accept()));
        CHECK(late.error() == rill::errc::deadline_exceeded);
    });
    CHECK(failing.left() == 0);
    backend.run([&]() -> task<> {
        auto client = co_await rill::tcp_stream::connect(listener.local_endpoint());
        const auto server = co_await listener.accept();
    });
}

TEST_CASE("clause 11: no memory for an accepted connection is waited out, and the connection is not lost", "[linux]") {
    ON_EVERY_BACKEND(backend);
    backend.run([&]() -> task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        auto client = co_await rill::tcp_stream::connect(listener.local_endpoint());
        std::vector<rill::tcp_listener> kept;  // so that no memory of an earlier socket is at hand, where that is kept
        for (int index = 0; index < 40; ++index) kept.push_back(rill::tcp_listener::bind({"127.0.0.1", 0}));
        auto accepting = rill::timeout(2s, listener.accept());
        std::optional<support::failing_allocation> failing(std::in_place, 0);
        auto accepted = co_await as_result(std::move(accepting));
        failing.reset();
        CHECK_FALSE(accepted.error());
    });
}

// ---- a full table of descriptors ----
//
// Each of these is rehearsed with descriptors first: what a sanitizer sees for the first time, it looks at with a
// descriptor of its own.

TEST_CASE("accept waits while there is no descriptor, does not spin, and goes on when there is one", "[linux]") {
    ON_EVERY_BACKEND(backend);
    for (const bool limited : {false, true}) {
        backend.run([&]() -> task<> {
            auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
            auto warm = co_await rill::tcp_stream::connect(listener.local_endpoint());
            auto warm_server = co_await listener.accept();
            auto client = co_await rill::tcp_stream::connect(listener.local_endpoint());
            std::optional<support::few_descriptors> few;
            if (limited) few.emplace(0);
            const std::size_t before = support::accept_count();
            std::optional<rill::tcp_stream> accepted;
            bool too_early = false;
            std::size_t attempts = 0;
            std::string text;
            auto accepting = [&]() -> task<> {
                auto server = co_await listener.accept();
                accepted.emplace(std::move(server));
            };
            auto rest = [&]() -> task<> {
                co_await warm.send_all("others go on");
                text = co_await support::text_of(warm_server, 12);
                co_await rill::sleep_for(100ms);  // the time in which it might spin
                attempts = support::accept_count() - before;
                too_early = accepted.has_value();
                few.reset();
            };
            co_await when_all(accepting(), rest());
            CHECK(text == "others go on");
            CHECK(accepted->remote_endpoint() == client.local_endpoint());
            CHECK(too_early == !limited);
            CHECK(attempts <= 15);
            CHECK(attempts >= (limited ? 2 : 1));
        });
    }
}

TEST_CASE("serve survives a full table of descriptors and serves everybody in the end", "[linux]") {
    ON_EVERY_BACKEND(backend);
    for (const bool limited : {false, true}) {
        backend.run([&]() -> task<> {
            auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
            int good = 0;
            co_await rill::with_task_group([&](rill::task_group& group) -> task<> {
                group.spawn(rill::serve(listener, echo));
                std::vector<rill::tcp_stream> clients;
                for (int index = 0; index < 8; ++index) {
                    auto client = co_await rill::tcp_stream::connect(listener.local_endpoint());
                    clients.push_back(std::move(client));
                }
                std::optional<support::few_descriptors> few;
                if (limited) few.emplace(2);
                auto visit = [&](rill::tcp_stream* client) -> task<> {
                    co_await client->send_all("x");
                    const std::string back = co_await support::text_of(*client, 1);
                    good += back == "x" ? 1 : 0;
                };
                auto relief = [&]() -> task<> {
                    co_await rill::sleep_for(30ms);
                    few.reset();
                };
                std::vector<task<>> visits;
                for (rill::tcp_stream& each : clients) visits.push_back(visit(&each));
                co_await when_all(rill::when_all(std::move(visits)), relief());
                group.stop();
            });
            CHECK(good == 8);
        });
    }
}

TEST_CASE("connect without a descriptor left is too_many_files_open, with the peer in the message", "[linux]") {
    ON_EVERY_BACKEND(backend);
    auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
    const rill::endpoint nobody{"127.0.0.1", 1};
    for (const bool limited : {false, true}) {
        backend.run([&]() -> task<> {
            std::optional<support::few_descriptors> few;
            if (limited) few.emplace(0);
            std::string message;
            std::error_code why;
            try {
                co_await rill::tcp_stream::connect(nobody);
            } catch (const std::system_error& error) {
                message = error.what();
                why = error.code();
            }
            few.reset();
            CHECK(why == (limited ? std::errc::too_many_files_open : std::errc::connection_refused));
            CHECK_THAT(message, Catch::Matchers::StartsWith("connect 127.0.0.1:1: "));
        });
    }
}

TEST_CASE("bind and a new context without a descriptor left are too_many_files_open and leave nothing", "[linux]") {
    ON_EVERY_BACKEND(backend);
    for (const std::size_t spare : {std::size_t{20}, std::size_t{1}, std::size_t{0}}) {
        std::error_code of_context, of_bind;
        {
            const support::few_descriptors few(spare);
            try {
                rill::io_context context(backend.which);
            } catch (const std::system_error& error) {
                of_context = error.code();
            }
            try {
                static_cast<void>(rill::tcp_listener::bind({"127.0.0.1", 0}));
            } catch (const std::system_error& error) {
                of_bind = error.code();
            }
        }
        CAPTURE(spare);
        if (spare == 20) {
            CHECK_FALSE(of_context);
            CHECK_FALSE(of_bind);
        } else {
            CHECK(of_context == std::errc::too_many_files_open);
            CHECK(static_cast<bool>(of_bind) == (spare == 0));
        }
    }
}

TEST_CASE("adopt needs no descriptor of its own, and changes nothing where it fails", "[linux]") {
    ON_EVERY_BACKEND(backend);
    for (const bool limited : {false, true}) {
        const auto [one, two] = native::foreign_pair();
        std::error_code why;
        std::optional<support::few_descriptors> few;
        if (limited) few.emplace(0);
        try {
            const auto stream = rill::tcp_stream::adopt(one);
        } catch (const std::system_error& error) {
            why = error.code();
        }
        few.reset();
        if (why) {
            CHECK(native::waits(one));
            CHECK_FALSE(native::is_closed_on_exec(one));
            native::close_handle(one);
        }
        CHECK_FALSE(why);
        native::close_handle(two);
    }
}

TEST_CASE("adopt that finds no memory changes nothing", "[linux]") {
    ON_EVERY_BACKEND(backend);
    const auto [one, two] = native::foreign_pair();
    std::error_code why;
    {
        std::vector<rill::tcp_listener> kept;  // so that no memory of an earlier socket is at hand
        for (int index = 0; index < 40; ++index) kept.push_back(rill::tcp_listener::bind({"127.0.0.1", 0}));
        std::optional<support::failing_allocation> failing(std::in_place, 0);
        try {
            static_cast<void>(rill::tcp_stream::adopt(one));
        } catch (const std::system_error& error) {
            why = error.code();
        }
        failing.reset();
    }
    if (!why) {
        WARN("skipped: there was memory at hand");
        native::close_handle(two);
        return;
    }
    CHECK(why == std::errc::not_enough_memory);
    CHECK(native::waits(one));
    CHECK_FALSE(native::is_closed_on_exec(one));
    native::close_handle(one);
    native::close_handle(two);
}

TEST_CASE("a registration that fails is an error with the peer, and the stream works when it succeeds", "[linux]") {
    ON_EVERY_BACKEND(backend);
    if (!tells_of_readiness(backend.which)) {
        WARN("skipped: this backend registers otherwise");
        return;
    }
    backend.run([&]() -> task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        std::string message;
        {
            const support::failing_registration failing(ENOSPC);
            try {
                co_await rill::tcp_stream::connect(listener.local_endpoint());
            } catch (const std::system_error& error) {
                message = error.what();
            }
        }
        CHECK_THAT(message, Catch::Matchers::StartsWith("connect " + to_string(listener.local_endpoint()) + ": "));
        auto client = co_await rill::tcp_stream::connect(listener.local_endpoint());
        auto server = co_await listener.accept();
        std::array<char, 4> buffer;
        {
            const support::failing_registration failing(ENOMEM);
            const auto failed = co_await as_result(server.recv(buffer));
            CHECK(failed.error() == std::errc::not_enough_memory);
        }
        co_await client.send_all("abc");
        const std::size_t size = co_await server.recv(buffer);
        CHECK(size == 3);
    });
}

// ---- clause 9, with the numbers of Linux ----

TEST_CASE("clause 9: a descriptor number that is used again within one batch of events gets none of the old ones",
          "[linux]") {
    ON_EVERY_BACKEND(backend);
    backend.run([&]() -> task<> {
        auto one = co_await connected();
        auto two = co_await connected();
        auto [outside, peer_handle] = native::foreign_pair();
        auto peer = rill::tcp_stream::adopt(peer_handle);
        std::optional<rill::tcp_stream> newcomer;
        bool told = false;
        co_await rill::with_task_group([&](rill::task_group& group) -> task<> {
            auto watch = [&]() -> task<> {
                co_await newcomer->readable();
                told = true;
            };
            auto reader = [&](rill::tcp_stream& mine, rill::tcp_stream& other) -> task<> {
                const auto ended = co_await as_result(mine.readable());
                if (!ended) co_return;
                const std::intptr_t number = other.native_handle();
                other.close();  // its event is in the same batch
                REQUIRE(native::duplicate_to(outside, number));
                newcomer.emplace(rill::tcp_stream::adopt(number));
                group.spawn(watch());
            };
            auto senders = [&]() -> task<> {
                co_await rill::yield();
                native::send_text(one.client, "a");
                native::send_text(two.client, "b");
            };
            co_await when_all(reader(one.server, two.server), reader(two.server, one.server), senders());
            for (int turn = 0; turn < 10; ++turn) co_await rill::yield();
            CHECK_FALSE(told);
            co_await peer.send_all("c");
        });
        CHECK(told);
        native::close_handle(outside);
    });
}

// ---- signals ----

TEST_CASE("signals that interrupt a wait disturb nothing, and no timer is early by them", "[linux]") {
    ON_EVERY_BACKEND(backend);
    const interrupting_signal signal;
    const pthread_t loop = ::pthread_self();
    std::atomic<bool> enough{false};
    std::thread noise([&] {
        while (!enough) {
            ::pthread_kill(loop, SIGUSR1);
            std::this_thread::sleep_for(200us);
        }
    });
    backend.run([&]() -> task<> {
        auto pair = co_await connected();
        auto echoing = [&]() -> task<> { co_await echo(std::move(pair.server)); };
        auto client = [&]() -> task<> {
            for (int round = 0; round < 20; ++round) {
                const auto before = rill::now();
                co_await rill::sleep_for(2ms);
                CHECK(rill::now() - before >= 2ms);
                co_await pair.client.send_all("x");
                const std::string back = co_await support::text_of(pair.client, 1);
                CHECK(back == "x");
            }
            pair.client.close();
        };
        co_await when_all(echoing(), client());
    });
    enough = true;
    noise.join();
    CHECK(signals_seen > 0);
}

TEST_CASE("a transfer that a signal has interrupted is made again", "[linux]") {
    ON_EVERY_BACKEND(backend);
    if (!tells_of_readiness(backend.which)) {
        WARN("skipped: this backend moves bytes otherwise");
        return;
    }
    backend.run([&]() -> task<> {
        auto pair = co_await connected();
        std::array<char, 3> buffer;
        {
            const support::failing_transfers failing(EINTR, 3);
            co_await pair.client.send_all("abc");
            CHECK(failing.left() == 0);
        }
        {
            const support::failing_transfers failing(EINTR, 3);
            const std::size_t size = co_await pair.server.recv(buffer);
            CHECK(size == 3);
            CHECK(failing.left() == 0);
        }
        co_await pair.client.send_all("abc");
        {
            const support::failing_transfers failing(EINTR, 1);
            const rill::lent_buffer lent = co_await pair.server.recv_lent();
            CHECK(lent.size() == 3);
        }
    });
}

TEST_CASE("a transfer that fails for lack of memory is an error, and the stream goes on working", "[linux]") {
    ON_EVERY_BACKEND(backend);
    if (!tells_of_readiness(backend.which)) {
        WARN("skipped: this backend moves bytes otherwise");
        return;
    }
    backend.run([&]() -> task<> {
        auto pair = co_await connected();
        std::array<char, 3> buffer;
        {
            const support::failing_transfers failing(ENOBUFS, 1);
            const auto sent = co_await as_result(pair.client.send_all("abc"));
            CHECK(sent.error() == std::errc::no_buffer_space);
        }
        co_await pair.client.send_all("abc");
        {
            const support::failing_transfers failing(ENOMEM, 1);
            const auto lent = co_await as_result(pair.server.recv_lent());
            CHECK(lent.error() == std::errc::not_enough_memory);
        }
        const std::size_t size = co_await pair.server.recv(buffer);
        CHECK(size == 3);
    });
}

// ---- what a new program inherits ----

TEST_CASE("a program that is started while sockets are open inherits none of them", "[linux]") {
    ON_EVERY_BACKEND(backend);
    const auto before = support::open_descriptors();
    backend.run([&]() -> task<> {
        auto pair = co_await connected();
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        auto [one, two] = native::foreign_pair();
        auto adopted_one = rill::tcp_stream::adopt(one);
        auto adopted_two = rill::tcp_stream::adopt(two);
        CHECK(support::open_descriptors().size() > before.size());
        const pid_t child = ::fork();
        if (child == 0) {
            // 0, 1, 2, and the one with which ls reads the folder.
            ::execl("/bin/sh", "sh", "-c", "test $(ls /proc/self/fd | wc -l) -le \"$1\"", "sh",
                    std::to_string(before.size() + 2).c_str(), static_cast<char*>(nullptr));
            ::_exit(127);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        CHECK(status == 0);
    });
}

// ---- messages ----

TEST_CASE("datagrams that are moved one by one give the same results as those that are moved at once", "[linux]") {
    ON_EVERY_BACKEND(backend);
    auto one = rill::udp_socket::bind({"127.0.0.1", 0}), other = rill::udp_socket::bind({"127.0.0.1", 0});
    one.connect(other.local_endpoint());
    using transmit = int (*)(calls::socket_state&, const calls::batch_entry*, std::size_t);
    using receive = int (*)(calls::socket_state&, calls::batch_entry*, std::size_t);
    for (const bool at_once : {true, false}) {
        INFO("at once " << at_once);
        const transmit send = at_once ? transmit{&calls::transmit_batch} : transmit{&calls::transmit_one_by_one};
        const receive recv = at_once ? receive{&calls::receive_batch} : receive{&calls::receive_one_by_one};
        std::string text = "abcdef", large(70'000, 'x');
        std::array<calls::batch_entry, 5> out{};
        for (std::size_t index = 0; index < out.size(); ++index)
            out[index].bytes = {reinterpret_cast<std::byte*>(text.data()), index};
        out[1].addressed = true;
        out[1].peer = other.local_endpoint().to_socket_address();
        out[4].bytes = {reinterpret_cast<std::byte*>(large.data()), large.size()};
        CHECK(send(one.state(), out.data(), 5) == 4);
        CHECK(send(one.state(), out.data() + 4, 1) == -1);
        CHECK(errno == EMSGSIZE);
        std::array<std::array<std::byte, 2>, 6> rooms{};
        std::array<calls::batch_entry, 6> in{};
        for (std::size_t index = 0; index < in.size(); ++index) in[index].bytes = {rooms[index].data(), 2};
        CHECK(recv(other.state(), in.data(), 2) == 2);
        CHECK(recv(other.state(), in.data() + 2, 4) == 2);
        const std::size_t sizes[] = {0, 1, 2, 2};
        for (std::size_t index = 0; index < 4; ++index) {
            CHECK(in[index].size == sizes[index]);
            CHECK(in[index].truncated == (index == 3));
            CHECK(in[index].peer == one.local_endpoint().to_socket_address());
        }
        CHECK(recv(other.state(), in.data(), 6) == -1);
        CHECK(errno == EAGAIN);
    }
}

TEST_CASE("an error that is found behind a datagram is kept for the next operation", "[linux]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto one = rill::udp_socket::bind({"127.0.0.1", 0}), other = rill::udp_socket::bind({"127.0.0.1", 0});
        one.connect(other.local_endpoint());
        other.connect(one.local_endpoint());
        co_await other.send("abc");
        other.close();
        co_await one.send("anyone?");  // the answer is an error, behind the datagram that is there already
        std::array<std::byte, 8> room{};
        std::array<calls::batch_entry, 2> in{};
        in[0].bytes = in[1].bytes = {room.data(), room.size()};
        const int first = calls::receive_one_by_one(one.state(), in.data(), 2);
        if (first == -1) CHECK(errno == ECONNREFUSED);  // Linux tells it first
        if (first == -1) co_return;
        CHECK(first == 1);
        const auto kept = co_await as_result(one.recv(room));
        CHECK(kept.error() == std::errc::connection_refused);
    });
}

TEST_CASE("an error that was kept is told once, and the socket goes on", "[linux]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto one = rill::udp_socket::bind({"127.0.0.1", 0}), other = rill::udp_socket::bind({"127.0.0.1", 0});
        std::array<char, 8> room{};
        std::array<rill::incoming_datagram, 1> entries{rill::incoming_datagram(room)};
        for (const bool many : {false, true}) {
            one.state().broken = {ECONNREFUSED, calls::error::domain::system};
            co_await other.sendto("abc", one.local_endpoint());
            std::error_code why;
            if (many) {
                const auto told = co_await as_result(one.recvfrom_many(entries));
                why = told.error();
            } else {
                const auto told = co_await as_result(one.recvfrom(room));
                why = told.error();
            }
            CHECK(why == std::errc::connection_refused);
            const auto next = co_await one.recvfrom(room);
            CHECK(next.size == 3);
        }
    });
}

TEST_CASE("an interrupted message is tried again", "[linux]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto one = rill::udp_socket::bind({"127.0.0.1", 0}), other = rill::udp_socket::bind({"127.0.0.1", 0});
        std::array<char, 8> room{};
        {
            const support::failing_transfers faults(EINTR, 3);
            co_await one.sendto("abc", other.local_endpoint());
            CHECK(faults.left() <= 0);
        }
        const support::failing_transfers faults(EINTR, 3);
        const auto got = co_await other.recvfrom(room);
        CHECK(faults.left() <= 0);
        CHECK(got.size == 3);
    });
}

TEST_CASE("a Unix socket without room is waited for, also where a system says so otherwise than by EAGAIN", "[linux]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        std::array<char, 8> room{};
        {  // the BSDs and macOS, of a datagram whose receiver is full
            auto [one, other] = rill::socket_pair<rill::unix_datagram_socket>();
            const support::failing_transfers faults(ENOBUFS, 2);
            co_await one.send("abc");
            CHECK(faults.left() <= 0);
            const auto got = co_await other.recv(room);
            CHECK(got == 3);
        }
        auto [one, other] = rill::socket_pair();  // NetBSD and macOS, of handles beside bytes of a stream
        const std::array<std::intptr_t, 1> out{other.native_handle()};
        native::fill_up(one);
        const auto sends = [&]() -> task<> {
            const support::failing_transfers faults(EMSGSIZE, 1);
            co_await one.send_with_handles(out, "abc");
            CHECK(faults.left() <= 0);
        };
        const auto makes_room = [&]() -> task<> {
            static_cast<void>(native::take_all(other));
            co_return;
        };
        co_await when_all(sends(), makes_room());
        std::array<rill::owned_handle, 1> in;
        const auto got = co_await other.recv_with_handles(in, room);
        CHECK(got.handles == 1);
    });
}

TEST_CASE("a datagram that finds no room waits, and epoll is asked only then to tell of room", "[linux]") {
    ON_EVERY_BACKEND(backend);
    if (backend.which != rill::backend::epoll) return;  // the others tell of room all the time, and here is always some
    backend.run([]() -> task<> {
        auto one = rill::udp_socket::bind({"127.0.0.1", 0}), other = rill::udp_socket::bind({"127.0.0.1", 0});
        std::array<char, 8> room{};
        const std::array<rill::outgoing_datagram, 1> several{rill::outgoing_datagram("abc", other.local_endpoint())};
        co_await one.sendto_many(several);
        for (int round = 0; round < 3; ++round) {
            {
                const support::failing_transfers faults(EAGAIN, 1);
                co_await one.sendto("abc", other.local_endpoint());
                CHECK(faults.left() == 0);
            }
            const auto got = co_await other.recvfrom(room);
            CHECK(got.size == 3);
        }
    });
}

TEST_CASE("after a batch that was not full, the next one gets what comes then, and what was told of the socket",
          "[linux]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto one = rill::udp_socket::bind({"127.0.0.1", 0});
        auto other = rill::udp_socket::bind({"127.0.0.1", 0});
        one.connect(other.local_endpoint());
        std::array<std::array<char, 8>, 3> rooms{};
        std::array<rill::incoming_datagram, 3> entries;
        for (std::size_t each = 0; each < 3; ++each) entries[each] = rill::incoming_datagram(rooms[each]);
        for (int round = 0; round < 3; ++round) {
            co_await other.sendto("abc", one.local_endpoint());
            const std::size_t count = co_await one.recvfrom_many(entries);
            CHECK(count == 1);
        }
        const auto late = [&]() -> task<> {
            co_await rill::yield();
            co_await other.sendto("abc", one.local_endpoint());
            co_await other.sendto("abc", one.local_endpoint());
        };
        const auto [count, sent] = co_await rill::when_all(one.recvfrom_many(entries), late());
        CHECK(count >= 1);
        if (count == 1) co_await one.recvfrom_many(entries);
        other.close();  // nobody is there any more: the network says so of what is sent
        co_await one.send("abc");
        const auto told = co_await as_result(one.recvfrom_many(entries));
        CHECK(told.error() == std::errc::connection_refused);
    });
}

TEST_CASE("what the network tells of a datagram does not end its socket", "[linux]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto one = rill::udp_socket::bind({"127.0.0.1", 0}), other = rill::udp_socket::bind({"127.0.0.1", 0});
        std::array<char, 8> room{};
        for (const int code : {EHOSTUNREACH, ENETUNREACH, ECONNRESET, ECONNREFUSED, ENETDOWN}) {
            INFO(code);
            {
                const support::failing_transfers faults(code, 1);
                const auto failed = co_await as_result(one.sendto("abc", other.local_endpoint()));
                CHECK(failed.error().value() == code);
            }
            co_await one.sendto("abc", other.local_endpoint());
            {
                const support::failing_transfers faults(code, 1);
                const auto failed = co_await as_result(other.recvfrom(room));
                CHECK(failed.error().value() == code);
            }
            const auto got = co_await other.recvfrom(room);
            CHECK(got.size == 3);
        }
    });
}

TEST_CASE("handles for which there is no descriptor are told as truncated, and none leaks", "[linux]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto [one, other] = rill::socket_pair();
        const std::array<std::intptr_t, 2> out{one.native_handle(), one.native_handle()};
        std::array<rill::owned_handle, 2> in;
        std::array<char, 8> bytes{};
        co_await one.send_with_handles(out, "abc");
        std::optional<support::few_descriptors> few(1);
        const auto got = co_await other.recv_with_handles(in, bytes);
        few.reset();
        CHECK(got.size == 3);
        CHECK(got.handles == 1);
        CHECK(got.truncated);
    });
}

TEST_CASE("handles of a header that was cut off are neither taken nor closed: the kernel has closed them", "[linux]") {
    const int good = ::dup(STDERR_FILENO);
    alignas(cmsghdr) std::array<char, CMSG_SPACE(4 * sizeof(int))> control{};
    msghdr came{};
    came.msg_control = control.data();
    came.msg_controllen = CMSG_LEN(2 * sizeof(int));
    cmsghdr* const header = CMSG_FIRSTHDR(&came);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(4 * sizeof(int));  // as the BSDs leave it
    for (std::size_t index = 0; index < 4; ++index)
        std::memcpy(CMSG_DATA(header) + index * sizeof good, &good, sizeof good);
    std::array<std::intptr_t, 1> room{};
    calls::message about;
    about.handles = room.data();
    calls::take_handles(came, about, room.size());
    CHECK(about.handle_count == 0);
    CHECK(::fcntl(good, F_GETFD) >= 0);
    came.msg_controllen = CMSG_LEN(4 * sizeof(int));
    header->cmsg_len = CMSG_LEN(sizeof(int));
    calls::take_handles(came, about, room.size());
    CHECK(about.handle_count == 1);
    CHECK(room[0] == good);
    ::close(good);
}

TEST_CASE("sockets that can't be opened for want of descriptors are an error, and nothing leaks", "[linux]") {
    ON_EVERY_BACKEND(backend);
    const auto code_of = [](auto make) -> std::error_code {
        try {
            make();
        } catch (const std::system_error& error) {
            return error.code();
        }
        return {};
    };
    const auto open_a_pair = [] { static_cast<void>(rill::socket_pair()); };
    const auto open_udp = [] { static_cast<void>(rill::udp_socket::open(rill::family::v4)); };
    const auto open_unix = [] { static_cast<void>(rill::unix_datagram_socket::open()); };
    REQUIRE((!code_of(open_a_pair) && !code_of(open_udp) && !code_of(open_unix)));
    std::error_code of_a_pair, of_udp, of_unix;
    {
        const support::few_descriptors few(1);
        of_a_pair = code_of(open_a_pair);
        const support::few_descriptors none(0);
        of_udp = code_of(open_udp);
        of_unix = code_of(open_unix);
    }
    CHECK(of_a_pair == std::errc::too_many_files_open);
    CHECK(of_udp == std::errc::too_many_files_open);
    CHECK(of_unix == std::errc::too_many_files_open);
}

TEST_CASE("a socket of another kind than streams and datagrams is refused by adopt", "[linux]") {
    ON_EVERY_BACKEND(backend);
    const int packets = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    REQUIRE(packets >= 0);
    CHECK_THROWS_AS(rill::unix_stream::adopt(packets), std::system_error);
    CHECK_THROWS_AS(rill::unix_datagram_socket::adopt(packets), std::system_error);
    CHECK(native::is_open(packets));
    ::close(packets);
}

TEST_CASE("a broken pipe of send_file leaves the thread's signal mask as it was, and no signal behind", "[linux]") {
    ON_EVERY_BACKEND(backend);
    sigset_t before, after, pending;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
    backend.run([]() -> task<> {
        auto [one, other] = rill::socket_pair();
        other.close();
        const auto broken = co_await as_result(rill::send_file(one, "/proc/self/exe"));
        CHECK(broken.error() == std::errc::broken_pipe);
    });
    ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
    ::sigpending(&pending);
    CHECK(::sigismember(&after, SIGPIPE) == ::sigismember(&before, SIGPIPE));
    CHECK(::sigismember(&pending, SIGPIPE) == 0);
}

TEST_CASE("a peer that had closed and resets in the middle of a piece of send_file does not end the process",
          "[linux]") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        auto [server, client] =
            co_await rill::when_all(listener.accept(), rill::tcp_stream::connect(listener.local_endpoint()));
        client.close();
        std::array<char, 1> end;
        const std::size_t size = co_await server.recv(end);  // its end has come
        CHECK(size == 0);
        const auto broken = co_await as_result(rill::send_file(server, "/proc/self/exe"));
        const bool told = broken.error() == std::errc::broken_pipe || broken.error() == std::errc::connection_reset;
        CHECK(told);
    });
    sigset_t pending;
    ::sigpending(&pending);
    CHECK(::sigismember(&pending, SIGPIPE) == 0);
}

#endif
