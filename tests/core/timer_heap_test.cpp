// SPDX-License-Identifier: MIT
#include <rill/core/timer_heap.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/seeded_random.hpp"

using rill::instant;

namespace {

/// Writes its name into a list when it expires.
class named_timer final : public rill::timer {
  public:
    named_timer(std::vector<int>& to, int name) : to_(to), name_(name) {}
    [[nodiscard]] int name() const { return name_; }

  private:
    void expired() noexcept override { to_.push_back(name_); }
    std::vector<int>& to_;
    int name_;
};

constexpr instant earliest = std::numeric_limits<instant>::min();

void expire_all(rill::timer_heap& heap, instant now) {
    while (heap.expire_one(now)) {
    }
}

}  // namespace

TEST_CASE("timers expire by deadline, and those with the same deadline in the order in which they were added") {
    std::vector<int> order;
    rill::timer_heap heap;
    std::vector<std::unique_ptr<named_timer>> all;
    const int deadlines[] = {5, 3, 5, 1, 3, 5, 1};
    for (int i = 0; i < 7; ++i) {
        all.push_back(std::make_unique<named_timer>(order, i));
        CHECK(heap.add(*all.back(), deadlines[i]));
    }
    CHECK(heap.first() == 1);
    expire_all(heap, 10);
    CHECK(order == std::vector<int>{3, 6, 1, 4, 0, 2, 5});
    CHECK(heap.empty());
}

TEST_CASE("a timer does not expire before its deadline, and does at it") {
    std::vector<int> order;
    rill::timer_heap heap;
    named_timer one(order, 1);
    CHECK(heap.add(one, 100));
    CHECK_FALSE(heap.expire_one(99));
    CHECK(one.pending());
    CHECK(heap.expire_one(100));
    CHECK_FALSE(one.pending());
    CHECK(order.size() == 1);
}

TEST_CASE("a timer that is cancelled does not expire, and cancelling it again does nothing") {
    std::vector<int> order;
    rill::timer_heap heap;
    named_timer one(order, 1);
    named_timer two(order, 2);
    CHECK(heap.add(one, 1));
    CHECK(heap.add(two, 2));
    heap.cancel(one);
    heap.cancel(one);
    CHECK_FALSE(one.pending());
    expire_all(heap, 10);
    CHECK(order == std::vector<int>{2});
    CHECK(heap.add(one, 3));  // it can be used again
    expire_all(heap, 10);
    CHECK(order == std::vector<int>{2, 1});
}

TEST_CASE("a deadline of never does not come, and the least one has passed") {
    std::vector<int> order;
    rill::timer_heap heap;
    named_timer unreachable(order, 1);
    named_timer always(order, 2);
    CHECK(heap.add(unreachable, rill::never));
    CHECK(heap.add(always, earliest));
    expire_all(heap, rill::never);
    CHECK(order == std::vector<int>{2});
    heap.cancel(unreachable);
    CHECK(heap.empty());
}

TEST_CASE("100 000 timers added, cancelled and expired at random do what a sorted map does") {
    support::seeded_random random;
    INFO(random.replay());
    std::vector<int> expired;
    rill::timer_heap heap;
    std::vector<std::unique_ptr<named_timer>> all;
    std::map<std::pair<instant, std::size_t>, int> model;
    std::vector<std::pair<instant, std::size_t>> keys;  // a timer's place in the model
    std::size_t order = 0;
    std::size_t wrong = 0;
    instant now = 0;
    for (int i = 0; i < 100'000; ++i) {
        all.push_back(std::make_unique<named_timer>(expired, i));
        const instant when = now + static_cast<instant>(random.below(5000));
        wrong += heap.add(*all.back(), when) ? 0 : 1;
        keys.emplace_back(when, order);
        model.emplace(keys.back(), i);
        ++order;
        if (random.one_in(2)) {
            const std::size_t which = random.below(all.size());
            wrong += all[which]->pending() == model.contains(keys[which]) ? 0 : 1;
            heap.cancel(*all[which]);
            model.erase(keys[which]);
        }
        if (random.one_in(3)) {
            now += static_cast<instant>(random.below(20));
            expired.clear();
            expire_all(heap, now);
            for (const int name : expired) {
                if (model.empty() || model.begin()->second != name || model.begin()->first.first > now) ++wrong;
                if (!model.empty()) model.erase(model.begin());
            }
            if (!model.empty() && model.begin()->first.first <= now) ++wrong;
        }
        if (heap.empty() != model.empty() || (!model.empty() && heap.first() != model.begin()->first.first)) ++wrong;
    }
    CHECK(wrong == 0);
    CHECK(model.size() > 100);
    for (const auto& each : all) heap.cancel(*each);
    CHECK(heap.empty());
}
