// SPDX-License-Identifier: MIT
// Connects to the first of several addresses that answers, as RFC 8305 has it: one after the other, but nobody waits long.
//
//     happy_eyeballs [::1]:13333 127.0.0.1:13333        prints: connected to 127.0.0.1:13333
//
// The next attempt begins when the last one has failed, or after 250 ms; the first connection wins, and the others are
// taken back. If all fail, each reason is a line on stderr, and the exit status is 1. `rill::connect` does this for names.
#include <chrono>
#include <cstddef>
#include <exception>
#include <iostream>
#include <optional>
#include <rill.hpp>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

constexpr auto head_start = 250ms;
constexpr auto attempt_limit = 10s;

class race {
  public:
    explicit race(std::vector<rill::endpoint> runners) : runners_(std::move(runners)) {}

    /// The first connection; empty if there is none.
    rill::task<std::optional<rill::tcp_stream>> run() {
        co_await rill::with_task_group([this](rill::task_group& group) -> rill::task<> {
            for (const rill::endpoint& each : runners_) {
                rill::stop_source failed;
                group.spawn(attempt(group, each, failed));
                // A token that is stopped ends the wait early: the attempt has failed, so the next one need not wait.
                co_await rill::with_stop(failed.get_token(), rill::sleep_for(head_start));
                if (winner_) break;
            }
        });
        co_return std::move(winner_);
    }

  private:
    rill::task<> attempt(rill::task_group& group, rill::endpoint to, rill::stop_source failed) {
        auto stream = co_await rill::as_result(rill::timeout(attempt_limit, rill::tcp_stream::connect(to)));
        if (!stream) {
            std::cerr << to_string(to) << ": " << stream.error().message() << '\n';
        } else if (!winner_) {
            winner_ = std::move(stream).value();
            group.stop();  // the others
        }
        failed.request_stop();
    }

    std::vector<rill::endpoint> runners_;
    std::optional<rill::tcp_stream> winner_;
};

int main(int argc, char** argv) try {
    std::vector<rill::endpoint> runners;
    for (int i = 1; i < argc; ++i) {
        const auto parsed = rill::endpoint::parse(argv[i]);
        if (!parsed) {
            std::cerr << "usage: happy_eyeballs address:port [address]:port ...\n";
            return 2;
        }
        runners.push_back(*parsed);
    }
    race all(std::move(runners));
    const std::optional<rill::tcp_stream> winner = rill::run(all.run());
    if (!winner) return 1;
    std::cout << "connected to " << to_string(winner->remote_endpoint()) << '\n';
} catch (const std::exception& error) {
    std::cerr << "happy_eyeballs: " << error.what() << '\n';
    return 1;
}
