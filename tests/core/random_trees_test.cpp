// SPDX-License-Identifier: MIT
// Random trees of combinators over operations, each made from a seed, stopped at a random moment from this thread or
// another. Afterwards no frame is left, every scope had outlived its children, no descriptor is open, and every byte that
// an operation says it has moved has moved once. A failure, or a tree that hangs, prints the seed:
//     RILL_TEST_SEED=<seed> core_test "*random trees*"    runs that tree alone, some hundred times
#include <rill/core/as_result.hpp>
#include <rill/core/blocking.hpp>
#include <rill/core/finally.hpp>
#include <rill/core/first_success.hpp>
#include <rill/core/generator.hpp>
#include <rill/core/get_stop_token.hpp>
#include <rill/core/run.hpp>
#include <rill/core/shield.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>
#include <rill/core/task_group.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/when_any.hpp>
#include <rill/core/with_stop.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/descriptors.hpp"
#include "support/helper_thread.hpp"
#include "support/tcp_pair.hpp"

#if defined(__SANITIZE_THREAD__)
#define RILL_TEST_TREES 1000
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RILL_TEST_TREES 1000
#endif
#endif
#ifdef _WIN32
#define RILL_TEST_TREES 300  // each looks at all handles, which is slow under wine
#endif
#ifndef RILL_TEST_TREES
#define RILL_TEST_TREES 10000
#endif

using namespace std::chrono_literals;

namespace {

/// A small generator: each node of a tree has one, so that the tree does not depend on who runs first.
class dice {
  public:
    explicit dice(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() {
        std::uint64_t mixed = (state_ += 0x9e3779b97f4a7c15U);
        mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
        mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
        return mixed ^ (mixed >> 31U);
    }
    int below(int limit) { return static_cast<int>(next() % static_cast<std::uint64_t>(limit)); }
    bool one_in(int count) { return below(count) == 0; }

  private:
    std::uint64_t state_;
};

/// One direction of a connection, and what has gone through it: a running number a byte.
struct channel_record {
    rill::tcp_stream* from = nullptr;
    rill::tcp_stream* to = nullptr;
    std::size_t sent = 0;
    std::size_t received = 0;
    bool sending = false;  // a stream has one writer and one reader at a time
    bool receiving = false;
};

/// What one tree does, and what was wrong about it.
struct world {
    explicit world(support::helper_thread& thread) : other(thread) {}

    support::helper_thread& other;
    std::array<rill::stop_source, 3> sources{};
    std::array<channel_record, 2> channels{};
    int frames = 0;
    std::string wrong;
    std::shared_ptr<std::atomic<int>> callbacks = std::make_shared<std::atomic<int>>(0);

    void expect(bool holds, const char* what) {
        if (holds) return;
        wrong += what;
        wrong += "; ";
    }
};

/// Counts a frame, which owns it as a parameter, with the tree and with the scope that it is a child of.
class frame_mark {
  public:
    frame_mark(world& of, int& siblings) : world_(&of), siblings_(&siblings) {
        ++of.frames;
        ++siblings;
    }
    frame_mark(frame_mark&& other) noexcept
        : world_(std::exchange(other.world_, nullptr)), siblings_(other.siblings_) {}
    frame_mark& operator=(frame_mark&&) = delete;
    ~frame_mark() {
        if (world_ == nullptr) return;
        --world_->frames;
        --*siblings_;
    }

  private:
    world* world_;  // null: moved from
    int* siblings_;
};

/// Stands in a frame before its children: they must be gone when it goes.
class children_count {
  public:
    explicit children_count(world& of) : world_(of) {}
    ~children_count() { world_.expect(alive == 0, "a scope has ended before its children"); }
    children_count(const children_count&) = delete;
    children_count& operator=(const children_count&) = delete;

    int alive = 0;

  private:
    world& world_;
};

class flag_guard {
  public:
    explicit flag_guard(bool& flag) : flag_(flag) { flag_ = true; }
    ~flag_guard() { flag_ = false; }
    flag_guard(const flag_guard&) = delete;
    flag_guard& operator=(const flag_guard&) = delete;

  private:
    bool& flag_;
};

char byte_at(std::size_t number) { return static_cast<char>(number % 251); }

/// Where a node stands: how much may still come below it, and whether it has to end by itself.
struct place {
    int depth;
    bool finite;
    [[nodiscard]] place below() const { return {depth - 1, finite}; }
    [[nodiscard]] place must_end() const { return {depth - 1, true}; }
};

rill::task<int> node(world& in, std::uint64_t seed, place where, frame_mark mark);

/// Makes the children of one node.
struct children_of {
    world& in;
    dice& roll;
    children_count& count;

    rill::task<int> child(place where) const { return node(in, roll.next(), where, frame_mark(in, count.alive)); }
    std::vector<rill::task<int>> some(place where) const {
        std::vector<rill::task<int>> all;
        for (int i = roll.below(4); i >= 0; --i) all.push_back(child(where));
        return all;
    }
};

// ---- leaves ----

rill::task<int> send_some(world& in, channel_record& on, std::size_t size, frame_mark) {
    const flag_guard busy(on.sending);
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += byte_at(on.sent + i);
    const std::size_t count = co_await on.from->send(text);
    in.expect(count > 0 && count <= size, "a send of nothing, or of too much");
    on.sent += count;
    co_return 1;
}

void note_received(world& in, channel_record& on, std::span<const char> bytes) {
    for (const char each : bytes) in.expect(each == byte_at(on.received++), "a byte is lost, or came twice");
}

/// Receives in one of the ways in which a combinator can end an operation without a coroutine around it.
rill::task<int> recv_some(world& in, channel_record& on, int way, rill::stop_source source, frame_mark) {
    const flag_guard busy(on.receiving);
    std::array<char, 16> buffer;
    std::size_t size = 0;
    if (way == 0) {
        size = co_await on.to->recv(buffer);
    } else if (way == 1) {
        const auto got = co_await rill::as_result(rill::timeout(50us, on.to->recv(buffer)));
        if (got) size = *got;
    } else if (way == 2) {
        const auto got = co_await rill::with_stop(source.get_token(), on.to->recv(buffer));
        size = got.value_or(0);
    } else {
        const auto [slept, got] = co_await rill::when_any(rill::sleep_for(30us), on.to->recv(buffer));
        size = got.value_or(0);
    }
    note_received(in, on, std::span(buffer).first(size));
    co_return 2;
}

rill::task<int> fail(bool code, int yields, frame_mark) {
    for (int i = 0; i < yields; ++i) co_await rill::yield();
    if (code) throw std::system_error(std::make_error_code(std::errc::io_error));
    throw std::runtime_error("a random error");
}

rill::task<int> leaf(world& in, dice& roll, bool finite, int& siblings) {
    const auto mark = [&] { return frame_mark(in, siblings); };
    channel_record& channel = in.channels[static_cast<std::size_t>(roll.below(2))];
    rill::stop_source& source = in.sources[static_cast<std::size_t>(roll.below(3))];
    const int amount = roll.below(8);
    const int kind = roll.below(15);
    if (kind == 0) return fail(roll.one_in(2), amount / 2, mark());
    if (kind <= 3 && channel.from != nullptr && !channel.sending && !finite)
        return send_some(in, channel, static_cast<std::size_t>(amount + 1), mark());
    if (kind <= 7 && channel.to != nullptr && !channel.receiving && !finite)
        return recv_some(in, channel, roll.below(4), source, mark());
    if (kind <= 9)
        return [](int us, frame_mark) -> rill::task<int> {
            co_await rill::sleep_for(std::chrono::microseconds(us * 25));
            co_return 3;
        }(amount, mark());
    if (kind == 10)
        return [](rill::stop_source stops, frame_mark) -> rill::task<int> {
            stops.request_stop();
            co_return 4;
        }(source, mark());
    if (kind == 11)
        return [](std::shared_ptr<std::atomic<int>> called, world& of, frame_mark) -> rill::task<int> {
            const rill::stop_token token = co_await rill::get_stop_token();
            const rill::stop_callback on_stop(token, [called] { ++*called; });
            if (called->load() % 4 == 0) of.other.call([token] { static_cast<void>(token.stop_requested()); });
            co_await rill::sleep_for(20us);
            co_return 5;
        }(in.callbacks, in, mark());
    if (kind == 12)
        return [](int given, frame_mark) -> rill::task<int> {
            co_return co_await rill::blocking([](int value) { return value; }, given);
        }(amount, mark());
    return [](int yields, frame_mark) -> rill::task<int> {
        for (int i = 0; i <= yields; ++i) co_await rill::yield();
        co_return 6;
    }(amount, mark());
}

// ---- scopes ----

rill::task<int> in_group(children_of make, place where) {
    const auto body = [&](rill::task_group& group) -> rill::task<int> {
        std::vector<rill::spawned> handles;
        for (int i = make.roll.below(4); i >= 0; --i) {
            if (make.roll.one_in(3)) {
                co_await group.room();
                handles.push_back(group.spawn(make.child(where)));
            } else if (group.size() < 3) {
                group.spawn(make.child(where));
            }
            if (make.roll.one_in(3)) co_await rill::yield();
        }
        if (!handles.empty() && make.roll.one_in(2)) handles.back().stop();
        if (!handles.empty() && make.roll.one_in(2)) {
            auto kept = std::make_shared<std::vector<rill::spawned>>(std::move(handles));
            make.in.other.call([kept] { kept->front().stop(); });  // perhaps long after the child
        }
        if (make.roll.one_in(3)) group.stop();
        if (make.roll.one_in(2)) co_await group.join();
        co_return 7;
    };
    co_return co_await rill::with_task_group(body, 3);
}

rill::task<int> in_finally(children_of make, place where) {
    bool cleaned = false;
    const auto cleanup = [&]() -> rill::task<> {
        cleaned = true;
        static_cast<void>(co_await make.child(where.must_end()));
    };
    class checks_cleanup {
      public:
        checks_cleanup(world& of, const bool& cleaned) : world_(of), cleaned_(cleaned) {}
        ~checks_cleanup() { world_.expect(cleaned_, "a cleanup did not run"); }
        checks_cleanup(const checks_cleanup&) = delete;
        checks_cleanup& operator=(const checks_cleanup&) = delete;

      private:
        world& world_;
        const bool& cleaned_;
    };
    const checks_cleanup at_end(make.in, cleaned);
    co_return co_await rill::finally(make.child(where), cleanup);
}

rill::task<int> in_with_stop(children_of make, place where) {
    rill::stop_source own;
    rill::stop_source& source =
        make.roll.one_in(2) ? own : make.in.sources[static_cast<std::size_t>(make.roll.below(3))];
    if (make.roll.one_in(3)) make.in.other.call([mine = source]() mutable { mine.request_stop(); });
    const std::optional<int> value = co_await rill::with_stop(source.get_token(), make.child(where));
    co_return value.value_or(8);
}

rill::generator<int> values_of_children(children_of make, place where, int count, frame_mark) {
    for (; count != 0; --count) {
        const int value = co_await make.child(where);
        co_yield value;
    }
}

/// Takes some of the values, or all; a time-out ends the generator halfway.
rill::task<int> in_generator(children_of make, place where) {
    rill::generator<int> values =
        values_of_children(make, where, make.roll.below(4), frame_mark(make.in, make.count.alive));
    int sum = 0;
    while (!make.roll.one_in(5)) {
        const int* value = nullptr;
        if (make.roll.one_in(3)) {
            const auto limit = std::chrono::microseconds(make.roll.below(50));
            const auto got = co_await rill::as_result(rill::timeout(limit, values.next()));
            value = got ? *got : nullptr;
        } else {
            value = co_await values.next();
        }
        if (value == nullptr) break;
        sum += *value;
    }
    co_return sum;
}

rill::task<int> in_scope(children_of make, place where, int kind) {
    const place below = where.below();
    if (kind == 0) {
        const auto [a, b, c] = co_await rill::when_all(make.child(below), rill::sleep_for(10us), make.child(below));
        co_return a + c;
    }
    if (kind == 1) {
        const std::vector<int> all = co_await rill::when_all(make.some(below));
        co_return static_cast<int>(all.size());
    }
    if (kind == 2) {
        const auto [a, b, c] = co_await rill::when_any(make.child(below), make.child(below), make.child(below));
        make.in.expect(a || b || c, "when_any has ended with nothing");
        co_return 9;
    }
    if (kind == 3) {
        const std::vector<std::optional<int>> all = co_await rill::when_any(make.some(below));
        bool any = false;
        for (const std::optional<int>& each : all) any = any || each.has_value();
        make.in.expect(any, "when_any of a vector has ended with nothing");
        co_return 10;
    }
    if (kind == 4) co_return co_await rill::first_success(make.child(below), make.child(below));
    if (kind == 5) co_return co_await rill::first_success(make.some(below));
    if (kind == 6)
        co_return co_await rill::timeout(std::chrono::microseconds(make.roll.below(100) - 2), make.child(below));
    if (kind == 7) co_return co_await rill::shield(make.child(where.must_end()));
    if (kind == 8) co_return co_await in_finally(make, below);
    if (kind == 9) co_return co_await in_with_stop(make, below);
    if (kind == 10) co_return co_await in_group(make, below);
    if (kind == 11) co_return co_await in_generator(make, below);
    co_return co_await make.child(below);
}

rill::task<int> node(world& in, std::uint64_t seed, place where, frame_mark) {
    dice roll(seed);
    children_count children(in);
    int value = 0;
    try {
        const children_of make{in, roll, children};
        if (where.depth <= 0 || roll.one_in(8)) {
            value = co_await leaf(in, roll, where.finite, children.alive);
        } else if (roll.one_in(6)) {
            const auto got = co_await rill::as_result(in_scope(make, where, roll.below(13)));
            value = got ? *got : -1;
        } else {
            value = co_await in_scope(make, where, roll.below(13));
        }
    } catch (const std::exception&) {
        in.expect(children.alive == 0, "an error has come out before the children had ended");
        if (roll.one_in(3)) throw;
        value = -2;
    }
    in.expect(children.alive == 0, "a scope has gone on before its children had ended");
    co_return value;
}

// ---- one tree ----

/// Everything that was sent and not received must still be there.
rill::task<> drain(world& in) {
    for (channel_record& each : in.channels) {
        if (each.from == nullptr) continue;
        each.from->shutdown_send();
        const std::string rest = co_await support::rest_of(*each.to);
        note_received(in, each, rest);
        in.expect(each.received == each.sent, "bytes are missing, or too many");
    }
}

rill::task<> grow(world& in, std::uint64_t seed) {
    dice roll(seed);
    support::connection pair;
    if (roll.one_in(2)) {
        pair = co_await support::connected();
        in.channels[0].from = in.channels[1].to = &pair.client;
        in.channels[0].to = in.channels[1].from = &pair.server;
    }
    rill::stop_source end;
    const bool elsewhere = roll.one_in(2);
    const int when = roll.below(30);
    const auto stops = [&]() -> rill::task<> {
        if (elsewhere) {
            in.other.call([mine = end, spins = when * 10]() mutable {
                for (std::atomic<int> i{0}; i < spins; ++i) {
                }
                mine.request_stop();
            });
        } else {
            for (int i = 0; i < when / 3; ++i) co_await rill::yield();
            if (when % 3 != 0) co_await rill::sleep_for(std::chrono::microseconds(when * 4));
            end.request_stop();
        }
        co_return;
    };
    const auto tree = [&]() -> rill::task<> {
        children_count top(in);
        try {
            co_await node(in, roll.next(), place{3 + roll.below(5), false}, frame_mark(in, top.alive));
        } catch (const std::exception&) {
        }
    };
    co_await rill::when_all(rill::with_stop(end.get_token(), tree()), stops());
    in.expect(in.frames == 0, "frames are left");
    co_await drain(in);
}

/// Says which seed it was if a tree does not end.
class watchdog {
  public:
    watchdog() : thread_([this] { watch(); }) {}
    ~watchdog() {
        ended_ = true;
        thread_.join();
    }
    watchdog(const watchdog&) = delete;
    watchdog& operator=(const watchdog&) = delete;

    void begin(std::uint64_t seed) { seed_ = seed; }

  private:
    void watch() {
        std::uint64_t last = 0;
        int unchanged = 0;
        while (!ended_) {
            std::this_thread::sleep_for(50ms);
            unchanged = last == seed_ ? unchanged + 1 : 0;
            last = seed_;
            if (unchanged < 1200) continue;
            std::fprintf(stderr, "a tree does not end: RILL_TEST_SEED=%llu\n", static_cast<unsigned long long>(last));
            std::abort();
        }
    }

    std::atomic<std::uint64_t> seed_{0};
    std::atomic<bool> ended_{false};
    std::thread thread_;
};

}  // namespace

TEST_CASE("random trees leave no frame, no child, no descriptor behind, and lose no byte, whenever they are stopped") {
    const char* const given = std::getenv("RILL_TEST_SEED");
    const std::uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
    const int trees = given != nullptr ? 300 : RILL_TEST_TREES;
    support::helper_thread other;
    watchdog watch;
    const std::vector<std::string> before = support::open_descriptors();
    for (int i = 0; i < trees; ++i) {
        const std::uint64_t seed = given != nullptr ? first : first + static_cast<std::uint64_t>(i);
        watch.begin(seed);
        world in(other);
        {
            rill::io_context context;
            context.run(grow(in, seed));
        }
        in.expect(in.frames == 0, "frames are left at the end");
        in.expect(support::open_descriptors() == before, "descriptors are left");
        INFO("RILL_TEST_SEED=" << seed);
        REQUIRE(in.wrong == "");
    }
}
