// SPDX-License-Identifier: MIT
#include <rill/core/stop_token.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/helper_thread.hpp"
#include "support/seeded_random.hpp"

using rill::stop_callback;
using rill::stop_source;
using rill::stop_token;

TEST_CASE("a stop is asked for once, and all copies of source and token tell of it") {
    stop_source source;
    const stop_source copy = source;
    const stop_token token = source.get_token();
    const stop_token second = token;
    CHECK(token.stop_possible());
    CHECK_FALSE(token.stop_requested());
    CHECK_FALSE(source.stop_requested());
    CHECK(source.request_stop());
    CHECK_FALSE(source.request_stop());
    CHECK(token.stop_requested());
    CHECK(second.stop_requested());
    CHECK(copy.stop_requested());
    CHECK(copy.get_token() == token);
    CHECK_FALSE(stop_source().get_token() == token);
}

TEST_CASE("a token without a source can never be stopped, and callbacks on it are never called") {
    const stop_token token;
    int called = 0;
    const stop_callback on_stop(token, [&] { ++called; });
    CHECK_FALSE(token.stop_possible());
    CHECK_FALSE(token.stop_requested());
    CHECK(called == 0);
    CHECK(token == stop_token());
}

TEST_CASE("a token outlives its source") {
    stop_token token;
    {
        stop_source source;
        token = source.get_token();
        source.request_stop();
    }
    CHECK(token.stop_requested());
    token = stop_token();
    CHECK_FALSE(token.stop_possible());
}

TEST_CASE("a source that was moved from asks for nothing") {
    stop_source first;
    stop_source second = std::move(first);
    CHECK_FALSE(first.request_stop());  // NOLINT(bugprone-use-after-move): that is what is tested
    CHECK_FALSE(first.stop_requested());
    CHECK(second.request_stop());
    first = second;
    CHECK(first.stop_requested());
}

TEST_CASE("a callback is called once when the stop is asked for, at once if it was, and not after its end") {
    stop_source source;
    int called = 0;
    std::optional<stop_callback<std::function<void()>>> gone;
    gone.emplace(source.get_token(), [&] { called += 100; });
    gone.reset();
    const stop_callback early(source.get_token(), [&] { ++called; });
    source.request_stop();
    CHECK(called == 1);
    source.request_stop();
    CHECK(called == 1);
    const stop_callback late(source.get_token(), [&] { called += 10; });
    CHECK(called == 11);
}

TEST_CASE("a callback sees that the stop was asked for, and may ask again, look and register inside its call") {
    stop_source source;
    bool seen = false;
    bool again = true;
    int inner_called = 0;
    const stop_callback on_stop(source.get_token(), [&] {
        seen = source.stop_requested();
        again = source.request_stop();
        const stop_callback inner(source.get_token(), [&] { ++inner_called; });
    });
    CHECK(source.request_stop());
    CHECK(seen);
    CHECK_FALSE(again);
    CHECK(inner_called == 1);
}

TEST_CASE("a callback may end inside its own call, with the last that had the source") {
    auto source = std::make_unique<stop_source>();
    std::optional<stop_callback<std::function<void()>>> on_stop;
    int called = 0;
    on_stop.emplace(source->get_token(), [&] {
        ++called;
        on_stop.reset();
    });
    source->request_stop();
    CHECK(called == 1);
    CHECK_FALSE(on_stop);

    const auto shared = std::make_shared<int>(1);  // the state must outlive the call that ends everything
    auto last = std::make_unique<stop_source>();
    on_stop.emplace(last->get_token(), [&, shared] {
        ++called;
        last.reset();
        on_stop.reset();  // and with it everything that was captured
    });
    last->request_stop();
    CHECK(called == 2);
    CHECK(shared.use_count() == 1);
}

TEST_CASE("a callback may end others that have not been called, and they are not") {
    stop_source source;
    using callback = stop_callback<std::function<void()>>;
    std::vector<std::unique_ptr<callback>> all(3);
    int called = 0;
    for (auto& each : all) {
        each = std::make_unique<callback>(source.get_token(), [&] {
            ++called;
            for (auto& one : all) one.reset();
        });
    }
    source.request_stop();
    CHECK(called == 1);
}

TEST_CASE("callbacks are called on the thread that asks, in the order in which they were registered") {
    stop_source source;
    std::string order;
    std::thread::id where;
    const stop_callback first(source.get_token(), [&] {
        order += '1';
        where = std::this_thread::get_id();
    });
    const stop_callback second(source.get_token(), [&] { order += '2'; });
    const stop_callback third(source.get_token(), [&] { order += '3'; });
    std::thread::id asker;
    std::thread other([&] {
        asker = std::this_thread::get_id();
        source.request_stop();
    });
    other.join();
    CHECK(where == asker);
    CHECK(order == "123");  // outer scopes register first: so they are stopped first, and win
}

TEST_CASE("a callback's destructor waits for its call on another thread") {
    for (int round = 0; round < 50; ++round) {
        stop_source source;
        std::atomic<bool> inside{false};
        std::atomic<bool> finished{false};
        std::thread other;
        {
            const stop_callback on_stop(source.get_token(), [&] {
                inside = true;
                for (int i = 0; i < 100; ++i) std::this_thread::yield();
                finished = true;
            });
            other = std::thread([&] { source.request_stop(); });
            while (!inside) std::this_thread::yield();
        }
        const bool waited = finished;
        other.join();
        CHECK(waited);
    }
}

TEST_CASE("of many threads that ask at the same time one asks first, and each callback is called once") {
    for (int round = 0; round < 100; ++round) {
        stop_source source;
        std::atomic<int> first{0};
        std::atomic<int> called{0};
        const auto count = [&] { ++called; };
        std::vector<std::unique_ptr<stop_callback<decltype(count)>>> all;
        for (int i = 0; i < 10; ++i)
            all.push_back(std::make_unique<stop_callback<decltype(count)>>(source.get_token(), count));
        std::vector<std::thread> threads;
        for (int i = 0; i < 3; ++i) threads.emplace_back([&] { first += source.request_stop() ? 1 : 0; });
        for (auto& each : threads) each.join();
        CHECK(first == 1);
        CHECK(called == 10);
    }
}

TEST_CASE("callbacks that come and go while another thread asks are called at most once, and never after their end") {
    support::helper_thread other;
    support::seeded_random random;
    INFO(random.replay());
    std::atomic<int> wrong{0};
    for (int round = 0; round < 2000; ++round) {
        auto source = std::make_unique<stop_source>();
        const stop_token token = source->get_token();
        other.call([mine = *source]() mutable { mine.request_stop(); });
        source.reset();
        for (int i = 0; i < 5; ++i) {
            const auto calls = std::make_unique<std::atomic<int>>(0);
            const bool before = token.stop_requested();
            {
                const stop_callback on_stop(token, [&] { ++*calls; });
                if (before && *calls != 1) ++wrong;
            }
            if (*calls > 1) ++wrong;
        }
        other.wait();
    }
    CHECK(wrong == 0);
}
