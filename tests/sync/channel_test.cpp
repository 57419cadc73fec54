// SPDX-License-Identifier: MIT
#include <rill/core/as_result.hpp>
#include <rill/core/run.hpp>
#include <rill/core/shield.hpp>
#include <rill/core/sleep.hpp>
#include <rill/core/stop_token.hpp>
#include <rill/core/task.hpp>
#include <rill/core/timeout.hpp>
#include <rill/core/when_all.hpp>
#include <rill/core/when_any.hpp>
#include <rill/core/with_stop.hpp>
#include <rill/sync/channel.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/every_backend.hpp"
#include "support/foreign_task.hpp"
#include "support/helper_thread.hpp"
#include "support/seeded_random.hpp"
#include "support/several_contexts.hpp"
#include "support/stopping_thread.hpp"
#include "support/turns_beside.hpp"
#include "support/witness.hpp"

using namespace std::chrono_literals;

namespace {

rill::task<> send_all(rill::channel<int>& to, int from, int until) {
    for (int each = from; each < until; ++each) co_await to.send(each);
}
rill::task<> receive_all(rill::channel<int>& from, std::vector<int>& into) {
    while (const std::optional<int> each = co_await from.recv()) into.push_back(*each);
}
std::vector<int> count_to(int end) {
    std::vector<int> all;
    for (int each = 0; each < end; ++each) all.push_back(each);
    return all;
}

}  // namespace

TEST_CASE("a channel passes values on in their order, whatever its capacity is") {
    const auto capacity = GENERATE(std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{100});
    CAPTURE(capacity);
    rill::channel<int> channel(capacity);
    std::vector<int> heard;
    const auto producer = [&]() -> rill::task<> {
        co_await send_all(channel, 0, 50);
        channel.close();
    };
    const auto body = [&]() -> rill::task<> { co_await rill::when_all(producer(), receive_all(channel, heard)); };
    rill::run(body());
    CHECK(heard == count_to(50));
}

TEST_CASE("a full channel makes its sender wait, and goes on with it when a value is received") {
    rill::channel<int> channel(2);
    int sent = 0;
    const auto producer = [&]() -> rill::task<> {
        for (; sent < 5; ++sent) co_await channel.send(sent);
    };
    const auto consumer = [&]() -> rill::task<> {
        CHECK(sent == 2);
        const auto first = co_await channel.recv();
        CHECK(first == 0);
        CHECK(sent == 2);  // never inside the call
        co_await rill::yield();
        CHECK(sent == 3);
        for (int each = 1; each < 5; ++each) {
            const auto next = co_await channel.recv();
            CHECK(next == each);
        }
    };
    const auto body = [&]() -> rill::task<> { co_await rill::when_all(producer(), consumer()); };
    rill::run(body());
    CHECK(sent == 5);
}

TEST_CASE("a channel without room is a rendezvous") {
    rill::channel<int> channel(0);
    std::string log;
    const auto producer = [&]() -> rill::task<> {
        CHECK_FALSE(channel.try_send(0));
        co_await channel.send(1);
        log += 's';
        co_await rill::yield();
        CHECK(channel.try_send(2));  // a receiver waits
        CHECK_FALSE(channel.try_send(3));
    };
    const auto consumer = [&]() -> rill::task<> {
        CHECK(log.empty());
        const auto first = co_await channel.recv();
        CHECK(first == 1);
        log += 'r';
        const auto second = co_await channel.recv();
        CHECK(second == 2);
        CHECK_FALSE(channel.try_recv());
    };
    const auto body = [&]() -> rill::task<> { co_await rill::when_all(producer(), consumer()); };
    rill::run(body());
    CHECK(log == "rs");
}

TEST_CASE("try_send and try_recv never wait, also without an io_context") {
    rill::channel<std::string> channel(1);
    std::string kept(100, 'x');
    CHECK_FALSE(channel.try_recv());
    CHECK(channel.try_send(kept));
    CHECK_FALSE(channel.try_send(std::move(kept)));
    CHECK(kept == std::string(100, 'x'));  // not moved from
    CHECK(channel.try_recv() == kept);
    CHECK(channel.try_send("a literal"));
    channel.close();
    CHECK(channel.closed());
    CHECK_FALSE(channel.try_send(kept));
    CHECK(channel.try_recv() == "a literal");
    CHECK_FALSE(channel.try_recv());
}

TEST_CASE("what is in a closed channel can still be received") {
    rill::channel<int> channel(3);
    CHECK(channel.try_send(1));
    CHECK(channel.try_send(2));
    CHECK_FALSE(channel.closed());
    channel.close();
    channel.close();
    std::vector<int> heard;
    rill::run(receive_all(channel, heard));
    CHECK(heard == std::vector<int>{1, 2});
    const auto body = [&]() -> rill::task<> {
        const auto late = co_await rill::as_result(channel.send(3));
        CHECK(late.error() == std::errc::broken_pipe);
        const auto nothing = co_await channel.recv();
        CHECK_FALSE(nothing);
    };
    rill::run(body());
}

TEST_CASE("closing a channel ends those who wait: receivers with nothing, senders with an error") {
    rill::channel<int> full(1);
    rill::channel<int> empty(1);
    const auto body = [&]() -> rill::task<> {
        CHECK(full.try_send(0));
        const auto sends = [&]() -> rill::task<> {
            const auto answer = co_await rill::as_result(full.send(1));
            CHECK(answer.error() == std::errc::broken_pipe);
        };
        const auto receives = [&]() -> rill::task<> {
            const auto value = co_await empty.recv();
            CHECK_FALSE(value);
        };
        const auto closes = [&]() -> rill::task<> {
            full.close();
            empty.close();
            co_return;
        };
        co_await rill::when_all(sends(), sends(), receives(), receives(), closes());
    };
    rill::run(body());
    CHECK(full.try_recv() == 0);
    CHECK_FALSE(full.try_recv());
}

TEST_CASE("the error of a send says what it was") {
    rill::channel<int> channel(1);
    channel.close();
    std::string text;
    try {
        rill::run(channel.send(1));
    } catch (const std::system_error& error) {
        text = error.what();
    }
    CHECK_THAT(text, Catch::StartsWith("channel send: "));
}

TEST_CASE("a channel carries what can only be moved, and ends what is left in it") {
    support::testimony seen;
    {
        rill::channel<std::unique_ptr<support::witness>> channel(3);
        const auto body = [&]() -> rill::task<> {
            for (int i = 0; i < 3; ++i) co_await channel.send(std::make_unique<support::witness>(seen));
            const auto first = co_await channel.recv();
            CHECK(seen.alive == 3);
        };
        rill::run(body());
        CHECK(seen.alive == 2);
    }
    CHECK(seen.alive == 0);
}

TEST_CASE("senders and receivers are served in the order of arrival") {
    rill::channel<int> channel(0);
    std::vector<int> got(4);
    const auto receives = [&](std::size_t place) -> rill::task<> { got[place] = *co_await channel.recv(); };
    const auto sends = [&]() -> rill::task<> {
        co_await rill::when_all(channel.send(1), channel.send(2), channel.send(3), channel.send(4));
    };
    const auto body = [&]() -> rill::task<> {
        co_await rill::when_all(receives(0), receives(1), sends(), receives(2), receives(3));
    };
    rill::run(body());
    CHECK(got == std::vector<int>{1, 2, 3, 4});
}

TEST_CASE("a stopped receiver takes nothing, and a stopped sender passes nothing on") {
    rill::channel<int> channel(1);
    const auto body = [&]() -> rill::task<> {
        rill::stop_source source;
        const auto stops = [&]() -> rill::task<> {
            source.request_stop();
            co_return;
        };
        const auto [value, nothing] =
            co_await rill::when_all(rill::with_stop(source.get_token(), channel.recv()), stops());
        CHECK_FALSE(value);
        CHECK(channel.try_send(1));
        source = rill::stop_source();
        const auto [sent, nothing_either] =
            co_await rill::when_all(rill::with_stop(source.get_token(), channel.send(2)), stops());
        CHECK_FALSE(sent);
        CHECK(channel.try_recv() == 1);
        CHECK_FALSE(channel.try_recv());
    };
    rill::run(body());
}

TEST_CASE(
    "a stopped receiver to which a value was handed gets it, and a stopped sender whose value was taken has sent") {
    rill::channel<int> channel(0);
    const auto body = [&]() -> rill::task<> {
        rill::stop_source source;
        const auto sends = [&]() -> rill::task<> {
            CHECK(channel.try_send(1));
            source.request_stop();
            co_return;
        };
        const auto [value, nothing] =
            co_await rill::when_all(rill::with_stop(source.get_token(), channel.recv()), sends());
        CHECK(value == std::optional<int>(1));
        source = rill::stop_source();
        const auto receives = [&]() -> rill::task<> {
            CHECK(channel.try_recv() == 2);
            source.request_stop();
            co_return;
        };
        const auto [sent, nothing_either] =
            co_await rill::when_all(rill::with_stop(source.get_token(), channel.send(2)), receives());
        CHECK(sent);
    };
    rill::run(body());
}

TEST_CASE("a time-out of a receiver loses no value") {
    rill::channel<int> channel(0);
    std::vector<int> heard;
    const auto consumer = [&]() -> rill::task<> {
        for (;;) {
            auto got = co_await rill::as_result(rill::timeout(50us, channel.recv()));
            if (!got) continue;
            if (!got.value()) co_return;
            heard.push_back(*got.value());
        }
    };
    const auto producer = [&]() -> rill::task<> {
        for (int i = 0; i < 100; ++i) {
            if (i % 10 == 0) co_await rill::sleep_for(100us);
            co_await channel.send(i);
        }
        channel.close();
    };
    const auto body = [&]() -> rill::task<> { co_await rill::when_all(consumer(), producer()); };
    rill::run(body());
    CHECK(heard == count_to(100));
}

TEST_CASE("when_any of two channels keeps the values of both, and a shielded recv waits on under a stop") {
    rill::channel<int> one(1);
    rill::channel<int> other(1);
    const auto body = [&]() -> rill::task<> {
        const auto sends = [&]() -> rill::task<> {
            CHECK(one.try_send(1));
            CHECK(other.try_send(2));
            co_return;
        };
        const auto receives = [&]() -> rill::task<> {
            const auto [first, second] = co_await rill::when_any(one.recv(), other.recv());
            REQUIRE(first);
            CHECK(**first == 1);
            REQUIRE(second);
            CHECK(**second == 2);
        };
        co_await rill::when_all(receives(), sends());
        rill::stop_source source;
        std::optional<int> value;
        const auto waits = [&]() -> rill::task<> { value = co_await rill::shield(one.recv()); };
        const auto stops = [&]() -> rill::task<> {
            source.request_stop();
            for (int i = 0; i < 3; ++i) co_await rill::yield();
            CHECK(one.try_send(3));
        };
        co_await rill::when_all(rill::with_stop(source.get_token(), waits()), stops());
        CHECK(value == 3);
    };
    rill::run(body());
}

TEST_CASE("foreign coroutines send and receive, and leave the queue when they are destroyed") {
    rill::channel<int> channel(0);
    const auto body = [&]() -> rill::task<> {
        int sum = 0;
        const auto receives = [&]() -> support::foreign_eager {
            while (const auto value = co_await channel.recv()) sum += *value;
        };
        const auto stays = receives();
        {
            const auto goes = receives();
        }
        const auto sends = [&]() -> support::foreign_eager {
            for (int i = 1; i <= 10; ++i) co_await channel.send(i);
            channel.close();
        };
        const auto sender = sends();
        while (!stays.done()) co_await rill::yield();
        CHECK(sum == 55);
        CHECK(sender.done());
    };
    rill::run(body());
}

TEST_CASE("those who wait at a channel that ends are told so") {
    const auto body = []() -> rill::task<> {
        std::optional<rill::channel<int>> channel(std::in_place, std::size_t{0});
        const auto waits = [&]() -> rill::task<> {
            const auto answer = co_await rill::as_result(channel->recv());
            CHECK(answer.error() == std::errc::operation_canceled);
        };
        const auto ends = [&]() -> rill::task<> {
            channel.reset();
            co_return;
        };
        co_await rill::when_all(waits(), ends());
    };
    rill::run(body());
}

TEST_CASE("a sender that never has to wait lets the others have their turn") {
    rill::channel<int> channel(10'000);
    const auto producer = [&]() -> rill::task<> { co_await send_all(channel, 0, 1000); };
    CHECK(support::turns_beside(producer) >= support::turns_beside_a_thousand);
}

TEST_CASE("a channel costs one allocation, and its operations none") {
    if (!support::allocations_are_watched) {
        WARN("this build can't count allocations");
        return;
    }
    const std::size_t before_all = support::allocation_count();
    rill::channel<int> channel(4);
    CHECK(support::allocation_count() == before_all + 1);
    std::vector<int> heard;
    heard.reserve(1000);
    const auto body = [&]() -> rill::task<> {
        auto sends = send_all(channel, 0, 1000);
        const auto receives = [&]() -> rill::task<> {
            while (heard.size() < 1000) heard.push_back(*co_await channel.recv());
        };
        auto received = receives();
        const std::size_t before = support::allocation_count();
        co_await rill::when_all(std::move(sends), std::move(received));
        CHECK(support::allocation_count() == before);
    };
    rill::run(body());
    const support::failing_allocation none(0);
    CHECK_THROWS_AS(rill::channel<int>(4), std::bad_alloc);
}

TEST_CASE("a channel carries values from one thread to another, each once and in order") {
    ON_EVERY_BACKEND(backend);
    const auto capacity = GENERATE(std::size_t{0}, std::size_t{4}, std::size_t{64});
    CAPTURE(capacity);
    rill::channel<int> channel(capacity);
    std::vector<int> heard;
    support::helper_thread other;
    other.call([&] {
        const auto produces = [&]() -> rill::task<> {
            co_await send_all(channel, 0, 2000);
            channel.close();
        };
        rill::io_context context(backend.which);
        context.run(produces());
    });
    backend.run([&]() -> rill::task<> { co_await receive_all(channel, heard); });
    other.wait();
    CHECK(heard == count_to(2000));
}

TEST_CASE("a thread without an io_context feeds coroutines through a channel") {
    rill::channel<int> channel(8);
    support::helper_thread other;
    other.call([&] {
        for (int i = 0; i < 1000; ++i) {
            while (!channel.try_send(i)) std::this_thread::yield();
        }
        channel.close();
    });
    std::vector<int> heard;
    rill::run(receive_all(channel, heard));
    other.wait();
    CHECK(heard == count_to(1000));
}

TEST_CASE("a stop that races with a send on another thread loses no value and doubles none") {
    support::seeded_random random;
    INFO(random.replay());
    support::even_chances chances(random);
    support::stopping_thread stopper;
    support::helper_thread sender;
    const auto body = [&]() -> rill::task<> {
        rill::channel<int> channel(0);
        for (int round = 0; round < 300; ++round) {
            rill::stop_source source;
            std::atomic<bool> over = false;
            std::atomic<bool> sent = false;
            sender.call([&] {
                for (; !over && !sent; std::this_thread::yield()) sent = channel.try_send(round);
            });
            stopper.stop_soon(source, chances.spins());
            const auto got = co_await rill::with_stop(source.get_token(), channel.recv());
            over = true;
            sender.wait();
            stopper.wait();
            if (got.has_value() != sent) FAIL("got " << got.has_value() << ", sent " << sent << " in round " << round);
            if (got && **got != round) FAIL("another value");
            chances.stop_came_first(!got);
        }
    };
    rill::run(body());
    INFO(chances.text());
    CHECK(chances.values() > 0);
    CHECK(chances.stops() > 0);
}

TEST_CASE("senders and receivers of several contexts who give up at random lose no value and double none") {
    const auto capacity = GENERATE(std::size_t{0}, std::size_t{3});
    CAPTURE(capacity);
    support::seeded_random seeds;
    INFO(seeds.replay());
    const std::uint64_t seed = seeds.next();
    constexpr int senders = 6;
    constexpr int each_sends = 1500;
    rill::channel<int> channel(capacity);
    std::vector<std::atomic<int>> heard(senders * each_sends);
    std::atomic<int> sending = senders;
    std::atomic<int> disorder = 0;
    const auto sends = [&](std::uint64_t mine, int first) -> rill::task<> {
        support::seeded_random random(mine);
        for (int value = first; value < first + each_sends;) {
            if (random.one_in(4)) {
                const auto late = co_await rill::as_result(
                    rill::timeout(std::chrono::microseconds(random.below(50)), channel.send(value)));
                value += late.error() ? 0 : 1;
            } else if (random.one_in(4)) {
                value += channel.try_send(value) ? 1 : 0;
            } else {
                co_await channel.send(value++);
            }
        }
        if (--sending == 0) channel.close();
    };
    const auto receives = [&](std::uint64_t mine) -> rill::task<> {
        support::seeded_random random(mine);
        std::vector<int> last(senders, -1);
        for (;;) {
            std::optional<int> value;
            if (random.one_in(4)) {
                auto late = co_await rill::as_result(
                    rill::timeout(std::chrono::microseconds(random.below(50)), channel.recv()));
                if (!late) continue;
                value = std::move(late).value();
            } else {
                value = co_await channel.recv();
            }
            if (!value) co_return;
            ++heard[static_cast<std::size_t>(*value)];
            int& before = last[static_cast<std::size_t>(*value / each_sends)];
            if (*value <= before) ++disorder;
            before = *value;
        }
    };
    support::on_contexts(3, [&](std::size_t index) -> rill::task<> {
        const std::uint64_t base = seed + 10 * index;
        const int first = static_cast<int>(index) * 2 * each_sends;
        co_await rill::when_all(sends(base, first), sends(base + 1, first + each_sends), receives(base + 2),
                                receives(base + 3));
    });
    CHECK(disorder == 0);
    CHECK(std::all_of(heard.begin(), heard.end(), [](const std::atomic<int>& count) { return count == 1; }));
}

TEST_CASE(
    "a channel closed at a random moment ends all who send and receive, and each value that was sent is received") {
    support::seeded_random seeds;
    INFO(seeds.replay());
    for (int round = 0; round < 50; ++round) {
        const std::uint64_t seed = seeds.next();
        rill::channel<int> channel(seeds.below(4));
        std::atomic<int> sent = 0;
        std::atomic<int> received = 0;
        const auto sends = [&]() -> rill::task<> {
            for (;;) {
                const auto answer = co_await rill::as_result(channel.send(1));
                if (answer.error()) co_return;
                ++sent;
            }
        };
        const auto receives = [&]() -> rill::task<> {
            while (co_await channel.recv()) ++received;
        };
        const auto closes = [&](std::uint64_t mine) -> rill::task<> {
            support::seeded_random random(mine);
            for (std::size_t i = random.below(60); i > 0; --i) co_await rill::yield();
            channel.close();
        };
        support::on_contexts(2, [&](std::size_t index) -> rill::task<> {
            co_await rill::when_all(sends(), sends(), receives(), receives(), closes(seed + index));
        });
        if (sent != received) FAIL("sent " << sent << ", received " << received);
    }
}

TEST_CASE("a context that is abandoned with a value on its way to it ends that value, and the channel goes on") {
    support::seeded_random random;
    INFO(random.replay());
    support::helper_thread sender;
    for (int round = 0; round < 200; ++round) {
        rill::channel<std::unique_ptr<int>> channel(0);
        std::atomic<bool> over = false;
        sender.call([&] {
            for (bool sent = false; !over && !sent; std::this_thread::yield())
                sent = channel.try_send(std::make_unique<int>(1));
        });
        const std::size_t yields = random.below(4);
        const auto body = [&]() -> rill::task<> {
            const auto crash = [&]() -> rill::task<> {
                for (std::size_t i = yields; i > 0; --i) co_await rill::yield();
                rill::this_context().post([context = &rill::this_context()] { context->abandon(); });
                co_await rill::sleep_for(1h);
            };
            const auto receives = [&]() -> rill::task<> {
                while (co_await channel.recv()) {
                }
            };
            co_await rill::when_all(receives(), receives(), crash());
        };
        CHECK(support::error_of([&] { rill::run(body()); }) == std::errc::operation_canceled);
        over = true;
        sender.wait();
        CHECK_FALSE(channel.try_send(std::make_unique<int>(2)));  // nobody waits any more
    }
}
