// SPDX-License-Identifier: MIT
#pragma once

// Connections that come and go: connect, one echo, close, and the next one in its place.

#include <cstdint>
#include <vector>

#include "conversation.hpp"
#include "events.hpp"
#include "window.hpp"

namespace load {

inline report run_churn(const options& wanted) {
    const sockaddr_in server = address_of(wanted);
    events ready;
    window measured(wanted);
    std::vector<conversation> all;
    std::uint64_t begun = 0;
    std::uint64_t done = 0;
    const auto next = [&](std::size_t place) {
        conversation made(connect_to(server), static_cast<std::size_t>(begun++), wanted.bytes);
        made.ask(now());
        const bool blocked = !made.speak();
        ready.add(made.socket, place, blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
        if (place == all.size()) {
            all.push_back(std::move(made));
        } else {
            all[place] = std::move(made);  // closes the one before
        }
    };
    for (std::size_t place = 0; place < wanted.connections && begun < measured.limit(); ++place) next(place);
    bool goes_on = true;  // then those that are under way come to their end
    while ((goes_on = measured.goes_on()) || done < begun)
        for (const epoll_event& event : ready.wait(second / 100)) {
            const auto place = static_cast<std::size_t>(event.data.u64);
            conversation& each = all[place];
            if ((event.events & EPOLLOUT) != 0 && each.speak()) ready.change(each.socket, place, EPOLLIN);
            if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0)
                each.hear([&](nanoseconds latency) { measured.count(latency); });
            if (each.unanswered() != 0) continue;
            ++done;
            if (goes_on && begun < measured.limit()) {
                next(place);
            } else {
                each.socket.close();
            }
        }

    report told;
    measured.tell(told);
    told.add("asked", begun);
    told.add("answered", done);
    return told;
}

}  // namespace load
