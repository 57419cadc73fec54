// SPDX-License-Identifier: MIT
// Trees of scopes at random, stopped at random moments: whatever happens, every frame ends, and every run does.
#include <rill/core/as_result.hpp>
#include <rill/core/branch.hpp>
#include <rill/core/run.hpp>
#include <rill/core/shield.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>
#include <rill/core/task_group.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/with_stop.hpp>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/foreign_task.hpp"
#include "support/helper_thread.hpp"
#include "support/seeded_random.hpp"
#include "support/witness.hpp"

using namespace std::chrono_literals;
using support::testimony;
using support::witness;

namespace {

class expected_failure : public std::runtime_error {
  public:
    expected_failure() : std::runtime_error("expected") {}
};

/// One tree: what its nodes share.
struct forest {
    explicit forest(std::uint64_t seed) : random(seed) {}

    support::seeded_random random;
    testimony seen;
    std::vector<rill::stop_source> sources{3};
    int nodes_left = 150;
};

/// Which nodes there may be below: under a shield nothing may wait for ever.
enum class patience { endless, bounded };

rill::task<int> node(forest& in, int depth, patience may);

rill::task<int> leaf(forest& in, patience may) {
    const witness here(in.seen);
    switch (in.random.below(7)) {
        case 0:
            co_return 1;
        case 1:
            co_await rill::yield();
            break;
        case 2:
            co_await rill::sleep_for(std::chrono::microseconds(in.random.below(200)));
            break;
        case 3:
            if (in.random.one_in(4)) throw expected_failure();
            break;
        case 4:
            in.sources[in.random.below(in.sources.size())].request_stop();
            break;
        case 5:
            in.sources[in.random.below(in.sources.size())] = rill::stop_source();
            co_await rill::yield();
            break;
        default:
            if (may == patience::endless) co_await rill::sleep_for(1h);
            break;
    }
    co_return 1;
}

support::foreign_task<int> foreign_node(forest& in, patience may) {
    const witness here(in.seen);
    co_await rill::yield();
    co_return may == patience::endless ? 1 : 2;
}

rill::task<int> group_node(forest& in, int depth, patience may) {
    const witness here(in.seen);
    const auto body = [&](rill::task_group& group) -> rill::task<int> {
        const witness inside(in.seen);
        const std::size_t count = in.random.below(4);
        for (std::size_t i = 0; i < count; ++i) {
            group.spawn(node(in, depth - 1, may));
            if (in.random.one_in(3)) co_await rill::yield();
        }
        if (in.random.one_in(4)) group.stop();
        if (in.random.one_in(3)) co_await group.join();
        co_return co_await node(in, depth - 1, may);
    };
    co_return co_await rill::with_task_group(body);
}

rill::task<int> scope_node(forest& in, int depth, patience may) {
    const witness here(in.seen);
    switch (in.random.below(8)) {
        case 0: {
            const auto [a, b, c] =
                co_await rill::when_all(node(in, depth - 1, may), node(in, depth - 1, may), rill::sleep_for(20us));
            co_return a + b;
        }
        case 1: {
            std::vector<rill::task<int>> many;
            for (std::size_t i = in.random.below(4); i > 0; --i) many.push_back(node(in, depth - 1, may));
            const std::vector<int> values = co_await rill::when_all(std::move(many));
            co_return static_cast<int>(values.size());
        }
        case 2: {
            const auto limit = std::chrono::microseconds(in.random.below(300));
            const auto value = co_await rill::as_result(rill::timeout(limit, node(in, depth - 1, may)));
            co_return value ? value.value() : 0;
        }
        case 3: {
            const rill::stop_token token = in.sources[in.random.below(in.sources.size())].get_token();
            const auto value = co_await rill::with_stop(token, node(in, depth - 1, may));
            co_return value.value_or(0);
        }
        case 4:
            co_return co_await rill::shield(node(in, depth - 1, patience::bounded));
        case 5:
            co_return co_await group_node(in, depth, may);
        case 6:
            co_return co_await foreign_node(in, may);
        default:
            co_return co_await rill::timeout(1h, rill::shield(rill::timeout(1ms, node(in, depth - 1, may))));
    }
}

rill::task<int> node(forest& in, int depth, patience may) {
    const witness here(in.seen);
    if (depth == 0 || --in.nodes_left < 0) co_return co_await leaf(in, may);
    if (!in.random.one_in(5)) co_return co_await scope_node(in, depth, may);
    try {
        co_return co_await scope_node(in, depth, may);
    } catch (const expected_failure&) {
    } catch (const std::system_error&) {
    }
    co_await rill::yield();
    co_return 0;
}

/// The whole tree, whose own failures are part of the game.
rill::task<> whole_tree(forest& in) {
    const witness here(in.seen);
    for (int i = 0; i < 3; ++i) {
        try {
            co_await node(in, 6, patience::endless);
        } catch (const expected_failure&) {
        } catch (const std::system_error&) {
        }
    }
}

rill::task<> stop_later(forest& in, rill::stop_source source) {
    const witness here(in.seen);
    for (std::size_t i = in.random.below(30); i > 0; --i) co_await rill::yield();
    co_await rill::sleep_for(std::chrono::microseconds(in.random.below(500)));
    source.request_stop();
}

}  // namespace

TEST_CASE("random trees that are stopped by one of their own thread end with every frame destroyed") {
    support::seeded_random random;
    for (int round = 0; round < 1000; ++round) {
        const std::uint64_t seed = random.next();
        INFO(random.replay() << ", round " << round);
        forest in(seed);
        {
            rill::stop_source source;
            const auto body = [&]() -> rill::task<> {
                co_await rill::when_all(rill::with_stop(source.get_token(), whole_tree(in)), stop_later(in, source));
            };
            rill::run(body());
        }
        REQUIRE(in.seen.alive == 0);
    }
}

TEST_CASE("random trees that are stopped by another thread end with every frame destroyed") {
    support::seeded_random random;
    support::helper_thread other;
    for (int round = 0; round < 1000; ++round) {
        INFO(random.replay() << ", round " << round);
        forest in(random.next());
        {
            rill::stop_source source;
            const auto delay = std::chrono::microseconds(random.below(400));
            other.call([mine = source, delay]() mutable {
                if (delay > 50us) std::this_thread::sleep_for(delay);
                mine.request_stop();
            });
            const auto body = [&]() -> rill::task<bool> {
                co_return co_await rill::with_stop(source.get_token(), whole_tree(in));
            };
            static_cast<void>(rill::run(body()));
        }
        REQUIRE(in.seen.alive == 0);
    }
}

TEST_CASE("random trees that are abandoned at a random moment leave no frame and no timer behind") {
    support::seeded_random random;
    for (int round = 0; round < 1000; ++round) {
        INFO(random.replay() << ", round " << round);
        forest in(random.next());
        rill::io_context context;
        const auto crash = [&]() -> rill::task<> {
            const witness here(in.seen);
            for (std::size_t i = in.random.below(60); i > 0; --i) co_await rill::yield();
            context.post([&] { context.abandon(); });
            co_await rill::sleep_for(1h);
        };
        rill::stop_source source;
        const auto body = [&]() -> rill::task<> {
            co_await rill::when_all(rill::with_stop(source.get_token(), whole_tree(in)), crash(),
                                    stop_later(in, source));
        };
        std::error_code code;
        try {
            context.run(body());
        } catch (const std::system_error& error) {
            code = error.code();
        }
        REQUIRE(code == std::errc::operation_canceled);
        REQUIRE(in.seen.alive == 0);
        REQUIRE(context.timers().empty());
    }
}
