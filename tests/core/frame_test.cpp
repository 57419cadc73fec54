// SPDX-License-Identifier: MIT
// Depth: however long a chain of awaits is, however deep the tree, the stack stays small. Everything runs on 256 KiB.
#include <rill/core/finally.hpp>
#include <rill/core/first_success.hpp>
#include <rill/core/frame.hpp>
#include <rill/core/run.hpp>
#include <rill/core/shield.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/stop_token.hpp>
#include <rill/core/task.hpp>
#include <rill/core/task_group.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/when_any.hpp>
#include <rill/core/with_stop.hpp>

#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

#include "support/catch.hpp"
#include "support/small_stack.hpp"
#include "support/witness.hpp"

using namespace std::chrono_literals;
using support::on_small_stack;
using support::testimony;
using support::witness;

namespace {

constexpr int chain_length = 100'000;
constexpr int scope_depth = 10'000;

/// What happens at the bottom of a chain.
enum class bottom { finishes, finishes_later, fails, fails_later, waits };

struct depth_record {
    testimony seen;
    int ended_at = -1;     // the level whose frame ended last
    bool in_order = true;  // each frame ended after the one below it
};

/// Ends with the frame of one level, and checks that the level below has ended before.
class level_witness {
  public:
    level_witness(depth_record& record, int level) : record_(record), here_(record.seen), level_(level) {}
    ~level_witness() {
        if (record_.ended_at != level_ - 1) record_.in_order = false;
        record_.ended_at = level_;
    }
    level_witness(const level_witness&) = delete;
    level_witness& operator=(const level_witness&) = delete;

  private:
    depth_record& record_;
    witness here_;
    int level_;
};

rill::task<int> at_bottom(bottom what) {
    if (what == bottom::finishes_later || what == bottom::fails_later) co_await rill::yield();
    if (what == bottom::fails || what == bottom::fails_later) throw std::runtime_error("bottom");
    if (what == bottom::waits) co_await rill::sleep_for(1h);
    co_return 0;
}

rill::task<int> chain(int level, bottom what, depth_record& record) {
    const level_witness here(record, level);
    if (level == 0) co_return co_await at_bottom(what);
    const int below = co_await chain(level - 1, what, record);
    co_return below + 1;
}

/// Stops itself once it waits: the chain that it runs beside is parked by then.
rill::task<> stop_soon(rill::stop_source& source) {
    co_await rill::yield();
    while (!source.request_stop()) co_await rill::yield();
}

enum class scope_kind { timeout, when_all, group, when_any, first_success, cleanup, mixed };

rill::task<int> scopes(int level, scope_kind kind, bottom what, depth_record& record);

rill::task<int> in_group(int level, scope_kind kind, bottom what, depth_record& record) {
    int below = 0;
    const auto body = [&](rill::task_group& group) -> rill::task<> {
        const auto child = [&]() -> rill::task<> { below = co_await scopes(level - 1, kind, what, record); };
        group.spawn(child);
        co_return;
    };
    co_await rill::with_task_group(body);
    co_return below;
}

/// One that ends as soon, or as late, as what it cleans up after.
bottom cleanup_beside(bottom what) {
    return what == bottom::finishes || what == bottom::fails ? bottom::finishes : bottom::finishes_later;
}

rill::task<int> scopes(int level, scope_kind kind, bottom what, depth_record& record) {
    const level_witness here(record, level);
    if (level == 0) co_return co_await at_bottom(what);
    int below = 0;
    switch (kind) {
        case scope_kind::timeout:
            below = co_await rill::timeout(1h, scopes(level - 1, kind, what, record));
            break;
        case scope_kind::when_all: {
            const auto [deep, flat] =
                co_await rill::when_all(scopes(level - 1, kind, what, record), at_bottom(bottom::finishes));
            below = deep + flat;
            break;
        }
        case scope_kind::group:
            below = co_await in_group(level, kind, what, record);
            break;
        case scope_kind::when_any: {
            const auto [deep, flat] =
                co_await rill::when_any(scopes(level - 1, kind, what, record), at_bottom(bottom::waits));
            below = deep.value_or(0);
            break;
        }
        case scope_kind::first_success:
            below = co_await rill::first_success(scopes(level - 1, kind, what, record), at_bottom(bottom::fails_later));
            break;
        case scope_kind::cleanup:
            below = co_await rill::finally(scopes(level - 1, kind, what, record),
                                           [what] { return at_bottom(cleanup_beside(what)); });
            break;
        case scope_kind::mixed:
            below = co_await rill::timeout(
                1h, rill::shield(rill::timeout(1h, rill::timeout(1h, scopes(level - 1, kind, what, record)))));
            break;
    }
    co_return below + 1;
}

constexpr scope_kind all_scope_kinds[] = {scope_kind::timeout,  scope_kind::when_all,      scope_kind::group,
                                          scope_kind::when_any, scope_kind::first_success, scope_kind::cleanup};
constexpr scope_kind all_and_mixed[] = {scope_kind::timeout,  scope_kind::when_all,      scope_kind::group,
                                        scope_kind::when_any, scope_kind::first_success, scope_kind::cleanup,
                                        scope_kind::mixed};

}  // namespace

TEST_CASE("ten million awaits that complete at once fit a stack of 256 KiB") {
    long sum = 0;
    on_small_stack([&] {
        const auto one = []() -> rill::task<int> { co_return 1; };
        const auto loop = [&]() -> rill::task<> {
            for (int i = 0; i < 10'000'000; ++i) sum += co_await one();
        };
        rill::run(loop());
    });
    CHECK(sum == 10'000'000);
}

TEST_CASE("a million yields, and a million awaits of a task that yields, fit a stack of 256 KiB") {
    long sum = 0;
    on_small_stack([&] {
        const auto one = []() -> rill::task<int> {
            co_await rill::yield();
            co_return 1;
        };
        const auto loop = [&]() -> rill::task<> {
            for (int i = 0; i < 1'000'000; ++i) {
                co_await rill::yield();
                sum += co_await one();
            }
        };
        rill::run(loop());
    });
    CHECK(sum == 1'000'000);
}

TEST_CASE("a chain of 100 000 nested tasks finishes on a stack of 256 KiB, innermost frame first") {
    for (const bottom what : {bottom::finishes, bottom::finishes_later}) {
        depth_record record;
        int value = 0;
        on_small_stack([&] { value = rill::run(chain(chain_length, what, record)); });
        CHECK(value == chain_length);
        CHECK(record.in_order);
        CHECK(record.seen.alive == 0);
    }
}

TEST_CASE("a chain of 100 000 nested tasks fails on a stack of 256 KiB, innermost frame first") {
    for (const bottom what : {bottom::fails, bottom::fails_later}) {
        depth_record record;
        bool failed = false;
        on_small_stack([&] {
            try {
                rill::run(chain(chain_length, what, record));
            } catch (const std::runtime_error&) {
                failed = true;
            }
        });
        CHECK(failed);
        CHECK(record.in_order);
        CHECK(record.seen.alive == 0);
    }
}

TEST_CASE("a chain of 100 000 nested tasks that waits at the bottom is stopped on a stack of 256 KiB") {
    depth_record record;
    bool stopped = false;
    on_small_stack([&] {
        rill::stop_source source;
        const auto body = [&]() -> rill::task<> {
            const auto [value, done] = co_await rill::when_all(
                rill::with_stop(source.get_token(), chain(chain_length, bottom::waits, record)), stop_soon(source));
            stopped = !value;
        };
        rill::run(body());
    });
    CHECK(stopped);
    CHECK(record.in_order);
    CHECK(record.seen.made == chain_length + 1);
    CHECK(record.seen.alive == 0);
}

TEST_CASE("a chain of 100 000 nested tasks is abandoned on a stack of 256 KiB, innermost frame first") {
    depth_record record;
    bool told = false;
    on_small_stack([&] {
        rill::io_context context;
        const auto body = [&]() -> rill::task<> { co_await chain(chain_length, bottom::waits, record); };
        const auto crash = [&] { context.abandon(); };
        const auto later = [&]() -> rill::task<> {
            co_await rill::sleep_for(1ms);
            context.post(crash);
            co_await rill::sleep_for(1h);
        };
        const auto both = [&]() -> rill::task<> { co_await rill::when_all(body(), later()); };
        try {
            context.run(both());
        } catch (const std::system_error& error) {
            told = error.code() == std::errc::operation_canceled;
        }
    });
    CHECK(told);
    CHECK(record.in_order);
    CHECK(record.seen.alive == 0);
}

TEST_CASE("100 000 tasks that each own the one they await finish on a stack of 256 KiB") {
    testimony seen;
    on_small_stack([&] {
        const auto wrap = [&seen](rill::task<> inner) -> rill::task<> {
            const witness here(seen);
            co_await std::move(inner);
        };
        const auto innermost = []() -> rill::task<> { co_await rill::yield(); };
        rill::task<> whole = innermost();
        for (int i = 0; i < chain_length; ++i) whole = wrap(std::move(whole));
        rill::run(std::move(whole));
    });
    CHECK(seen.made == chain_length);
    CHECK(seen.alive == 0);
}

TEST_CASE("100 000 tasks that each own the one they await are stopped on a stack of 256 KiB") {
    testimony seen;
    on_small_stack([&] {
        const auto wrap = [&seen](rill::task<> inner) -> rill::task<> {
            const witness here(seen);
            co_await std::move(inner);
        };
        const auto innermost = []() -> rill::task<> { co_await rill::sleep_for(1h); };
        rill::task<> whole = innermost();
        for (int i = 0; i < chain_length; ++i) whole = wrap(std::move(whole));
        rill::stop_source source;
        const auto body = [&]() -> rill::task<> {
            co_await rill::when_all(rill::with_stop(source.get_token(), std::move(whole)), stop_soon(source));
        };
        rill::run(body());
    });
    CHECK(seen.made == chain_length);
    CHECK(seen.alive == 0);
}

TEST_CASE("10 000 nested scopes finish on a stack of 256 KiB, innermost first") {
    for (const scope_kind kind : all_and_mixed) {
        for (const bottom what : {bottom::finishes, bottom::finishes_later}) {
            depth_record record;
            int value = 0;
            on_small_stack([&] { value = rill::run(scopes(scope_depth, kind, what, record)); });
            CHECK(value == scope_depth);
            CHECK(record.in_order);
            CHECK(record.seen.alive == 0);
        }
    }
}

TEST_CASE("10 000 nested scopes fail on a stack of 256 KiB, innermost first") {
    for (const scope_kind kind : all_and_mixed) {
        depth_record record;
        bool failed = false;
        on_small_stack([&] {
            try {
                rill::run(scopes(scope_depth, kind, bottom::fails_later, record));
            } catch (const std::runtime_error&) {
                failed = kind != scope_kind::first_success;
            } catch (const rill::all_failed&) {
                failed = kind == scope_kind::first_success;
            }
        });
        CHECK(failed);
        CHECK(record.in_order);
        CHECK(record.seen.alive == 0);
    }
}

TEST_CASE("10 000 nested scopes are stopped on a stack of 256 KiB, innermost first") {
    for (const scope_kind kind : all_scope_kinds) {
        depth_record record;
        bool stopped = false;
        on_small_stack([&] {
            rill::stop_source source;
            const auto deep = [&]() -> rill::task<> { co_await scopes(scope_depth, kind, bottom::waits, record); };
            const auto later = [&]() -> rill::task<> {
                while (record.seen.made <= scope_depth) co_await rill::yield();
                co_await rill::yield();
                source.request_stop();
            };
            const auto body = [&]() -> rill::task<> {
                const auto [whole, done] =
                    co_await rill::when_all(rill::with_stop(source.get_token(), deep()), later());
                stopped = !whole;
            };
            rill::run(body());
        });
        CHECK(stopped);
        CHECK(record.in_order);
        CHECK(record.seen.made == scope_depth + 1);
        CHECK(record.seen.alive == 0);
    }
}

TEST_CASE("10 000 nested scopes are abandoned on a stack of 256 KiB, innermost first") {
    for (const scope_kind kind : all_scope_kinds) {
        depth_record record;
        on_small_stack([&] {
            rill::io_context context;
            const auto later = [&]() -> rill::task<> {
                while (record.seen.made <= scope_depth) co_await rill::yield();
                co_await rill::yield();
                context.post([&] { context.abandon(); });
            };
            const auto body = [&]() -> rill::task<> {
                co_await rill::when_all(scopes(scope_depth, kind, bottom::waits, record), later());
            };
            try {
                context.run(body());
            } catch (const std::system_error&) {
            }
        });
        CHECK(record.in_order);
        CHECK(record.seen.alive == 0);
    }
}

TEST_CASE("a task that starts deep in a chain is resumed before others that are ready") {
    std::string log;
    const auto other = [&]() -> rill::task<> {
        log += 'o';
        co_return;
    };
    std::function<rill::task<>(int)> down = [&](int level) -> rill::task<> {
        if (level == 0) {
            log += 'b';
            co_return;
        }
        co_await down(level - 1);
    };
    const auto body = [&]() -> rill::task<> {
        const auto in_group = [&](rill::task_group& group) -> rill::task<> {
            group.spawn(other());
            co_await down(static_cast<int>(rill::inline_depth) * 3);
        };
        co_await rill::with_task_group(in_group);
    };
    rill::run(body());
    CHECK(log == "bo");
}
