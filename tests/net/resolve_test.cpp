// SPDX-License-Identifier: MIT
#include <rill/net/resolve.hpp>

#include <rill/core/as_result.hpp>
#include <rill/core/run.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>

#ifdef _WIN32
#include <ws2tcpip.h>
#else
#include <netdb.h>
#endif

#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/every_backend.hpp"
#include "support/scripted_names.hpp"

using namespace std::chrono_literals;
using rill::as_result;
using rill::endpoint;
using rill::resolve;
using rill::task;
using support::scripted_name;

namespace {

bool names_can_be_scripted() {
    if (!support::names_are_scripted) WARN("the system's resolver can't be taken over here");
    return support::names_are_scripted;
}

}  // namespace

TEST_CASE("localhost is on this machine") {
    ON_EVERY_BACKEND(backend);
    backend.run([]() -> task<> {
        const std::vector<endpoint> found = co_await resolve("localhost", "80");
        REQUIRE_FALSE(found.empty());
        for (const endpoint& each : found) {
            CHECK(each.address().is_loopback());
            CHECK(each.port() == 80);
        }
    });
}

TEST_CASE("the name of a service is a port") {
    rill::io_context context;
    support::run_on(context, []() -> task<> {
        const auto found = co_await as_result(resolve("127.0.0.1", "http"));
        if (found.error() == rill::errc::service_not_found) {
            WARN("this machine does not know its services");
            co_return;
        }
        CHECK(found.value() == std::vector<endpoint>{{"127.0.0.1", 80}});
    });
}

TEST_CASE("an address with a port needs no lookup") {
    if (!names_can_be_scripted()) return;
    const scripted_name never("127.0.0.1", {"127.0.0.2"});
    rill::io_context context;
    support::run_on(context, []() -> task<> {
        const std::vector<endpoint> found = co_await resolve("127.0.0.1", 80);
        CHECK(found == std::vector<endpoint>{{"127.0.0.1", 80}});
    });
    CHECK(never.begun() == 0);
}

TEST_CASE("a service that the system does not know is told, also where it says so as of a host") {
    if (!names_can_be_scripted()) return;
    const scripted_name name("broken.test", {}, EAI_NONAME);  // of whichever: macOS
    rill::io_context context;
    support::run_on(context, []() -> task<> {
        const auto of_host = co_await as_result(resolve("broken.test", "80"));
        CHECK(of_host.error() == rill::errc::host_not_found);
        const auto of_service = co_await as_result(resolve("broken.test", "no-such-service"));
        CHECK(of_service.error() == rill::errc::service_not_found);
    });
    CHECK(name.ended() == 3);
}

TEST_CASE("all addresses of a name come once each, in the order of the system") {
    if (!names_can_be_scripted()) return;
    const scripted_name name("many.test", {"::1", "127.0.0.1", "127.0.0.2"});
    rill::io_context context;
    support::run_on(context, []() -> task<> {
        const std::vector<endpoint> found = co_await resolve("many.test", 443);
        CHECK(found == std::vector<endpoint>{{"::1", 443}, {"127.0.0.1", 443}, {"127.0.0.2", 443}});
    });
}

TEST_CASE("what the resolver says has a code of its own, with the name") {
    if (!names_can_be_scripted()) return;
    rill::io_context context;
    const auto told = [&](int failure, int error_number = 0) {
        const scripted_name name("broken.test", {}, failure, error_number);
        return support::run_on(context, []() -> task<std::error_code> {
            const auto found = co_await as_result(resolve("broken.test", 80));
            co_return found.error();
        });
    };
    CHECK(told(EAI_NONAME) == rill::errc::host_not_found);
    CHECK(told(EAI_SERVICE) == rill::errc::service_not_found);
    CHECK(told(EAI_AGAIN) == std::errc::resource_unavailable_try_again);
    CHECK(told(EAI_FAIL) == std::errc::io_error);
    CHECK(told(EAI_MEMORY) == std::errc::not_enough_memory);
    CHECK(told(0) == rill::errc::host_not_found);  // it is there, and has no address
#ifndef _WIN32
    CHECK(told(EAI_SYSTEM, EACCES) == std::errc::permission_denied);
    CHECK(told(EAI_NONAME, ENOENT) == rill::errc::host_not_found);  // one of the places where it looked
    CHECK(told(EAI_NONAME, EMFILE) == std::errc::too_many_files_open);
    CHECK(told(EAI_NONAME, ENFILE) == std::errc::too_many_files_open_in_system);
    CHECK(told(EAI_SERVICE, EMFILE) == std::errc::too_many_files_open);
#endif
    const scripted_name name("broken.test", {}, EAI_NONAME);
    std::string text;
    try {
        support::run_on(context, []() -> task<> { static_cast<void>(co_await resolve("broken.test", 80)); });
    } catch (const std::system_error& error) {
        text = error.what();
    }
    CHECK(text == R"(resolve "broken.test" "80": host not found)");
}

TEST_CASE("a question that is refused is an error when it is awaited") {
    rill::io_context context;
    support::run_on(context, []() -> task<> {
        const auto too_long = co_await as_result(resolve(std::string(300, 'a'), "80"));
        CHECK(too_long.error() == std::errc::invalid_argument);
        const auto with_zero = co_await as_result(resolve(std::string_view("a\0b", 3), "80"));
        CHECK(with_zero.error() == std::errc::invalid_argument);
    });
}

TEST_CASE("a stop lets go of a lookup that hangs, and its late answer is dropped") {
    if (!names_can_be_scripted()) return;
    scripted_name name("slow.test", {"127.0.0.1"});
    name.hold();
    rill::io_context context;
    support::run_on(context, [&]() -> task<> {
        auto asking = [&]() -> task<> {
            static_cast<void>(co_await resolve(std::string("slow.") + "test", 80));  // its text is gone before it ends
        };
        const auto outcome = co_await as_result(rill::timeout(10ms, asking()));
        CHECK(outcome.error() == std::errc::timed_out);
        while (name.begun() == 0) co_await rill::sleep_for(1ms);
        CHECK(name.ended() == 0);
    });
    name.release();
    while (name.ended() != name.begun()) std::this_thread::sleep_for(1ms);
}

TEST_CASE("lookups run side by side, and the loop goes on meanwhile") {
    if (!names_can_be_scripted()) return;
    scripted_name slow("slow.test", {"127.0.0.1"});
    const scripted_name fast("fast.test", {"127.0.0.2"});
    slow.hold();
    rill::io_context context;
    support::run_on(context, [&]() -> task<> {
        std::string order;
        auto first = [&]() -> task<> {
            const std::vector<endpoint> found = co_await resolve("slow.test", 80);
            order += to_string(found.front()) + " ";
        };
        auto second = [&]() -> task<> {
            while (slow.begun() == 0) co_await rill::sleep_for(1ms);
            const std::vector<endpoint> found = co_await resolve("fast.test", 80);
            order += to_string(found.front()) + " ";
            slow.release();
        };
        co_await rill::when_all(first(), second());
        CHECK(order == "127.0.0.2:80 127.0.0.1:80 ");
    });
}

TEST_CASE("a lookup in a stopped scope is not made") {
    if (!names_can_be_scripted()) return;
    const scripted_name name("never.test", {"127.0.0.1"});
    rill::io_context context;
    support::run_on(context, []() -> task<> {
        rill::stop_source stop;
        stop.request_stop();
        const auto found = co_await rill::with_stop(stop.get_token(), resolve("never.test", 80));
        CHECK_FALSE(found);
    });
    CHECK(name.begun() == 0);
}
