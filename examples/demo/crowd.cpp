// SPDX-License-Identifier: MIT
#include "crowd.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <exception>
#include <stdexcept>
#include <utility>

using namespace std::chrono_literals;

namespace demo {

/// 64 bytes that no other client sends, and that this one sends once.
using message = std::array<std::uint64_t, 8>;

static message message_of(std::uint64_t client, std::uint64_t round) {
    message made{client, round};
    for (std::size_t i = 2; i < made.size(); ++i) made[i] = (client ^ round << 32) * (0x9e37'79b9'7f4a'7c15 + i);
    return made;
}

rill::task<> crowd::talk(std::uint64_t number) {
    auto attempt = co_await rill::as_result(rill::tcp_stream::connect(server_, rill::option::no_delay{true}));
    --counts_.connecting;
    rill::tcp_stream stream = std::move(attempt).value();
    message echo{};
    for (std::uint64_t round = 0; !had_enough_; ++round) {
        const message sent = message_of(number, round);
        const auto begin = std::chrono::steady_clock::now();
        co_await stream.send_all(sent);
        co_await stream.recv_exactly(echo);
        if (echo != sent) throw std::runtime_error("an echo was not what had been sent");
        counts_.latencies.add(std::chrono::steady_clock::now() - begin);
        ++counts_.echoes;
    }
    stream.shutdown_send();
    if (co_await stream.recv(echo) != 0) throw std::runtime_error("the server sent more than it was sent");
}

rill::task<> crowd::client(std::uint64_t number) {
    try {
        co_await talk(number);
    } catch (const std::exception& error) {
        note_error(error.what());
    }
    ++counts_.ended;
}

static rill::task<> all_ended(rill::task_group& group) { co_await group.join(); }

rill::task<> crowd::end(rill::task_group& group) {
    had_enough_ = true;
    const auto ended = co_await rill::as_result(rill::timeout(10s, all_ended(group)));
    if (ended) co_return;
    note_error(std::to_string(group.size()) + " clients still waited for an echo after 10 seconds");
    group.stop();
}

void crowd::note_error(const std::string& what) {
    if (counts_.errors++ == 0) counts_.first_error = what;
}

}  // namespace demo
