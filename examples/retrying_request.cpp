// SPDX-License-Identifier: MIT
// Sends one request, and tries again if there is no answer: with a limit of time for each attempt, and pauses that grow.
//
//     echo_server                         in another terminal, now or a little later
//     retrying_request [host] [port]      prints: answer: hello
//
// Each attempt may take a second, from the connect to the last byte of the answer. After five of them it gives up: one line
// on stderr and exit status 1. Ctrl-C ends it at once, wherever it is.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <random>
#include <rill.hpp>
#include <string>
#include <string_view>
#include <system_error>

#include "support/command_line.hpp"

using namespace std::chrono_literals;

constexpr std::string_view request = "hello\n";
constexpr int attempts_max = 5;
constexpr auto attempt_limit = 1s;

/// One attempt: a connection of its own, since nobody knows what is left of the last one.
rill::task<std::string> ask(rill::endpoint server) {
    auto stream = co_await rill::tcp_stream::connect(server);
    co_await stream.send_all(request);
    std::string answer(request.size(), '\0');
    co_await stream.recv_exactly(answer);
    co_return answer;
}

/// The pause after an attempt: twice as long each time, up to two seconds, and not the same for all clients of a server
/// that has just come back.
std::chrono::milliseconds pause_after(int attempt) {
    static std::minstd_rand random{std::random_device()()};
    const auto longest = std::min<std::chrono::milliseconds>(50ms * (1 << attempt), 2s);
    return longest / 2 + longest * std::uniform_int_distribution(0, 50)(random) / 100;
}

rill::task<std::string> ask_until_answered(rill::endpoint server) {
    for (int attempt = 1;; ++attempt) {
        auto answer = co_await rill::as_result(rill::timeout(attempt_limit, ask(server)));
        // After the last attempt this throws, and says which operation failed, with whom and why.
        if (answer || attempt == attempts_max) co_return std::move(answer).value();
        std::cerr << "attempt " << attempt << ": " << answer.error().message() << '\n';
        co_await rill::sleep_for(pause_after(attempt));
    }
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, [](const rill::endpoint& server) {
        if (const auto answer = rill::run(ask_until_answered(server), rill::stop_on(SIGINT)))
            std::cout << "answer: " << *answer << std::flush;
    });
}
