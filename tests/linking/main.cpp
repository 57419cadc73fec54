// SPDX-License-Identifier: MIT
// Exits 0 when a program and two shared libraries share what has to be there once. What does not hold is told, with its line.
#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <string>
#include <system_error>
#include <tuple>

#include "libraries.hpp"

namespace {

void expect(bool holds, std::source_location where = std::source_location::current()) {
    if (holds) return;
    std::fprintf(stderr, "%s:%u: does not hold\n", where.file_name(), static_cast<unsigned>(where.line()));
    std::exit(1);
}

rill::task<> contexts_and_frames() {
    rill::io_context* const there = co_await context_in_first();
    expect(there == &rill::this_context());
    expect(co_await same_context_in_second());

    rill::event allowed;
    const auto allow = [&]() -> rill::task<> {
        allowed.set();
        co_return;
    };
    const auto answers = co_await rill::when_all(add_two_in_second(1, allowed), add_one_in_first(4, allowed), allow());
    expect(std::get<0>(answers) == 3);
    expect(std::get<1>(answers) == 5);

    rill::io_thread worker;
    const bool same = co_await rill::on(worker.context(), same_context_in_second());
    expect(same);
}

rill::task<> sockets() {
    auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
    const auto talk = [&]() -> rill::task<> {
        auto stream = co_await rill::tcp_stream::connect(listener.local_endpoint());
        co_await stream.send_all("hello");
        std::string answer(5, '\0');
        co_await stream.recv_exactly(answer);
        expect(answer == "hello");
    };
    co_await rill::when_all(serve_one_in_first(listener), talk());
}

rill::task<> stops() {
    rill::event never;
    rill::stop_source source;
    const auto stop = [&]() -> rill::task<> {
        source.request_stop();
        co_return;
    };
    const auto [ended, stopped] =
        co_await rill::when_all(rill::with_stop(source.get_token(), add_two_in_second(1, never)), stop());
    expect(!ended);
}

rill::task<> errors() {
    bool caught = false;
    try {
        co_await fail_in_first();
    } catch (const rill::described_error& error) {
        caught = error.code() == std::errc::bad_file_descriptor;
    }
    expect(caught);

    std::size_t failures = 0;
    try {
        co_await fail_twice_in_first();
    } catch (const rill::all_failed& error) {
        failures = error.errors().size();
    }
    expect(failures == 2);
    expect(category_in_first() == rill::rill_category());
}

}  // namespace

int main() {
    rill::run(contexts_and_frames());
    rill::run(sockets());
    rill::run(stops());
    rill::run(errors());

    rill::guarded<int> count(1);
    add_in_second(count);
    expect(count.with([](int value) { return value; }) == 2);
    const std::error_code refused = count.with([&](int&) { return enter_in_second(count); });
    expect(refused == std::errc::resource_deadlock_would_occur);
}
