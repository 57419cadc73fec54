// SPDX-License-Identifier: MIT
// A proxy on bare epoll: two flows a client, each through the one buffer for all, and each with no more than a buffer of its own
// while its reader is slow. Run: server_epoll_proxy port bytes-of-the-buffer port-of-the-target.
#include <array>
#include <vector>

#include "support/bare_flow.hpp"
#include "support/edge_loop.hpp"

namespace {

using server_support::flow;
using server_support::flow_progress;

struct relay;

/// One of the two sockets, and what comes from it.
struct side {
    relay* whole;
    side* other;
    flow bytes;
    bool ended = false;  // all that will ever come has gone
};

struct relay {
    std::array<side, 2> sides;
    bool closed = false;
};

/// A connection that is just being made: it is writable when it is there.
int begin_to_connect(std::uint16_t port) {
    const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (made < 0) server_support::die("socket");
    const sockaddr_in where = server_support::on_loopback(port);
    if (::connect(made, reinterpret_cast<const sockaddr*>(&where), sizeof where) < 0 && errno != EINPROGRESS)
        server_support::die("connect");
    return made;
}

/// Moves what came from a side, and passes its end on. False: it is broken.
bool go_on(side& from, const server_support::page_buffer& buffer) {
    const flow_progress now = server_support::go_on(from.bytes, buffer);
    if (now != flow_progress::ended) return now == flow_progress::waits;
    from.ended = true;
    ::shutdown(from.bytes.to, SHUT_WR);
    return true;
}

/// Does what an event makes possible: there is something to receive, or there is room for what came from the other side. False: that is
/// the end of both.
bool go_on(side& each, std::uint32_t events, const server_support::page_buffer& buffer) {
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) each.bytes.hung_up = true;
    const bool reads = (events & ~std::uint32_t{EPOLLOUT}) != 0 && !each.ended && each.bytes.unsent.empty();
    if (reads && !go_on(each, buffer)) return false;
    const bool writes = (events & ~std::uint32_t{EPOLLIN}) != 0 && !each.other->bytes.unsent.empty();
    if (writes && !go_on(*each.other, buffer)) return false;
    return !each.ended || !each.other->ended;
}

}  // namespace

int main(int count, char** arguments) {
    const server_support::arguments wanted(count, arguments);
    const server_support::page_buffer buffer(wanted.buffer_bytes);
    const server_support::edge_loop loop(wanted.port);
    // Not freed: the same batch may have an event for the other socket, which then does no harm.
    std::vector<relay*> spare;
    const auto accepted = [&](int client) {
        const int target = begin_to_connect(wanted.target);
        if (spare.empty()) spare.push_back(new relay{});
        relay* const made = spare.back();
        spare.pop_back();
        side &first = made->sides[0], &second = made->sides[1];
        first = {made, &second, {client, target}};
        second = {made, &first, {target, client}};
        made->closed = false;
        for (side& each : made->sides) loop.add(each.bytes.from, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, &each);
    };
    loop.run<side>(accepted, [&](side& each, std::uint32_t events) {
        relay& whole = *each.whole;
        if (whole.closed || go_on(each, events, buffer)) return;
        for (const side& one : whole.sides) ::close(one.bytes.from);
        whole.closed = true;
        spare.push_back(&whole);
    });
}
