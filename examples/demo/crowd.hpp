// SPDX-License-Identifier: MIT
#pragma once

// A growing crowd of clients, each a coroutine with a connection of its own: it sends 64 bytes, waits for the echo,
// compares, and begins again, until the crowd has had enough.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <rill.hpp>
#include <string>

#include "latency.hpp"

namespace demo {

/// What all clients have done, added up.
struct tally {
    std::size_t started = 0;
    std::size_t connecting = 0;  // of these, those that are not connected yet
    std::size_t ended = 0;       // of these, those that are gone
    std::size_t errors = 0;
    std::string first_error;  // what the first of them said
    std::uint64_t echoes = 0;
    latency_histogram latencies;  // since somebody emptied it

    [[nodiscard]] std::size_t connected() const noexcept { return started - connecting - ended; }
};

class crowd {
  public:
    explicit crowd(const rill::endpoint& server) noexcept : server_(server) {}
    crowd(const crowd&) = delete;
    crowd& operator=(const crowd&) = delete;

    /// Spawns clients into the group until there are so many, and waits until they are connected, for 30 seconds at
    /// most. Calls `progress()` now and then.
    template <class Progress>
    rill::task<> grow(rill::task_group& group, std::size_t size, Progress progress);
    /// Lets all clients finish their echo and close. Who has not done so after 10 seconds is given up: an error.
    rill::task<> end(rill::task_group& group);

    [[nodiscard]] tally& counts() noexcept { return counts_; }

  private:
    rill::task<> client(std::uint64_t number);
    rill::task<> talk(std::uint64_t number);
    void note_error(const std::string& what);

    static constexpr std::size_t connecting_max = 500;  // so many fit into the backlog of any listener

    rill::endpoint server_;
    tally counts_;
    bool had_enough_ = false;
};

// ---- mechanism ----

template <class Progress>
rill::task<> crowd::grow(rill::task_group& group, std::size_t size, Progress progress) {
    const auto last_moment = rill::now() + std::chrono::seconds(30);
    while (counts_.started < size || counts_.connecting > 0) {
        if (rill::now() > last_moment) {
            note_error("only " + std::to_string(counts_.connected()) + " clients were connected after 30 seconds");
            co_return;
        }
        for (; counts_.started < size && counts_.connecting < connecting_max; ++counts_.started, ++counts_.connecting)
            group.spawn(client(counts_.started));
        progress();
        co_await rill::sleep_for(std::chrono::milliseconds(1));
    }
}

}  // namespace demo
