// SPDX-License-Identifier: MIT
// The clauses of backend/contract.hpp, each under its number, on every backend that runs here. Knows no platform.

#include <rill/core/sleep.hpp>
#include <rill/core/task_group.hpp>
#include <rill/core/with_stop.hpp>
#include <rill/net/owned_handle.hpp>
#include <rill/net/tcp_listener.hpp>
#include <rill/net/tcp_stream.hpp>
#include <rill/net/udp_socket.hpp>
#include <rill/net/unix_datagram_socket.hpp>
#include <rill/net/unix_listener.hpp>
#include <rill/net/unix_stream.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/direct_operation.hpp"
#include "support/every_backend.hpp"
#include "support/foreign_task.hpp"
#include "support/native_socket.hpp"
#include "support/scratch_folder.hpp"
#include "support/tcp_pair.hpp"
#include "support/unix_sockets.hpp"

namespace {

namespace backend = rill::backend;
using namespace std::chrono_literals;
using backend::progress;
using backend::release_answer;
using backend::verb;
using clock = std::chrono::steady_clock;
using phase = backend::socket_state::phase;
using support::direct_operation;
using support::drive;
using support::settle;

/// A connection whose ends are attached to a context.
support::connection connected_on(rill::io_context& context) {
    auto pair = support::run_on(context, [] { return support::connected(); });
    REQUIRE_FALSE(context.reactor().attach(pair.server.state(), &context));
    return pair;
}

/// A text in which each place is known.
std::string remembered_text(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t index = 0; index < size; ++index) text[index] = static_cast<char>('a' + index % 26);
    return text;
}

/// Two UDP sockets that are attached to a context, and connected to each other.
struct datagram_pair {
    rill::udp_socket one = rill::udp_socket::bind({"127.0.0.1", 0}), other = rill::udp_socket::bind({"127.0.0.1", 0});

    explicit datagram_pair(rill::io_context& context) {
        one.connect(other.local_endpoint());
        other.connect(one.local_endpoint());
        REQUIRE_FALSE(context.reactor().attach(one.state(), &context));
        REQUIRE_FALSE(context.reactor().attach(other.state(), &context));
    }
};

/// Starts an operation and waits for its end.
void finish(rill::io_context& context, direct_operation& each) {
    if (each.start() == progress::parked) drive(context, [&] { return each.completions() != 0; });
}

/// How long a wait takes.
clock::duration time_of_wait(backend::reactor& reactor, std::chrono::nanoseconds limit) {
    const auto before = clock::now();
    reactor.wait(limit.count());
    return clock::now() - before;
}

/// A reactor without a loop around it.
std::unique_ptr<backend::reactor> bare(const support::backend_under_test& each) {
    std::unique_ptr<backend::reactor> made(backend::make_reactor(each.which));
    made->wait(0);  // whatever its making has caused
    return made;
}

rill::io_context* woken_by_signal = nullptr;
extern "C" void wake_from_handler(int) { woken_by_signal->wake(); }

}  // namespace

// ---- 1: threads ----

TEST_CASE("clause 1: a wake from another thread ends a wait that has no limit", "[contract]") {
    ON_EVERY_BACKEND(backend);
    const auto reactor = bare(backend);
    std::thread waker([&] { reactor->wake(); });
    reactor->wait(-1);
    waker.join();
}

TEST_CASE("clause 1: a wake that comes before the wait ends it", "[contract]") {
    ON_EVERY_BACKEND(backend);
    const auto reactor = bare(backend);
    reactor->wake();
    CHECK(time_of_wait(*reactor, 30s) < 20s);
}

TEST_CASE("clause 1: a wake from a signal handler ends a wait that has no limit", "[contract]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context context(backend.which);
    woken_by_signal = &context;
    const auto before = std::signal(SIGTERM, wake_from_handler);
    std::raise(SIGTERM);
    context.reactor().wait(-1);
    std::signal(SIGTERM, before);
}

TEST_CASE("clause 1: wakes from four threads at once are never lost", "[contract]") {
    ON_EVERY_BACKEND(backend);
    const auto reactor = bare(backend);
    constexpr int rounds = 500;
    for (int round = 0; round < rounds; ++round) {
        std::vector<std::thread> wakers;
        for (int each = 0; each < 4; ++each) wakers.emplace_back([&] { reactor->wake(); });
        reactor->wait(-1);  // at least one has come
        for (std::thread& each : wakers) each.join();
        reactor->wait(0);  // the others may have come since
    }
}

// ---- 2: attaching ----

TEST_CASE("clause 2: a socket that is attached knows its home until it is detached", "[contract]") {
    ON_EVERY_BACKEND(backend);
    const auto reactor = bare(backend);
    auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
    backend::socket_state& state = listener.state();
    CHECK(state.now == phase::unattached);
    CHECK(state.home == &backend::no_context);
    int home = 0;
    REQUIRE_FALSE(reactor->attach(state, &home));
    CHECK(state.now == phase::attached);
    CHECK(state.home == &home);
    if (const backend::error failed = reactor->detach(&state, backend::detach_how::keep)) {
        WARN("a socket stays with its first reactor here: " << rill::to_error_code(failed).message());
        CHECK(rill::to_error_code(failed) == std::errc::not_supported);
        CHECK(state.now == phase::attached);
        CHECK(state.home == &home);
        return;
    }
    CHECK(state.now == phase::unattached);
    CHECK(state.home == &backend::no_context);
}

TEST_CASE("clause 2: a socket that was detached can be attached again, here and to another reactor", "[contract]") {
    ON_EVERY_BACKEND(backend);
    const auto one = bare(backend), two = bare(backend);
    auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
    int home = 0;
    for (backend::reactor* each : {one.get(), one.get(), two.get(), one.get()}) {
        if (const backend::error failed = each->attach(listener.state(), &home)) {
            CHECK(rill::to_error_code(failed) == std::errc::not_supported);
            WARN("skipped: a socket stays with its first reactor here, and that is said by an error: "
                 << rill::to_error_code(failed).message());
            return;
        }
        if (each->detach(&listener.state(), backend::detach_how::keep)) {
            WARN("skipped: a socket stays with its first reactor here, and that is said by an error");
            return;
        }
    }
}

// ---- 3: starting ----

TEST_CASE("clause 3: an operation that can succeed at once has finished when start returns", "[contract]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context context(backend.which);
    auto pair = connected_on(context);
    std::string out = "abc", in(8, '\0');
    direct_operation send(context, pair.client, verb::send);
    REQUIRE(send.with(out).start() == progress::finished);
    CHECK(send.done());
    CHECK(send.size() == 3);
    CHECK_FALSE(send.error());
    settle(context);
    direct_operation recv(context, pair.server, verb::recv);
    if (recv.with(in).start() == progress::parked) drive(context, [&] { return recv.done(); });
    CHECK(recv.size() == 3);
    CHECK(send.completions() == 0);  // it was never parked, so nobody is told
}

TEST_CASE("clause 3: an operation that must wait is completed once, from within a wait", "[contract]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context context(backend.which);
    auto pair = connected_on(context);
    std::string in(8, '\0'), out = "abc";
    direct_operation recv(context, pair.server, verb::recv);
    REQUIRE(recv.with(in).start() == progress::parked);
    CHECK(recv.parked());
    settle(context);
    CHECK(recv.completions() == 0);
    support::native::send_text(pair.client, out);
    drive(context, [&] { return recv.completions() != 0; });
    CHECK(recv.done());
    CHECK(recv.size() == 3);
    support::native::send_text(pair.client, "more");
    pair.client.close();
    settle(context);
    CHECK(recv.completions() == 1);
    CHECK(in.substr(0, 3) == "abc");
    CHECK(in[3] == '\0');
}

TEST_CASE("clause 3: every verb that must wait is parked and completed", "[contract]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context context(backend.which);
    auto pair = connected_on(context);
    std::string in(6, '\0');

    SECTION("recv_all") {
        direct_operation each(context, pair.server, verb::recv_all);
        REQUIRE(each.with(in).start() == progress::parked);
        support::native::send_text(pair.client, "abc");
        settle(context);
        CHECK(each.completions() == 0);
        support::native::send_text(pair.client, "defghi");
        drive(context, [&] { return each.completions() != 0; });
        CHECK(each.size() == 6);
        CHECK(in == "abcdef");
    }
    SECTION("recv_all that meets the end of the stream in the middle, and then before the first byte") {
        direct_operation each(context, pair.server, verb::recv_all), next(context, pair.server, verb::recv_all);
        REQUIRE(each.with(in).start() == progress::parked);
        support::native::send_text(pair.client, "abc");
        pair.client.close();
        drive(context, [&] { return each.completions() != 0; });
        CHECK(each.error() == rill::errc::end_of_stream);
        if (next.with(in).start() == progress::parked) drive(context, [&] { return next.completions() != 0; });
        CHECK_FALSE(next.error());
        CHECK(next.size() == 0);
    }
    SECTION("readable") {
        direct_operation each(context, pair.server, verb::readable);
        REQUIRE(each.start() == progress::parked);
        settle(context);
        CHECK(each.completions() == 0);
        support::native::send_text(pair.client, "abc");
        drive(context, [&] { return each.completions() != 0; });
        CHECK_FALSE(each.error());
        CHECK(support::native::take_all(pair.server) == "abc");
    }
    SECTION("recv_lent") {
        direct_operation each(context, pair.server, verb::recv_lent);
        REQUIRE(each.start() == progress::parked);
        CHECK(each.memory() == nullptr);
        support::native::send_text(pair.client, "abc");
        drive(context, [&] { return each.completions() != 0; });
        REQUIRE(each.memory() != nullptr);
        CHECK(std::string(reinterpret_cast<const char*>(each.memory()), each.size()) == "abc");
        context.reactor().give_back(each.memory());
    }
    SECTION("send") {
        const std::size_t before = support::native::fill_up(pair.client);
        std::string out = remembered_text(support::native::more_than_fits);
        direct_operation each(context, pair.client, verb::send);
        if (each.with(out).start() == progress::finished) {
            WARN("skipped: a send does not wait for room here");
            return;
        }
        settle(context);
        CHECK(each.completions() == 0);
        std::size_t taken = 0;
        drive(context, [&] {
            taken += support::native::take_all(pair.server).size();
            return each.completions() != 0;
        });
        CHECK(each.size() > 0);
        while (taken < before + each.size()) taken += support::native::take_all(pair.server).size();
        CHECK(taken == before + each.size());
    }
    SECTION("send_all") {
        const std::size_t before = support::native::fill_up(pair.client);
        std::string out = remembered_text(support::native::more_than_fits), taken;
        direct_operation each(context, pair.client, verb::send_all);
        REQUIRE(each.with(out).start() == progress::parked);
        drive(context, [&] {
            taken += support::native::take_all(pair.server);
            return each.completions() != 0;
        });
        CHECK_FALSE(each.error());
        while (taken.size() < before + out.size()) taken += support::native::take_all(pair.server);
        CHECK(taken.substr(before) == out);
    }
    SECTION("accept") {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        REQUIRE_FALSE(context.reactor().attach(listener.state(), &context));
        direct_operation each(context, listener, verb::accept);
        REQUIRE(each.start() == progress::parked);
        settle(context);
        CHECK(each.completions() == 0);
        auto client = support::run_on(context, [&] { return rill::tcp_stream::connect(listener.local_endpoint()); });
        drive(context, [&] { return each.completions() != 0; });
        REQUIRE(each.accepted() != nullptr);
        const rill::tcp_stream server(each.accepted());
        CHECK(server.remote_endpoint() == client.local_endpoint());
        CHECK_FALSE(support::native::waits(server.native_handle()));
    }
}

TEST_CASE("clause 3: every verb of datagrams that must wait is parked and completed", "[contract]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context context(backend.which);
    datagram_pair pair(context);
    std::string in(8, '\0'), out = "abc";

    SECTION("recv_message") {
        direct_operation each(context, pair.other, verb::recv_message), send(context, pair.one, verb::send_message);
        REQUIRE(each.with(in).start() == progress::parked);
        settle(context);
        CHECK(each.completions() == 0);
        finish(context, send.with(out));
        CHECK(send.size() == 3);
        drive(context, [&] { return each.completions() != 0; });
        CHECK(each.size() == 3);
        CHECK(each.about.peer == pair.one.local_endpoint().to_socket_address());
        CHECK_FALSE(each.about.truncated);
    }
    SECTION("recv_messages") {
        std::vector<backend::batch_entry> entries(2);
        entries[0].bytes = entries[1].bytes = {reinterpret_cast<std::byte*>(in.data()), 2};
        direct_operation each(context, pair.other, verb::recv_messages), send(context, pair.one, verb::send_message);
        REQUIRE(each.with(entries).start() == progress::parked);
        finish(context, send.with(out));
        drive(context, [&] { return each.completions() != 0; });
        CHECK(each.size() == 1);
        CHECK(entries[0].size == 2);
        CHECK(entries[0].truncated);
        CHECK(entries[0].peer == pair.one.local_endpoint().to_socket_address());
    }
    SECTION("send_messages") {
        std::vector<backend::batch_entry> entries(3);
        for (backend::batch_entry& each : entries) each.bytes = {reinterpret_cast<std::byte*>(out.data()), 3};
        for (std::size_t sent = 0; sent < entries.size();) {
            std::vector<backend::batch_entry> rest(entries.begin() + static_cast<std::ptrdiff_t>(sent), entries.end());
            direct_operation each(context, pair.one, verb::send_messages);
            finish(context, each.with(rest));
            REQUIRE(each.size() >= 1);
            sent += each.size();
        }
        for (int count = 0; count < 3; ++count) {
            direct_operation recv(context, pair.other, verb::recv_message);
            finish(context, recv.with(in));
            CHECK(recv.size() == 3);
        }
    }
    SECTION("readable, also of an empty datagram") {
        direct_operation each(context, pair.other, verb::readable), send(context, pair.one, verb::send_message);
        REQUIRE(each.start() == progress::parked);
        finish(context, send);
        drive(context, [&] { return each.completions() != 0; });
        CHECK_FALSE(each.error());
        direct_operation recv(context, pair.other, verb::recv_message);
        finish(context, recv.with(in));
        CHECK_FALSE(recv.error());
        CHECK(recv.size() == 0);
    }
}

TEST_CASE("clause 3: send_file that must wait is parked, and completed with at least one byte", "[contract]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context context(backend.which);
    auto pair = connected_on(context);
    const support::scratch_folder folder;
    std::ofstream(folder / "f") << "abcdef";
    std::intptr_t file = -1;
    REQUIRE_FALSE(backend::open_file((folder / "f").c_str(), backend::file_access::read, file));
    const rill::owned_handle owner(file);
    direct_operation part(context, pair.client, verb::send_file), end(context, pair.client, verb::send_file);
    finish(context, part.with_file(file, 2, 3));
    CHECK(part.size() >= 1);
    CHECK(part.size() <= 3);
    finish(context, end.with_file(file, 6, 3));
    CHECK_FALSE(end.error());
    CHECK(end.size() == 0);  // the end of the file
    settle(context);
    CHECK(support::native::take_all(pair.server) == std::string("cde").substr(0, part.size()));
    support::native::fill_up(pair.client);
    direct_operation waits(context, pair.client, verb::send_file);
    if (waits.with_file(file, 0, 6).start() == progress::finished) {
        WARN("skipped: a send does not wait for room here");
        return;
    }
    settle(context);
    CHECK(waits.completions() == 0);
    drive(context, [&] {
        support::native::take_all(pair.server);
        return waits.completions() != 0;
    });
    CHECK(waits.size() >= 1);
}

TEST_CASE("clause 3: closing waits until its listener is closed, whatever else happens to that", "[contract]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context context(backend.which);
    auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
    REQUIRE_FALSE(context.reactor().attach(listener.state(), &context));
    direct_operation closing(context, listener, verb::closing), accept(context, listener, verb::accept);
    REQUIRE(closing.start() == progress::parked);
    REQUIRE(accept.start() == progress::parked);
    auto client = support::run_on(context, [&] { return rill::tcp_stream::connect(listener.local_endpoint()); });
    drive(context, [&] { return accept.completions() != 0; });
    const rill::tcp_stream server(accept.accepted());
    CHECK(closing.completions() == 0);
    CHECK(closing.take_back() == release_answer::let_go);
    direct_operation again(context, listener, verb::closing);
    REQUIRE(again.start() == progress::parked);
    listener.close();
    drive(context, [&] { return again.completions() != 0; });
    CHECK(again.error() == std::errc::operation_canceled);
    CHECK(closing.completions() == 0);
}

// ---- 4: one a direction ----

TEST_CASE("clause 4: a second reader finishes with operation_in_progress and leaves the first alone", "[contract]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context context(backend.which);
    auto pair = connected_on(context);
    std::string in(8, '\0'), other(8, '\0');
    direct_operation first(context, pair.server, verb::recv);
    REQUIRE(first.with(in).start() == progress::parked);
    for (const verb each : {verb::recv, verb::recv_all, verb::readable}) {
        INFO("verb " << static_cast<int>(each));
        direct_operation second(context, pair.server, each);
        REQUIRE(second.with(other).start() == progress::finished);
        CHECK(second.error() == std::errc::operation_in_progress);
        CHECK(second.done());
    }
    direct_operation lent(context, pair.server, verb::recv_lent);
    REQUIRE(lent.start() == progress::finished);
    CHECK(lent.error() == std::errc::operation_in_progress);
    CHECK(lent.memory() == nullptr);
    support::native::send_text(pair.client, "abc");
    drive(context, [&] { return first.completions() != 0; });
    CHECK(first.size() == 3);
    CHECK(other == std::string(8, '\0'));
}

TEST_CASE("clause 4: a second writer finishes with operation_in_progress and leaves the first alone", "[contract]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context context(backend.which);
    auto pair = connected_on(context);
    const std::size_t before = support::native::fill_up(pair.client);
    std::string out = remembered_text(support::native::more_than_fits), intruder = "INTRUDER", taken;
    direct_operation first(context, pair.client, verb::send_all);
    REQUIRE(first.with(out).start() == progress::parked);
    for (const verb each : {verb::send, verb::send_all}) {
        direct_operation second(context, pair.client, each);
        REQUIRE(second.with(intruder).start() == progress::finished);
        CHECK(second.error() == std::errc::operation_in_progress);
    }
    drive(context, [&] {
        taken += support::native::take_all(pair.server);
        return first.completions() != 0;
    });
    while (taken.size() < before + out.size()) taken += support::native::take_all(pair.server);
    CHECK(taken.substr(before) == out);
}

TEST_CASE("clause 4: a second accept finishes with operation_in_progress and leaves the first alone", "[contract]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context context(backend.which);
    auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
    REQUIRE_FALSE(context.reactor().attach(listener.state(), &context));
    direct_operation first(context, listener, verb::accept), second(context, listener, verb::accept);
    REQUIRE(first.start() == progress::parked);
    REQUIRE(second.start() == progress::finished);
    CHECK(second.error() == std::errc::operation_in_progress);
    CHECK(second.accepted() == nullptr);
    auto client = support::run_on(context, [&] { return rill::tcp_stream::connect(listener.local_endpoint()); });
    drive(context, [&] { return first.completions() != 0; });
    REQUIRE(first.accepted() != nullptr);
    const rill::tcp_stream server(first.accepted());
}

TEST_CASE("clause 4: a reader and a writer wait on one socket at the same time", "[contract]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context context(backend.which);
    auto pair = connected_on(context);
    support::native::fill_up(pair.client);
    std::string out = remembered_text(support::native::more_than_fits), in(8, '\0');
    direct_operation writer(context, pair.client, verb::send_all), reader(context, pair.client, verb::recv);
    REQUIRE(writer.with(out).start() == progress::parked);
    REQUIRE(reader.with(in).start() == progress::parked);
    support::native::send_text(pair.server, "abc");
    drive(context, [&] { return reader.completions() != 0; });
    CHECK(reader.size() == 3);
    CHECK(writer.completions() == 0);
    drive(context, [&] {
        support::native::take_all(pair.server);
        return writer.completions() != 0;
    });
    CHECK_FALSE(writer.error());
    CHECK(reader.completions() == 1);
}

TEST_CASE("clause 4: a second operation of a direction of a datagram socket is refused", "[contract]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context context(backend.which);
    datagram_pair pair(context);
    std::string in(8, '\0'), other(8, '\0'), out = "abc";
    std::vector<backend::batch_entry> entries(1);
    direct_operation first(context, pair.other, verb::recv_message), second(context, pair.other, verb::recv_message),
        many(context, pair.other, verb::recv_messages), send(context, pair.one, verb::send_message);
    REQUIRE(first.with(in).start() == progress::parked);
    REQUIRE(second.with(other).start() == progress::finished);
    CHECK(second.error() == std::errc::operation_in_progress);
    REQUIRE(many.with(entries).start() == progress::finished);
    CHECK(many.error() == std::errc::operation_in_progress);
    finish(context, send.with(out));
    drive(context, [&] { return first.completions() != 0; });
    CHECK(first.size() == 3);
}

// ---- 5 and 6: cancelling ----

TEST_CASE("clause 5: a recv that is cancelled took nothing, and nobody writes to its buffer any more", "[contract]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context context(backend.which);
    auto pair = connected_on(context);
    const std::string untouched(8, '#');
    std::string buffer = untouched, later(8, '\0');
    direct_operation each(context, pair.server, verb::recv);
    REQUIRE(each.with(buffer).start() == progress::parked);
    if (each.take_back() == release_answer::leaving) {
        drive(context, [&] { return each.completions() != 0; });
        CHECK(each.error() == std::errc::operation_canceled);
    }
    support::native::send_text(pair.client, "abc");
    settle(context);
    CHECK(buffer == untouched);
    direct_operation next(context, pair.server, verb::recv);
    if (next.with(later).start() == progress::parked) drive(context, [&] { return next.completions() != 0; });
    CHECK(later.substr(0, next.size()) == "abc");
}

TEST_CASE("clause 5: each verb can be cancelled while it is parked, and started again", "[contract]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context context(backend.which);
    auto pair = connected_on(context);
    support::native::fill_up(pair.client);
    std::string buffer(support::native::more_than_fits, 'x');
    for (int round = 0; round < 3; ++round) {
        for (const verb which : {verb::recv, verb::recv_all, verb::readable, verb::send, verb::send_all}) {
            INFO("verb " << static_cast<int>(which));
            direct_operation each(context, pair.client, which);
            if (each.with(buffer).start() == progress::finished) continue;  // where a send never waits
            if (each.take_back() == release_answer::leaving) drive(context, [&] { return each.completions() != 0; });
            settle(context);
            CHECK(each.completions() <= 1);
        }
        direct_operation lent(context, pair.client, verb::recv_lent);
        REQUIRE(lent.start() == progress::parked);
        if (lent.take_back() == release_answer::leaving) drive(context, [&] { return lent.completions() != 0; });
        CHECK(lent.memory() == nullptr);
    }
    auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
    REQUIRE_FALSE(context.reactor().attach(listener.state(), &context));
    for (int round = 0; round < 3; ++round) {
        direct_operation accept(context, listener, verb::accept);
        REQUIRE(accept.start() == progress::parked);
        if (accept.take_back() == release_answer::leaving) drive(context, [&] { return accept.completions() != 0; });
        CHECK(accept.accepted() == nullptr);
    }
}

TEST_CASE("clause 5: a connection that comes after a cancelled accept is there for the next one", "[contract]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context context(backend.which);
    auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
    REQUIRE_FALSE(context.reactor().attach(listener.state(), &context));
    direct_operation cancelled(context, listener, verb::accept), next(context, listener, verb::accept);
    REQUIRE(cancelled.start() == progress::parked);
    if (cancelled.take_back() == release_answer::leaving) drive(context, [&] { return cancelled.completions() != 0; });
    auto client = support::run_on(context, [&] { return rill::tcp_stream::connect(listener.local_endpoint()); });
    settle(context);
    REQUIRE(cancelled.accepted() == nullptr);
    if (next.start() == progress::parked) drive(context, [&] { return next.completions() != 0; });
    REQUIRE(next.accepted() != nullptr);
    const rill::tcp_stream server(next.accepted());
    CHECK(server.remote_endpoint() == client.local_endpoint());
}

TEST_CASE("clause 6: a stop that comes when the bytes were taken, and before the reader goes on, loses", "[contract]") {
    ON_EVERY_BACKEND(backend);
    backend.run([&]() -> rill::task<> {
        // Room and bytes come in one event; the writer goes on first, and stops the reader, which has its bytes by then.
        auto pair = co_await support::connected();
        const std::size_t before = support::native::fill_up(pair.client);
        rill::stop_source stop;
        std::string out = remembered_text(support::native::more_than_fits), in(8, '\0');
        std::optional<std::size_t> got;
        bool reader_ended = false;
        auto reader = [&]() -> rill::task<> {
            got = co_await rill::with_stop(stop.get_token(), pair.client.recv(in));
            reader_ended = true;
        };
        auto writer = [&]() -> rill::task<> {
            co_await pair.client.send_all(out);
            stop.request_stop();
        };
        auto peer = [&]() -> rill::task<> {
            support::native::send_text(pair.server, "abc");
            std::size_t taken = 0;
            while (taken < before + out.size()) {
                taken += support::native::take_all(pair.server).size();
                co_await rill::yield();
            }
        };
        co_await rill::when_all(reader(), writer(), peer());
        CHECK(reader_ended);
        if (!got) got = co_await pair.client.recv(in);  // the stop came first: then nothing was taken
        CHECK(got == std::size_t{3});
        CHECK(in.substr(0, 3) == "abc");
    });
}

TEST_CASE("clause 5: a receiver of datagrams that is cancelled took nothing, and its memory is let go", "[contract]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context context(backend.which);
    datagram_pair pair(context);
    std::string in(8, '#'), later(8, '\0'), out = "abc";
    std::vector<backend::batch_entry> entries(1);
    entries[0].bytes = {reinterpret_cast<std::byte*>(in.data()), in.size()};
    for (int round = 0; round < 3; ++round) {
        direct_operation each(context, pair.other, verb::recv_message), many(context, pair.other, verb::recv_messages);
        REQUIRE(each.with(in).start() == progress::parked);
        if (each.take_back() == release_answer::leaving) {
            drive(context, [&] { return each.completions() != 0; });
            CHECK(each.error() == std::errc::operation_canceled);
        }
        REQUIRE(many.with(entries).start() == progress::parked);
        if (many.take_back() == release_answer::leaving) drive(context, [&] { return many.completions() != 0; });
        direct_operation send(context, pair.one, verb::send_message), next(context, pair.other, verb::recv_message);
        finish(context, send.with(out));
        finish(context, next.with(later));
        CHECK(next.size() == 3);
        CHECK(later.substr(0, 3) == "abc");
        CHECK(in == std::string(8, '#'));
    }
}

// ---- 7: detaching ----

TEST_CASE("clause 7: closing completes a parked reader and a parked writer with operation_canceled", "[contract]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context context(backend.which);
    auto pair = connected_on(context);
    support::native::fill_up(pair.client);
    std::string out = remembered_text(support::native::more_than_fits), in(8, '#');
    direct_operation writer(context, pair.client, verb::send_all), reader(context, pair.client, verb::recv);
    REQUIRE(writer.with(out).start() == progress::parked);
    REQUIRE(reader.with(in).start() == progress::parked);
    pair.client.close();
    drive(context, [&] { return reader.completions() != 0 && writer.completions() != 0; });
    CHECK(reader.error() == std::errc::operation_canceled);
    CHECK(writer.error() == std::errc::operation_canceled);
    settle(context);
    CHECK(reader.completions() == 1);
    CHECK(writer.completions() == 1);
    CHECK(in == std::string(8, '#'));
}

TEST_CASE("clause 7: closing completes a parked accept with operation_canceled", "[contract]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context context(backend.which);
    auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
    REQUIRE_FALSE(context.reactor().attach(listener.state(), &context));
    direct_operation accept(context, listener, verb::accept);
    REQUIRE(accept.start() == progress::parked);
    listener.close();
    drive(context, [&] { return accept.completions() != 0; });
    CHECK(accept.error() == std::errc::operation_canceled);
    CHECK(accept.accepted() == nullptr);
}

TEST_CASE("clause 7: a socket that was detached and kept is as it was, and works elsewhere", "[contract]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context context(backend.which);
    auto pair = connected_on(context);
    support::native::send_text(pair.client, "abc");
    const std::intptr_t handle = pair.server.native_handle();
    if (context.reactor().detach(&pair.server.state(), backend::detach_how::keep)) {
        WARN("skipped: a socket stays with its first reactor here, and that is said by an error");
        return;
    }
    CHECK(support::native::is_open(handle));
    settle(context);  // nothing is told of it any more
    std::string in(8, '\0');
    const std::size_t size = backend.run([&]() -> rill::task<std::size_t> {
        const rill::result<std::size_t> got = co_await rill::as_result(pair.server.recv(in));
        if (got.error()) WARN("a socket stays with its first reactor here: " << got.error().message());
        co_return got ? *got : 3;
    });
    CHECK(size == 3);
}

// ---- 8: afterwards ----

TEST_CASE("clause 8: whoever is resumed by an event may close the socket that the event is of", "[contract]") {
    ON_EVERY_BACKEND(backend);
    backend.run([&]() -> rill::task<> {
        auto pair = co_await support::connected();
        support::native::fill_up(pair.client);
        auto reader = [&]() -> rill::task<> {
            std::string in(8, '\0');
            co_await pair.client.recv(in);
            pair.client.close();
        };
        auto writer = [&]() -> rill::task<> {
            const std::string out(support::native::more_than_fits, 'x');
            const auto ended = co_await rill::as_result(pair.client.send_all(out));
            CHECK(ended.error() == std::errc::operation_canceled);
        };
        auto peer = [&]() -> rill::task<> { co_await pair.server.send_all("abc"); };
        co_await rill::when_all(reader(), writer(), peer());
    });
}

TEST_CASE("clause 8: both ends of one batch of events may be closed by the first who is resumed", "[contract]") {
    ON_EVERY_BACKEND(backend);
    backend.run([&]() -> rill::task<> {
        auto one = co_await support::connected();
        auto two = co_await support::connected();
        int closed = 0, got_bytes = 0;
        auto reader = [&](rill::tcp_stream& mine, rill::tcp_stream& other) -> rill::task<> {
            std::array<char, 8> in;
            const auto ended = co_await rill::as_result(mine.recv(in));
            if (ended) {
                ++got_bytes;
            } else {
                CHECK(ended.error() == std::errc::operation_canceled);
                ++closed;
            }
            other.close();
        };
        auto peer = [&]() -> rill::task<> {
            support::native::send_text(one.client, "a");
            support::native::send_text(two.client, "b");
            co_return;
        };
        co_await rill::when_all(reader(one.server, two.server), reader(two.server, one.server), peer());
        CHECK(got_bytes >= 1);
        CHECK(closed + got_bytes == 2);
    });
}

TEST_CASE("clause 8: sockets that are still attached when a reactor ends are unattached and open", "[contract]") {
    ON_EVERY_BACKEND(backend);
    std::optional<rill::io_context> context(backend.which);
    auto pair = connected_on(*context);
    CHECK(pair.client.state().now == phase::attached);
    context.reset();
    for (const rill::tcp_stream* each : {&pair.client, &pair.server}) {
        CHECK(each->state().now == phase::unattached);
        CHECK(each->state().home == &backend::no_context);
        CHECK(support::native::is_open(each->native_handle()));
    }
    CHECK(pair.client.remote_endpoint() == pair.server.local_endpoint());
}

TEST_CASE("clause 8: whoever is resumed may destroy a coroutine whose event is in the same batch", "[contract]") {
    ON_EVERY_BACKEND(backend);
    for (const bool other_first : {false, true}) {
        backend.run([&]() -> rill::task<> {
            auto one = co_await support::connected();
            auto two = co_await support::connected();
            std::array<char, 8> in, other_in;
            std::optional<support::foreign_eager> other;
            const auto waits = [&]() -> support::foreign_eager { co_await two.server.recv(other_in); };
            const auto reader = [&]() -> rill::task<> {
                co_await one.server.recv(in);
                other.reset();  // which waits for the kernel, if that still has its buffer
            };
            const auto peer = [&]() -> rill::task<> {
                support::native::send_text(other_first ? two.client : one.client, "a");
                support::native::send_text(other_first ? one.client : two.client, "b");
                co_return;
            };
            rill::this_context().post([&] { other.emplace(waits()); });
            co_await rill::yield();
            co_await rill::yield();
            co_await rill::when_all(reader(), peer());
            CHECK_FALSE(other);
        });
    }
}

// ---- 9: events of sockets that are gone ----

TEST_CASE("clause 9: an event of a socket that was closed in the same batch is not told to the next in its place",
          "[contract]") {
    ON_EVERY_BACKEND(backend);
    backend.run([&]() -> rill::task<> {
        auto one = co_await support::connected();
        auto two = co_await support::connected();
        auto kept = co_await support::connected();
        // The newcomer: connected, and of no context yet, so it takes the place that comes free.
        auto newcomer = rill::tcp_stream::adopt(kept.server.release());
        bool told = false;
        auto watch_newcomer = [&]() -> rill::task<> {
            co_await newcomer.readable();
            told = true;
        };
        co_await rill::with_task_group([&](rill::task_group& group) -> rill::task<> {
            auto reader = [&](rill::tcp_stream& mine, rill::tcp_stream& other) -> rill::task<> {
                const auto ended = co_await rill::as_result(mine.readable());
                if (!ended) co_return;
                other.close();  // its event is in the same batch
                group.spawn(watch_newcomer());
                co_await rill::yield();
            };
            auto both = rill::when_all(reader(one.server, two.server), reader(two.server, one.server));
            support::native::send_text(one.client, "a");
            support::native::send_text(two.client, "b");
            co_await std::move(both);
            for (int turn = 0; turn < 10; ++turn) co_await rill::yield();
            CHECK_FALSE(told);
            group.stop();
        });
        support::native::send_text(kept.client, "c");
        co_await newcomer.readable();
        const std::string text = co_await support::text_of(newcomer, 1);
        CHECK(text == "c");
    });
}

// ---- 10: waiting ----

TEST_CASE("clause 10: a wait without a cause lasts at least until its limit", "[contract]") {
    ON_EVERY_BACKEND(backend);
    const auto reactor = bare(backend);
    for (const std::chrono::nanoseconds limit : {1ns, 1'000ns, 1'000'000ns, 1'500'000ns, 20'000'000ns}) {
        INFO("limit " << limit.count() << " ns");
        CHECK(time_of_wait(*reactor, limit) >= limit);
    }
}

TEST_CASE("clause 10: a wait with the limit zero returns at once", "[contract]") {
    ON_EVERY_BACKEND(backend);
    const auto reactor = bare(backend);
    const auto before = clock::now();
    for (int round = 0; round < 100; ++round) reactor->wait(0);
    CHECK(clock::now() - before < 10s);
}

TEST_CASE("clause 10: a wake ends one wait and not the next", "[contract]") {
    ON_EVERY_BACKEND(backend);
    const auto reactor = bare(backend);
    for (int round = 0; round < 10; ++round) reactor->wake();
    CHECK(time_of_wait(*reactor, 30s) < 20s);
    reactor->wait(0);  // what is left of them, where they are counted one by one
    CHECK(time_of_wait(*reactor, 20ms) >= 20ms);
}

TEST_CASE("clause 10: an event ends a wait that has no limit", "[contract]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context context(backend.which);
    auto pair = connected_on(context);
    settle(context);
    std::string in(8, '\0');
    direct_operation recv(context, pair.server, verb::recv);
    REQUIRE(recv.with(in).start() == progress::parked);
    std::thread sender([&] { support::native::send_text(pair.client, "abc"); });
    while (recv.completions() == 0) context.reactor().wait(-1);
    sender.join();
    CHECK(recv.size() == 3);
}

TEST_CASE("clause 10: more sockets have news than fit into one batch, and all are told", "[contract]") {
    ON_EVERY_BACKEND(backend);
    backend.run([&]() -> rill::task<> {
        constexpr std::size_t count = 700;
        std::vector<support::connection> all;
        for (std::size_t index = 0; index < count; ++index) all.push_back(co_await support::connected());
        std::size_t told = 0;
        co_await rill::with_task_group([&](rill::task_group& group) -> rill::task<> {
            auto reader = [&](rill::tcp_stream* mine) -> rill::task<> {
                std::array<char, 1> in;
                told += co_await mine->recv(in);
            };
            for (support::connection& each : all) group.spawn(reader(&each.server));
            co_await rill::yield();
            for (support::connection& each : all) support::native::send_text(each.client, "x");
        });
        CHECK(told == count);
    });
}

// ---- 11: accepting ----

TEST_CASE("clause 11: a client that gives up before it is accepted does not end accepting", "[contract]") {
    ON_EVERY_BACKEND(backend);
    backend.run([&]() -> rill::task<> {
        auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
        for (int round = 0; round < 20; ++round) {
            auto quitter = co_await rill::tcp_stream::connect(listener.local_endpoint());
            support::native::reset_when_closed(quitter);
            quitter.close();
        }
        auto client = co_await rill::tcp_stream::connect(listener.local_endpoint());
        for (;;) {  // systems differ in whether those who gave up are shown
            auto accepted = co_await listener.accept();
            if (accepted.remote_endpoint() == client.local_endpoint()) break;
        }
    });
}

// ---- 12: errors ----

TEST_CASE("clause 12: no member throws", "[contract]") {
    using backend::reactor;
    STATIC_REQUIRE(noexcept(std::declval<reactor&>().attach(std::declval<backend::socket_state&>(), nullptr)));
    STATIC_REQUIRE(noexcept(std::declval<reactor&>().detach(nullptr, backend::detach_how::keep)));
    STATIC_REQUIRE(noexcept(std::declval<reactor&>().start(std::declval<backend::operation&>())));
    STATIC_REQUIRE(noexcept(std::declval<reactor&>().cancel(std::declval<backend::operation&>())));
    STATIC_REQUIRE(noexcept(std::declval<reactor&>().wait(0)));
    STATIC_REQUIRE(noexcept(std::declval<reactor&>().wake()));
    STATIC_REQUIRE(noexcept(std::declval<reactor&>().give_back(nullptr)));
    STATIC_REQUIRE(noexcept(std::declval<backend::system&>().open({}, {}, std::declval<backend::error&>())));
    STATIC_REQUIRE(noexcept(std::declval<backend::uncommon_calls&>().adopt(0, std::declval<backend::error&>())));
    STATIC_REQUIRE(noexcept(std::declval<backend::system&>().close(nullptr)));
}

TEST_CASE("clause 12: a call on a handle that is no socket says so with an error", "[contract]") {
    ON_EVERY_BACKEND(backend);
    const auto reactor = bare(backend);
    backend::error why;
    CHECK(backend::uncommon(reactor->calls()).adopt(-1, why) == nullptr);
    CHECK(rill::to_error_code(why));
}

// ---- 13: datagrams ----

TEST_CASE("clause 13: a datagram is moved whole or not at all", "[contract]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context context(backend.which);
    datagram_pair pair(context);
    std::string large(70'000, 'x'), out = "abcdef", small(2, '\0'), in(8, '\0');
    direct_operation too_large(context, pair.one, verb::send_message), send(context, pair.one, verb::send_message),
        send_next(context, pair.one, verb::send_message);
    finish(context, too_large.with(large));
    CHECK(too_large.error() == std::errc::message_size);
    finish(context, send.with(out));
    CHECK(send.size() == 6);
    finish(context, send_next.with(in));
    direct_operation cut(context, pair.other, verb::recv_message), next(context, pair.other, verb::recv_message);
    finish(context, cut.with(small));
    CHECK(cut.size() == 2);
    CHECK(cut.about.truncated);
    finish(context, next.with(in));
    CHECK(next.size() == 8);  // and not the rest of the one before
    CHECK_FALSE(next.about.truncated);
}

TEST_CASE("clause 13: what the network told of one datagram is the error of one operation", "[contract]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context context(backend.which);
    datagram_pair pair(context);
    const rill::endpoint where = pair.other.local_endpoint();
    pair.other.close();
    settle(context);
    std::string in(8, '\0'), out = "abc";
    direct_operation recv(context, pair.one, verb::recv_message), send(context, pair.one, verb::send_message);
    REQUIRE(recv.with(in).start() == progress::parked);
    finish(context, send.with(out));
    settle(context);
    if (recv.completions() == 0) {
        WARN("skipped: this system does not tell of an unreachable port");
        if (recv.take_back() == release_answer::leaving) drive(context, [&] { return recv.completions() != 0; });
        return;
    }
    CHECK(recv.error() == std::errc::connection_refused);
    auto newcomer = rill::udp_socket::bind(where);
    newcomer.connect(pair.one.local_endpoint());
    REQUIRE_FALSE(context.reactor().attach(newcomer.state(), &context));
    direct_operation answer(context, newcomer, verb::send_message), next(context, pair.one, verb::recv_message);
    finish(context, answer.with(out));
    finish(context, next.with(in));
    CHECK_FALSE(next.error());
    CHECK(next.size() == 3);
}

// ---- 14: what an operation points to ----

TEST_CASE("clause 14: the address of a datagram is written at completion, where the message is", "[contract]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context context(backend.which);
    auto receiver = rill::udp_socket::bind({"127.0.0.1", 0}), sender = rill::udp_socket::bind({"127.0.0.1", 0});
    REQUIRE_FALSE(context.reactor().attach(receiver.state(), &context));
    REQUIRE_FALSE(context.reactor().attach(sender.state(), &context));
    std::string in(8, '\0'), out = "abc";
    direct_operation recv(context, receiver, verb::recv_message), send(context, sender, verb::send_message);
    REQUIRE(recv.with(in).start() == progress::parked);
    CHECK(recv.about.peer == backend::socket_address());
    send.about.peer = receiver.local_endpoint().to_socket_address();
    send.about.addressed = true;
    finish(context, send.with(out));
    drive(context, [&] { return recv.completions() != 0; });
    CHECK(recv.about.peer == sender.local_endpoint().to_socket_address());
}

TEST_CASE("clause 14: an address and a name that were given are used at completion, where they are", "[contract]") {
    ON_EVERY_BACKEND(backend);
    if (!support::has_unix_datagrams()) return;
    const support::scratch_folder folder;
    rill::io_context context(backend.which);
    auto receiver = rill::unix_datagram_socket::bind(folder / "receiver");
    auto sender = rill::unix_datagram_socket::bind(folder / "sender");
    REQUIRE_FALSE(context.reactor().attach(receiver.state(), &context));
    REQUIRE_FALSE(context.reactor().attach(sender.state(), &context));
    backend::unix_name to = receiver.local_endpoint().to_unix_name(), from;
    std::string in(8, '\0'), out = "abc";
    direct_operation recv(context, receiver, verb::recv_message), send(context, sender, verb::send_message);
    recv.about.name = &from;
    REQUIRE(recv.with(in).start() == progress::parked);
    CHECK(from.size == 0);
    send.about.name = &to;
    send.about.addressed = true;
    finish(context, send.with(out));
    drive(context, [&] { return recv.completions() != 0; });
    CHECK(from == sender.local_endpoint().to_unix_name());
}

TEST_CASE("clause 14: handles that were received are the completed operation's, and else nobody's", "[contract]") {
    ON_EVERY_BACKEND(backend);  // which also counts the descriptors
    if (!support::has_unix_pairs()) return;
    rill::io_context context(backend.which);
    auto [one, other] = rill::socket_pair();
    REQUIRE_FALSE(context.reactor().attach(one.state(), &context));
    REQUIRE_FALSE(context.reactor().attach(other.state(), &context));
    std::intptr_t out[1]{one.native_handle()}, in[2]{-1, -1};
    std::string bytes(8, '\0'), text = "a";
    direct_operation recv(context, other, verb::recv_message), send(context, one, verb::send_message);
    recv.about.handles = in;
    recv.about.handle_count = 2;
    REQUIRE(recv.with(bytes).start() == progress::parked);
    send.about.handles = out;
    send.about.handle_count = 1;
    finish(context, send.with(text));
    drive(context, [&] { return recv.completions() != 0; });
    REQUIRE(recv.about.handle_count == 1);
    CHECK(support::native::is_closed_on_exec(in[0]));
    support::native::close_handle(in[0]);
    CHECK(in[1] == -1);
}

// ---- 15: what a system lacks ----

TEST_CASE("clause 15: each option is set, or says that this system lacks it or that it does not fit", "[contract]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context context(backend.which);
    auto pair = connected_on(context);
    for (std::size_t index = 0; index < backend::option_count; ++index) {
        const auto which = static_cast<backend::option_name>(index);
        INFO("option " << index);
        int value = -7;
        const backend::error failed =
            backend::uncommon(pair.client.state()).get_option(pair.client.state(), which, value);
        CHECK((failed || value != -7));
    }
}

TEST_CASE("clause 15: a file that the system can't send is not_supported, and others are the file's own error",
          "[contract]") {
    ON_EVERY_BACKEND(backend);
    rill::io_context context(backend.which);
    auto pair = connected_on(context);
    direct_operation closed(context, pair.client, verb::send_file);
    finish(context, closed.with_file(-1, 0, 8));
    CHECK(closed.error() == std::errc::bad_file_descriptor);
    const support::scratch_folder folder;
    std::intptr_t directory = -1;
    if (backend::open_file((folder / ".").c_str(), backend::file_access::read, directory)) return;
    const rill::owned_handle owner(directory);
    direct_operation refused(context, pair.client, verb::send_file);
    finish(context, refused.with_file(directory, 0, 8));
    CHECK(refused.error() == std::errc::not_supported);
}
