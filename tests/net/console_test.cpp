// SPDX-License-Identifier: MIT
#include <rill/net/console.hpp>

#include <rill/core/as_result.hpp>
#include <rill/core/run.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "support/catch.hpp"
#include "support/forked_child.hpp"
#include "support/standard_files.hpp"

// Standard input is one a process, so each case has a process of its own, whose exit code says where it went wrong.

using namespace std::chrono_literals;
using rill::as_result;
using rill::task;

namespace {

static_assert(rill::byte_source<rill::console> && !rill::byte_stream<rill::console>);

constexpr int fine = 42;  // not 0, which a program that ran no test ends with

/// A step of a child that did not go as expected.
struct unexpected {
    int code;
};
void expect(bool condition, int code) {
    if (!condition) throw unexpected{code};
}

void write_all(int to, std::string_view text) { expect(support::write_all(to, text), 90); }

/// Runs a coroutine function in a child whose standard input is the reading end of a pipe; it gets the other one.
template <class Body>
support::child_end with_pipe(Body body) {
    return support::in_forked_child([&] {
        int ends[2];
        if (!support::make_pipe(ends)) return 91;
        support::copy_to(ends[0], support::standard_input);
        support::close_file(ends[0]);
        try {
            rill::run(rill::timeout(50s, body(ends[1])));
        } catch (const unexpected& step) {
            return step.code;
        }
        return fine;
    });
}

/// Runs a coroutine function in a child with a descriptor as standard input, or none if it is negative.
template <class Body>
support::child_end with_input(int input, Body body) {
    return support::in_forked_child([&] {
        support::close_file(support::standard_input);
        if (input >= 0) support::copy_to(input, support::standard_input);
        try {
            rill::run(rill::timeout(50s, body()));
        } catch (const unexpected& step) {
            return step.code;
        }
        return fine;
    });
}

}  // namespace

TEST_CASE("a console gives the lines of a pipe, however they were written, and its end") {
    const auto end = with_pipe([](int to) -> task<> {
        write_all(to, "one\ntw");
        rill::console input;
        auto line = co_await input.read_line(100);
        expect(line == "one", 1);
        write_all(to, "o\r\n\nlast");
        line = co_await input.read_line(100);
        expect(line == "two", 2);
        line = co_await input.read_line(100);
        expect(line == "", 3);
        support::close_file(to);
        line = co_await input.read_line(100);
        expect(line == "last", 4);
        line = co_await input.read_line(100);
        expect(!line, 5);
        line = co_await input.read_line(100);
        expect(!line, 6);
    });
    CHECK(end.exit_code == fine);
}

TEST_CASE("a console gives the lines of a file") {
    std::FILE* const whole = std::tmpfile();
    REQUIRE(whole != nullptr);
    const int file = support::number_of(whole);
    std::string text;
    for (int number = 0; number < 3000; ++number) text += "line " + std::to_string(number) + "\n";
    write_all(file, text);
    std::rewind(whole);
    const auto end = with_input(file, []() -> task<> {
        rill::console input;
        int number = 0;
        while (const auto line = co_await input.read_line(100)) expect(*line == "line " + std::to_string(number++), 1);
        expect(number == 3000, 2);
    });
    std::fclose(whole);
    CHECK(end.exit_code == fine);
}

TEST_CASE("a console gives the lines of a terminal, and goes on after its end of input") {
#ifdef _WIN32
    WARN("skipped: there is no pseudo-terminal to type at here");
#else
    const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0 || ::grantpt(terminal) != 0 || ::unlockpt(terminal) != 0) {
        WARN("skipped: there is no pseudo-terminal here");
        return;
    }
    const int other = ::open(::ptsname(terminal), O_RDWR | O_NOCTTY);
    const auto end = with_input(other, [terminal]() -> task<> {
        rill::console input;
        write_all(terminal, "typed\n");
        auto line = co_await input.read_line(100);
        expect(line == "typed", 1);
        write_all(terminal, "\x04");
        line = co_await input.read_line(100);
        expect(!line, 2);
        write_all(terminal, "again\n");
        line = co_await input.read_line(100);
        expect(line == "again", 3);
    });
    ::close(other);
    ::close(terminal);
    CHECK(end.exit_code == fine);
#endif
}

TEST_CASE("without a standard input, a console says so, also where its number has another use") {
    const auto body = []() -> task<> {
        rill::console input;
        for (int again = 0; again < 2; ++again) {
            const auto line = co_await as_result(input.read_line(100));
            expect(line.error() == std::errc::bad_file_descriptor, 1);
        }
    };
    CHECK(with_input(-1, body).exit_code == fine);  // the loop has taken the number by then
    const auto closed_later = with_input(support::number_of(stdout), [&]() -> task<> {
        support::close_file(support::standard_input);
        co_await body();
    });
    CHECK(closed_later.exit_code == fine);
}

TEST_CASE("the loop goes on while a console waits, and a stop lets go and loses nothing") {
    const auto end = with_pipe([](int to) -> task<> {
        rill::console input;
        for (const auto limit : {1ms, 20ms}) {
            const auto line = co_await as_result(rill::timeout(limit, input.read_line(100)));
            expect(line.error() == std::errc::timed_out, 1);
        }
        write_all(to, "half ");
        const auto half = co_await as_result(rill::timeout(50ms, input.read_line(100)));
        expect(half.error() == std::errc::timed_out, 2);
        write_all(to, "a line\nnext\n");
        auto line = co_await input.read_line(100);
        expect(line == "half a line", 3);
        line = co_await input.read_line(100);
        expect(line == "next", 4);
    });
    CHECK(end.exit_code == fine);
}

TEST_CASE("what comes after its console has gone is there for the next one") {
    const auto end = with_pipe([](int to) -> task<> {
        {
            rill::console input;
            static_cast<void>(co_await as_result(rill::timeout(1ms, input.read_line(100))));
        }
        write_all(to, "late\n");
        rill::console input;
        const auto line = co_await input.read_line(100);
        expect(line == "late", 1);
    });
    CHECK(end.exit_code == fine);
}

TEST_CASE("two consoles at once are an error of the second") {
    const auto end = with_pipe([](int to) -> task<> {
        rill::console one, other;
        auto first = [&]() -> task<> {
            const auto line = co_await one.read_line(100);
            expect(line == "one", 1);
        };
        auto second = [&]() -> task<> {
            const auto line = co_await as_result(other.read_line(100));
            expect(line.error() == std::errc::operation_in_progress, 2);
            write_all(to, "one\n");
        };
        co_await rill::when_all(first(), second());
    });
    CHECK(end.exit_code == fine);
}

TEST_CASE("a console changes nothing about standard input, and waits though it is non-blocking") {
#ifdef _WIN32
    WARN("skipped: standard input is never non-blocking here");
#else
    const auto end = with_pipe([](int to) -> task<> {
        const int before = ::fcntl(STDIN_FILENO, F_GETFL);
        rill::console input;
        write_all(to, "one\n");
        auto line = co_await input.read_line(100);
        expect(line == "one", 1);
        expect(::fcntl(STDIN_FILENO, F_GETFL) == before, 2);
        ::fcntl(STDIN_FILENO, F_SETFL, before | O_NONBLOCK);
        const auto nothing = co_await as_result(rill::timeout(20ms, input.read_line(100)));
        expect(nothing.error() == std::errc::timed_out, 3);
        write_all(to, "two\n");
        line = co_await input.read_line(100);
        expect(line == "two", 4);
    });
    CHECK(end.exit_code == fine);
#endif
}

TEST_CASE("stops that race with what is typed lose no line") {
    const auto end = with_pipe([](int to) -> task<> {
        rill::console input;
        int written = 0, read = 0;
        auto writing = [&]() -> task<> {
            while (written < 300) {
                write_all(to, std::to_string(written++) + "\n");
                co_await rill::sleep_for(std::chrono::microseconds(written % 7 * 50));
            }
        };
        auto reading = [&]() -> task<> {
            for (int round = 0; read < 300; ++round) {
                const auto limit = std::chrono::microseconds(1 + round % 13 * 40);
                const auto line = co_await as_result(rill::timeout(limit, input.read_line(100)));
                if (line.error() == std::errc::timed_out) continue;
                expect(line.value() == std::to_string(read++), 1);
            }
        };
        co_await rill::when_all(writing(), reading());
    });
    CHECK(end.exit_code == fine);
}
