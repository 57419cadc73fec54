// SPDX-License-Identifier: MIT
// What the kqueue backend relies on, asked of the kqueue that is here: a BSD's, libkqueue's, or the double of these tests.
// So a BSD tells where the double is wrong, and the double where the backend has come to rely on more.

#include <rill/net/tcp_stream.hpp>

#include "support/catch.hpp"

#if !__has_include(<sys/event.h>)

TEST_CASE("kqueue is asked where there is one", "[kqueue]") { WARN("skipped: this build has no kqueue"); }

#else

#include <errno.h>
#include <sys/event.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "support/descriptors.hpp"
#include "support/native_socket.hpp"

namespace {

using namespace std::chrono_literals;
using change = struct ::kevent;
namespace native = support::native;

/// As the systems' EV_SET.
change change_of(std::intptr_t ident, decltype(change::filter) filter, unsigned flags, unsigned notes = 0) {
    static int tag = 0;
    change made{};
    made.ident = static_cast<decltype(made.ident)>(ident);
    made.filter = filter;
    made.flags = static_cast<decltype(made.flags)>(flags);
    made.fflags = notes;
    made.udata = &tag;
    return made;
}

/// A queue, and what it tells.
class queue {
  public:
    queue() : descriptor_(::kqueue()) { REQUIRE(descriptor_ >= 0); }
    ~queue() { ::close(descriptor_); }
    queue(const queue&) = delete;
    queue& operator=(const queue&) = delete;

    /// Zero, or errno.
    [[nodiscard]] int apply(const change& each) const {
        return ::kevent(descriptor_, &each, 1, nullptr, 0, nullptr) == 0 ? 0 : errno;
    }
    /// How many of the changes were answered.
    [[nodiscard]] int apply_all(const std::array<change, 2>& all, std::array<change, 2>& told) const {
        return ::kevent(descriptor_, all.data(), 2, told.data(), 2, nullptr);
    }
    /// Edges of both directions of a socket.
    void watch(std::intptr_t socket) const {
        REQUIRE(apply(change_of(socket, EVFILT_READ, EV_ADD | EV_CLEAR)) == 0);
        REQUIRE(apply(change_of(socket, EVFILT_WRITE, EV_ADD | EV_CLEAR)) == 0);
    }
    [[nodiscard]] std::vector<change> events(std::chrono::milliseconds limit) const {
        std::array<change, 16> all{};
        timespec until{};
        until.tv_sec = static_cast<time_t>(limit.count() / 1000);
        until.tv_nsec = static_cast<long>(std::chrono::nanoseconds(limit % 1s).count());
        const int count = ::kevent(descriptor_, nullptr, 0, all.data(), 16, &until);
        REQUIRE(count >= 0);
        return {all.begin(), all.begin() + count};
    }
    /// Waits for an event of this filter.
    [[nodiscard]] change next(decltype(change::filter) filter) const {
        for (int round = 0; round < 100; ++round)
            for (const change& each : events(100ms))
                if (each.filter == filter) return each;
        FAIL("no such event came");
        return {};
    }
    [[nodiscard]] bool tells(decltype(change::filter) filter) const {
        for (const change& each : events(20ms))
            if (each.filter == filter) return true;
        return false;
    }

  private:
    int descriptor_;
};

/// Two ends of a connection that no backend knows.
struct ends {
    rill::tcp_stream one, two;
};

ends connected_ends() {
    const auto [one, two] = native::foreign_pair();
    return {rill::tcp_stream::adopt(one), rill::tcp_stream::adopt(two)};
}

}  // namespace

TEST_CASE("kqueue is asked where there is one", "[kqueue]") {
    const queue made;
    CHECK(made.events(0ms).empty());  // and has nothing to say before it is asked for anything
}

TEST_CASE("a registration tells at once what is there, and then only what is new", "[kqueue]") {
    const support::descriptors_return descriptors_return_here;
    const queue asked;
    const ends pair = connected_ends();
    native::send_text(pair.two, "abc");
    asked.watch(pair.one.native_handle());
    const change first = asked.next(EVFILT_READ);
    CHECK(first.data == 3);
    CHECK((first.flags & EV_EOF) == 0);
    CHECK_FALSE(asked.tells(EVFILT_READ));
    native::send_text(pair.two, "de");
    CHECK(asked.next(EVFILT_READ).data == 5);
}

TEST_CASE("bytes that arrive are told to readers and not to writers", "[kqueue]") {
    const support::descriptors_return descriptors_return_here;
    const queue asked;
    const ends pair = connected_ends();
    asked.watch(pair.one.native_handle());
    CHECK(asked.next(EVFILT_WRITE).data > 0);
    native::send_text(pair.two, "abc");
    for (const change& each : asked.events(1'000ms)) CHECK(each.filter == EVFILT_READ);
    CHECK_FALSE(asked.tells(EVFILT_WRITE));
}

TEST_CASE("room is told to writers when it is there again", "[kqueue]") {
    const support::descriptors_return descriptors_return_here;
    const queue asked;
    const ends pair = connected_ends();
    native::fill_up(pair.one);
    asked.watch(pair.one.native_handle());
    static_cast<void>(asked.tells(EVFILT_WRITE));  // loopback may have moved some since
    native::fill_up(pair.one);
    std::size_t taken = 0;
    while (taken == 0) taken = native::take_all(pair.two).size();
    CHECK(asked.next(EVFILT_WRITE).data > 0);
}

TEST_CASE("the end of the stream is told beside the bytes that are left", "[kqueue]") {
    const support::descriptors_return descriptors_return_here;
    const queue asked;
    ends pair = connected_ends();
    asked.watch(pair.one.native_handle());
    native::send_text(pair.two, "abc");
    pair.two.close();
    change told = asked.next(EVFILT_READ);
    while ((told.flags & EV_EOF) == 0) told = asked.next(EVFILT_READ);
    CHECK(told.data == 3);
}

TEST_CASE("where urgent data stops a read, more was told of than the read gets", "[kqueue]") {
    const support::descriptors_return descriptors_return_here;
    const queue asked;
    const ends pair = connected_ends();
    asked.watch(pair.one.native_handle());
    native::send_text(pair.two, "abc");
    native::send_urgent(pair.two, '!');
    native::send_text(pair.two, "def");
    change told = asked.next(EVFILT_READ);
    while (told.data < 4) told = asked.next(EVFILT_READ);
    std::array<char, 16> buffer;
    const auto got = ::recv(static_cast<int>(pair.one.native_handle()), buffer.data(), buffer.size(), 0);
    CHECK(got == 3);
    CHECK(told.data > got);
}

TEST_CASE("a descriptor that is closed is forgotten, also when a copy of it stays open", "[kqueue]") {
    const support::descriptors_return descriptors_return_here;
    const queue asked;
    ends pair = connected_ends();
    asked.watch(pair.one.native_handle());
    const std::intptr_t number = pair.one.native_handle();
    const std::intptr_t copy = native::duplicate(number);
    pair.one.close();
    native::send_text(pair.two, "abc");
    CHECK(asked.events(20ms).empty());
    REQUIRE(native::duplicate_to(copy, number));
    native::send_text(pair.two, "def");
    CHECK(asked.events(20ms).empty());
    asked.watch(number);
    CHECK(asked.next(EVFILT_READ).data == 6);
    native::close_handle(copy);
    native::close_handle(number);
}

TEST_CASE("a registration that is deleted tells nothing, and one that is made again tells what is there", "[kqueue]") {
    const support::descriptors_return descriptors_return_here;
    const queue asked;
    const ends pair = connected_ends();
    const std::intptr_t socket = pair.one.native_handle();
    asked.watch(socket);
    CHECK(asked.apply(change_of(socket, EVFILT_READ, EV_DELETE)) == 0);
    CHECK(asked.apply(change_of(socket, EVFILT_READ, EV_DELETE)) == ENOENT);
    native::send_text(pair.two, "abc");
    CHECK_FALSE(asked.tells(EVFILT_READ));
    asked.watch(socket);
    CHECK(asked.next(EVFILT_READ).data == 3);
    asked.watch(socket);
    CHECK(asked.next(EVFILT_READ).data == 3);
}

TEST_CASE("a change that fails is the call's error, or an event where there is room for one", "[kqueue]") {
    const queue asked;
    const change wrong = change_of(1'000'000, EVFILT_READ, EV_ADD | EV_CLEAR);
    CHECK(asked.apply(wrong) == EBADF);
    const ends pair = connected_ends();
    const change right = change_of(pair.one.native_handle(), EVFILT_READ, EV_ADD | EV_CLEAR | EV_RECEIPT);
    const std::array<change, 2> both{right, wrong};
    std::array<change, 2> told{};
    REQUIRE(asked.apply_all(both, told) == 2);
    CHECK((told[0].flags & EV_ERROR) != 0);
    CHECK(told[0].data == 0);
    CHECK((told[1].flags & EV_ERROR) != 0);
    CHECK(told[1].data == EBADF);
}

TEST_CASE("a trigger ends one wait, whether it comes before it or from another thread", "[kqueue]") {
    const support::descriptors_return descriptors_return_here;
    const queue asked;
    CHECK(asked.apply(change_of(0, EVFILT_USER, 0, NOTE_TRIGGER)) == ENOENT);
    REQUIRE(asked.apply(change_of(0, EVFILT_USER, EV_ADD | EV_CLEAR)) == 0);
    CHECK(asked.events(0ms).empty());
    for (int round = 0; round < 3; ++round) CHECK(asked.apply(change_of(0, EVFILT_USER, 0, NOTE_TRIGGER)) == 0);
    CHECK(asked.events(0ms).size() == 1);
    CHECK(asked.events(0ms).empty());
    std::thread other([&] { static_cast<void>(asked.apply(change_of(0, EVFILT_USER, 0, NOTE_TRIGGER))); });
    CHECK(asked.next(EVFILT_USER).ident == 0);
    other.join();
}

TEST_CASE("a wait that nothing ends lasts until its limit", "[kqueue]") {
    const queue asked;
    const auto before = std::chrono::steady_clock::now();
    CHECK(asked.events(15ms).empty());
    CHECK(std::chrono::steady_clock::now() - before >= 15ms);
}

#endif
