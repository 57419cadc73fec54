// SPDX-License-Identifier: MIT
#pragma once

// Runs a test case once a backend, with its name in every failure, and with a look at the descriptors at the end. Where
// the environment's RILL_BACKEND names one, every context has that, so it runs once.
//
//     TEST_CASE("...") {
//         ON_EVERY_BACKEND(backend);
//         backend.run([&]() -> rill::task<> { ... });
//     }
//
// `run` has a limit of time that fails loudly, so that a test which hangs says so itself.

#include <chrono>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include <rill/backend/default_backend.hpp>
#include <rill/core/run.hpp>
#include <rill/core/task.hpp>
#include <rill/core/timeout.hpp>

#include "support/catch.hpp"
#include "support/descriptors.hpp"

namespace support {

/// After this time a test has failed, also on a slow machine under a sanitizer.
inline constexpr std::chrono::seconds time_limit{60};

/// Runs a coroutine function on a context; its value, or its error.
template <class Coroutine>
auto run_on(rill::io_context& context, Coroutine body) {
    try {
        return context.run(rill::timeout(time_limit, body()));
    } catch (const std::system_error& error) {
        if (error.code() == rill::errc::deadline_exceeded && std::string_view(error.what()).starts_with("timeout"))
            FAIL("nothing moved any more, and the test's time is over");
        throw;
    }
}

/// Turns a context by hand until a condition holds.
template <class Condition>
void drive(rill::io_context& context, Condition until) {
    const auto end = std::chrono::steady_clock::now() + time_limit;
    while (!until()) {
        if (std::chrono::steady_clock::now() > end) FAIL("nothing moved any more, and the test's time is over");
        auto limit = context.turn();
        if (until()) return;
        if (limit < limit.zero() || limit > std::chrono::milliseconds(100)) limit = std::chrono::milliseconds(100);
        context.wait(limit);
    }
}

/// Turns a context until all events at hand are dealt with, and what follows from them.
inline void settle(rill::io_context& context) {
    for (int round = 0; round < 8; ++round) {
        context.turn();
        context.wait(std::chrono::nanoseconds::zero());
    }
    context.turn();
}

/// How often a test case runs: once a backend, or once in all.
inline std::size_t backends_to_run() {
    const char* const named = std::getenv("RILL_BACKEND");
    return named == nullptr || *named == '\0' ? std::size(rill::backend::available()) : 1;
}

/// The place in the list of the backend that is meant by `index` of those to run.
inline std::size_t place_of_backend(std::size_t index) {
    const rill::backend::kind chosen = rill::backend::chosen_kind(rill::backend::available()[index].which);
    std::size_t place = 0;
    while (rill::backend::available()[place].which != chosen) ++place;
    return place;
}

class backend_under_test {
  public:
    explicit backend_under_test(std::size_t index)
        : backend_under_test(rill::backend::available()[place_of_backend(index)]) {}

    const std::string_view name;
    const rill::backend::kind which;

    /// Whether a socket can leave its loop, for another one or for the program. An IOCP keeps it where the system is older
    /// than Windows 8.1; wine is. A test that needs it says aloud that it leaves something out.
    [[nodiscard]] bool lets_sockets_go() const {
        rill::io_context context(which);
        rill::backend::error failed;
        rill::backend::system& calls = context.reactor().calls();
        rill::backend::socket_state* const each =
            calls.open(rill::family::v4, rill::backend::transport::stream, failed);
        failed = context.reactor().attach(*each, &context);
        failed = context.reactor().detach(each, rill::backend::detach_how::keep);
        if (failed) {
            context.reactor().detach(each, rill::backend::detach_how::close);
        } else {
            calls.close(each);
        }
        return !failed;
    }

    /// Runs a coroutine function on a context of its own.
    template <class Coroutine>
    auto run(Coroutine body) const {
        rill::io_context context(which);
        return run_on(context, std::move(body));
    }

  private:
    explicit backend_under_test(const rill::backend::named_kind& each) : name(each.name), which(each.which) {}
};

}  // namespace support

#define ON_EVERY_BACKEND(backend)                                                        \
    const support::descriptors_return descriptors_return_here;                           \
    const support::backend_under_test backend(                                           \
        GENERATE(Catch::Generators::range(std::size_t{0}, support::backends_to_run()))); \
    INFO("backend " << backend.name)
