// SPDX-License-Identifier: MIT
#pragma once

// Which descriptors are ready: level-triggered epoll, with a number for each.

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>

#include "clock.hpp"
#include "descriptor.hpp"
#include "failure.hpp"

namespace load {

class events {
  public:
    events() : epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {}

    void add(const descriptor& each, std::size_t number, std::uint32_t wanted) {
        control(EPOLL_CTL_ADD, each, number, wanted);
    }
    void change(const descriptor& each, std::size_t number, std::uint32_t wanted) {
        control(EPOLL_CTL_MOD, each, number, wanted);
    }

    /// Waits for at most so long: what is ready.
    std::span<const epoll_event> wait(nanoseconds limit) {
        const timespec duration = to_timespec(limit);
        const int count =
            ::epoll_pwait2(epoll_.number(), ready_.data(), static_cast<int>(ready_.size()), &duration, nullptr);
        if (count < 0 && errno != EINTR) throw_system_error("epoll_pwait2");
        return std::span(ready_).first(count < 0 ? 0 : static_cast<std::size_t>(count));
    }

  private:
    void control(int what, const descriptor& each, std::size_t number, std::uint32_t wanted) {
        epoll_event event{};
        event.events = wanted;
        event.data.u64 = number;
        checked(::epoll_ctl(epoll_.number(), what, each.number(), &event), "epoll_ctl");
    }

    descriptor epoll_;
    std::array<epoll_event, 256> ready_{};
};

}  // namespace load
