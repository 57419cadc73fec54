// SPDX-License-Identifier: MIT
#pragma once

// The backend of Linux: epoll(7), edge-triggered, one registration a socket for all of its life and both directions.
//
// How readiness becomes completion is in readiness.hpp; the contract is in contract.hpp. epoll_ctl(2), epoll_wait(2),
// epoll_pwait2(2) where the kernel has it, since it counts in nanoseconds, eventfd(2) for `wake`.

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

#include <climits>

#include "readiness.hpp"

namespace rill::backend::inline RILL_ABI {

class epoll_reactor final : public readiness_reactor {
  public:
    /// `why` is set if the system refuses; then nothing else may be called.
    epoll_reactor(system& calls, error& why) noexcept;
    inline ~epoll_reactor() override;

    inline void wake() noexcept override;
    [[nodiscard]] kind which() const noexcept override { return epoll; }

  private:
    inline error register_socket(const socket_state& each, socket_slots::ticket ticket) noexcept override;
    inline void unregister_socket(const socket_state& each) noexcept override;
    RILL_COLD inline void ask_for_room(const socket_state& each, socket_slots::ticket ticket) noexcept override;
    inline void wait_for_events(std::int64_t limit_ns) noexcept override;
    int ask_kernel(std::int64_t limit_ns) noexcept;
    RILL_COLD static unsigned translate(std::uint32_t events) noexcept;

    static constexpr int batch = 256;
    static constexpr std::uint32_t every_event = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET;
    static_assert(unsigned{may_read} == unsigned{EPOLLIN} &&
                  unsigned{may_write} == unsigned{EPOLLOUT});  // so that most events need no translation

    int epoll_ = -1;
    int wake_ = -1;
    bool counts_nanoseconds_ = true;  // until epoll_pwait2 turns out to be missing
    epoll_event events_[batch];
};

// ---- mechanism ----

inline epoll_reactor::epoll_reactor(system& calls, error& why) noexcept : readiness_reactor(calls) {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    wake_ = epoll_ < 0 ? -1 : ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    epoll_event wakes{};
    wakes.events = EPOLLIN | EPOLLET;  // each write is an edge of its own: nobody reads it
    wakes.data.u64 = socket_slots::nobody;
    if (wake_ < 0 || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &wakes) < 0) why = last_error();
    if (!has_slots()) why = {ENOMEM, error::domain::system};
}

inline epoll_reactor::~epoll_reactor() {
    if (wake_ >= 0) ::close(wake_);
    if (epoll_ >= 0) ::close(epoll_);
}

inline void epoll_reactor::wake() noexcept {
    const std::uint64_t one = 1;
    const int before = errno;  // a signal handler may be calling
    while (::write(wake_, &one, sizeof one) < 0 && errno == EINTR) {
    }
    errno = before;
}

inline error epoll_reactor::register_socket(const socket_state& each, socket_slots::ticket ticket) noexcept {
    // Each datagram that leaves makes room, and would be an event that nobody waits for: see ask_for_room.
    const bool always_has_room = each.carries == transport::datagram && each.addresses != family::local;
    epoll_event wanted{};
    wanted.events = every_event & (always_has_room ? ~std::uint32_t{EPOLLOUT} : ~std::uint32_t{0});
    wanted.data.u64 = ticket;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor_of(each), &wanted) == 0) return {};
    if (errno != EEXIST) return last_error();
    // A copy of the handle outlived its socket here, and has the old number again.
    return ::epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor_of(each), &wanted) < 0 ? last_error() : error();
}

inline void epoll_reactor::ask_for_room(const socket_state& each, socket_slots::ticket ticket) noexcept {
    epoll_event wanted{};
    wanted.events = every_event;
    wanted.data.u64 = ticket;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor_of(each),
                &wanted);  // it is registered: this succeeds, and looks anew
}

inline void epoll_reactor::unregister_socket(const socket_state& each) noexcept {
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor_of(each), nullptr);  // it was registered, and is open: this succeeds
}

inline void epoll_reactor::wait_for_events(std::int64_t limit_ns) noexcept {
    const int count = ask_kernel(limit_ns);
    for (int index = 0; index < count; ++index) {
        const epoll_event& event = events_[index];
        const bool needs_translation = (event.events & ~(unsigned{may_read} | unsigned{may_write})) != 0;
        deal_with(event.data.u64, needs_translation ? translate(event.events) : event.events);
    }
}

/// What an uncommon event tells.
inline unsigned epoll_reactor::translate(std::uint32_t events) noexcept {
    unsigned news = events & (EPOLLIN | EPOLLOUT);
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) news |= may_read;  // there is an end
    if ((events & (EPOLLHUP | EPOLLERR)) != 0) news |= may_write;
    return news | sticky;  // EPOLLPRI as well: reads stop at the mark of urgent data
}

/// How many events there are; -1 if a signal came first.
inline int epoll_reactor::ask_kernel(std::int64_t limit_ns) noexcept {
#ifdef SYS_epoll_pwait2
    if (limit_ns > 0 && counts_nanoseconds_) {
        constexpr std::int64_t second = 1'000'000'000;
        struct {
            std::int64_t seconds;
            std::int64_t nanoseconds;
        } wanted{limit_ns / second, limit_ns % second};  // __kernel_timespec, on every processor
        const long count = ::syscall(SYS_epoll_pwait2, epoll_, events_, batch, &wanted, nullptr, 0);
        if (count >= 0 || errno == EINTR) return static_cast<int>(count);
        counts_nanoseconds_ = false;  // an older kernel, or a filter of system calls
    }
#endif
    // Milliseconds, rounded up so that no timer is early.
    constexpr std::int64_t millisecond = 1'000'000;
    const std::int64_t rounded = limit_ns < 0 ? -1 : limit_ns / millisecond + (limit_ns % millisecond != 0 ? 1 : 0);
    return ::epoll_wait(epoll_, events_, batch, rounded > INT_MAX ? INT_MAX : static_cast<int>(rounded));
}

inline reactor* make_epoll(system& calls, error& why) {
    auto* const made = new epoll_reactor(calls, why);
    if (!why) return made;
    delete made;
    return nullptr;
}

}  // namespace rill::backend::inline RILL_ABI
