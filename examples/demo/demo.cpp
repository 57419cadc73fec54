// SPDX-License-Identifier: MIT
// The demonstration: an echo server in a process of its own (`demo --serve`), and here a crowd of clients that grows to
// thousands of connections, each a coroutine on one thread. It shows how it goes, ends by itself, and sums up.
//
//     demo [--connections N] [--seconds S]
//
// The exit status is 0 only if every single echo was right and nobody, client or server, met an error.
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <optional>
#include <rill.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "../support/child_process.hpp"
#include "crowd.hpp"
#include "options.hpp"
#include "screen.hpp"
#include "server.hpp"

using namespace std::chrono_literals;

namespace demo {

/// A number of clients, and what was measured while there were so many.
struct stage {
    std::size_t connections = 0;
    double echoes_per_second = 0;
    latency_histogram latencies;
};

struct report {
    stage last;
    std::uint64_t echoes = 0;
    std::size_t errors = 0;
    std::string first_error;
    std::optional<std::size_t> memory_before, memory_after;  // of the server: without, and with all connections
};

std::vector<std::size_t> stage_sizes(std::size_t connections) {
    std::vector<std::size_t> sizes;
    for (const std::size_t divisor : std::array<std::size_t, 5>{50, 10, 4, 2, 1})
        if (const std::size_t size = connections / divisor; size > 0) sizes.push_back(size);
    return sizes;
}

std::string table_row(const stage& each) {
    const auto latency = [&](double share) { return padded(text_of(each.latencies.percentile(share)), 10); };
    return padded(text_of(std::uint64_t{each.connections}), 11) +
           padded(text_of(static_cast<std::uint64_t>(each.echoes_per_second)), 12) + latency(0.5) + latency(0.99) +
           latency(0.999) + padded(text_of(each.latencies.max()), 10);
}

/// Watches the crowd for a while.
rill::task<stage> measure(crowd& clients, std::chrono::nanoseconds duration, screen& out) {
    tally& counts = clients.counts();
    counts.latencies = {};
    const auto begin = rill::now();
    const std::uint64_t echoes_before = counts.echoes;
    while (rill::now() - begin < duration && counts.connected() > 0) {
        out.show_progress("measuring", counts);
        co_await rill::sleep_for(std::min(duration, std::chrono::nanoseconds(20ms)));
    }
    stage made;
    made.connections = counts.connected();
    made.echoes_per_second =
        static_cast<double>(counts.echoes - echoes_before) / std::chrono::duration<double>(rill::now() - begin).count();
    made.latencies = counts.latencies;
    co_return made;
}

/// The whole performance.
rill::task<report> perform(options wanted, rill::endpoint address, const example::child_process& server, screen& out) {
    report made;
    made.memory_before = server.memory();
    const std::vector<std::size_t> sizes = stage_sizes(wanted.connections);
    const auto duration = std::chrono::nanoseconds(wanted.duration) / static_cast<int>(sizes.size());
    crowd clients(address);
    tally& counts = clients.counts();
    co_await rill::with_task_group([&](rill::task_group& group) -> rill::task<> {
        for (const std::size_t size : sizes) {
            co_await clients.grow(group, size, [&] { out.show_progress("connecting", counts); });
            made.last = co_await measure(clients, duration, out);
            out.print(table_row(made.last));
        }
        made.memory_after = server.memory();
        co_await clients.end(group);
    });
    made.echoes = counts.echoes;
    made.errors = counts.errors;
    made.first_error = counts.first_error;
    co_return made;
}

void print_summary(const report& made, screen& out) {
    const latency_histogram& latencies = made.last.latencies;
    std::string memory = "not available on this system";
    if (made.memory_before && made.memory_after && made.last.connections > 0) {
        const auto grown = static_cast<double>(*made.memory_after) - static_cast<double>(*made.memory_before);
        std::array<char, 32> text{};
        std::snprintf(text.data(), text.size(), "%.1f KiB", grown / 1024 / static_cast<double>(made.last.connections));
        memory = text.data();
    }
    out.print("");
    out.print("connections             " + text_of(std::uint64_t{made.last.connections}));
    out.print("echoes per second       " + text_of(static_cast<std::uint64_t>(made.last.echoes_per_second)));
    out.print("latency                 p50 " + text_of(latencies.percentile(0.5)) + ", p99 " +
              text_of(latencies.percentile(0.99)) + ", p99.9 " + text_of(latencies.percentile(0.999)) + ", max " +
              text_of(latencies.max()));
    out.print("memory per connection   " + memory + " (resident in the server, beside the kernel's buffers)");
    out.print("echoes                  " + text_of(made.echoes) + ", each compared with what was sent");
    out.print("errors                  " + text_of(std::uint64_t{made.errors}) +
              (made.errors > 0 ? ", the first: " + made.first_error : ""));
}

/// A connection is a descriptor in each of the two processes; a few more are for the rest.
std::size_t possible_connections(std::size_t wanted, screen& out) {
    constexpr std::size_t others = 32;
    const std::size_t limit = example::raise_descriptor_limit();
    if (limit >= wanted + others) return wanted;
    const std::size_t possible = limit > others ? limit - others : 1;
    out.print("only " + text_of(std::uint64_t{possible}) + " connections: a process here may have " +
              text_of(std::uint64_t{limit}) + " open files (see `ulimit -n`)");
    return possible;
}

int run(const char* program, options wanted) {
    screen out;
    wanted.connections = possible_connections(wanted.connections, out);
    example::child_process server(program, "--serve");
    const auto address = rill::endpoint::parse(server.read_line());
    if (!address) throw std::runtime_error("the server did not start");
    out.print("An echo server listens on " + to_string(*address) + " (process " + std::to_string(server.id()) +
              ", one thread). Up to " + text_of(std::uint64_t{wanted.connections}));
    out.print(
        "clients (coroutines of this process, one thread) each send it 64 bytes, wait for the echo, compare, repeat.");
    out.print("");
    out.print("connections    echoes/s       p50       p99     p99.9       max");

    std::optional<report> made = rill::run(perform(wanted, *address, server, out), rill::stop_on(SIGINT, SIGTERM));
    if (!made) {
        out.print("interrupted");
        return 1;
    }
    if (server.stop() != 0) {
        ++made->errors;
        if (made->first_error.empty()) made->first_error = "the server did not end well";
    }
    print_summary(*made, out);
    return made->errors == 0 && made->echoes > 0 ? 0 : 1;
}

}  // namespace demo

int main(int argc, char** argv) {
    demo::options wanted;
    try {
        wanted = demo::options::parse(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "demo: %s\n", error.what());
        return 2;
    }
    if (wanted.help) return std::puts(demo::options::usage) < 0 ? 1 : 0;
    try {
        return wanted.serve ? demo::serve() : demo::run(argv[0], wanted);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "demo: %s\n", error.what());
        return 1;
    }
}
