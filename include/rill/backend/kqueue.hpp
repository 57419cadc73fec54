// SPDX-License-Identifier: MIT
#pragma once

// The backend of macOS and the BSDs: kqueue(2), two registrations a socket for all of its life, one a direction.
//
// How readiness becomes completion is in readiness.hpp; the contract is in contract.hpp. Both filters are edges
// (EV_CLEAR), EVFILT_USER is for `wake`: it is in macOS, FreeBSD, NetBSD 10 and OpenBSD 7.8. The kernel forgets a
// descriptor's registrations when it is closed, also when a copy of it stays open. A new edge comes with the number of
// bytes that are there: a read that gets fewer has stopped at urgent data, which kqueue does not tell of otherwise.

#include <errno.h>
#include <fcntl.h>
#include <sys/event.h>
#include <sys/time.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstdint>

#include "readiness.hpp"

namespace rill::backend::inline RILL_ABI {

class kqueue_reactor final : public readiness_reactor {
  public:
    /// `why` is set if the system refuses; then nothing else may be called.
    kqueue_reactor(system& calls, error& why) noexcept;
    ~kqueue_reactor() override;

    void wake() noexcept override;
    [[nodiscard]] kind which() const noexcept override { return kqueue; }

  private:
    using change = struct ::kevent;

    error register_socket(const socket_state& each, socket_slots::ticket ticket) noexcept override;
    void unregister_socket(const socket_state& each) noexcept override;
    void wait_for_events(std::int64_t limit_ns) noexcept override;
    [[nodiscard]] int ask_kernel(std::int64_t limit_ns) noexcept;
    template <int Count>  // a constant, for systems differ in its type
    [[nodiscard]] bool apply(const change (&changes)[Count]) const noexcept;
    static change change_of(int ident, int filter, unsigned flags, socket_slots::ticket ticket) noexcept;
    static change to_wake(unsigned flags, unsigned notes) noexcept;

    static constexpr int batch = 256;
    static constexpr std::int64_t seconds_max = 100'000'000;  // more is an error in some kernels
    static_assert(sizeof(void*) >= sizeof(socket_slots::ticket), "a registration carries a ticket of 64 bits");

    int queue_ = -1;
    change events_[batch];
};

// ---- mechanism ----

inline kqueue_reactor::change kqueue_reactor::change_of(int ident, int filter, unsigned flags,
                                                        socket_slots::ticket ticket) noexcept {
    change made{};  // the types of its members differ from system to system
    made.ident = static_cast<decltype(made.ident)>(ident);
    made.filter = static_cast<decltype(made.filter)>(filter);
    made.flags = static_cast<decltype(made.flags)>(flags);
    made.udata = reinterpret_cast<void*>(static_cast<std::uintptr_t>(ticket));
    return made;
}

inline kqueue_reactor::change kqueue_reactor::to_wake(unsigned flags, unsigned notes) noexcept {
    change made = change_of(0, EVFILT_USER, flags, socket_slots::nobody);
    made.fflags = notes;
    return made;
}

/// Interrupted, the changes were made or are made again, which is the same.
template <int Count>
bool kqueue_reactor::apply(const change (&changes)[Count]) const noexcept {
    for (;;) {
        if (::kevent(queue_, changes, Count, nullptr, 0, nullptr) >= 0) return true;
        if (errno != EINTR) return false;
    }
}

inline kqueue_reactor::kqueue_reactor(system& calls, error& why) noexcept : readiness_reactor(calls) {
    const change waker[]{to_wake(EV_ADD | EV_CLEAR, 0)};
    queue_ = ::kqueue();  // not inherited by fork, so that nobody comes between this and the next
    if (queue_ < 0 || ::fcntl(queue_, F_SETFD, FD_CLOEXEC) < 0 || !apply(waker)) why = last_error();
    if (!has_slots()) why = {ENOMEM, error::domain::system};
}

inline kqueue_reactor::~kqueue_reactor() {
    if (queue_ >= 0) ::close(queue_);
}

inline void kqueue_reactor::wake() noexcept {
    const int before = errno;  // a signal handler may be calling
    const change trigger[]{to_wake(0, NOTE_TRIGGER)};
    static_cast<void>(apply(trigger));  // it is there for as long as this is, and needs no memory: it succeeds
    errno = before;
}

inline error kqueue_reactor::register_socket(const socket_state& each, socket_slots::ticket ticket) noexcept {
    const int descriptor = descriptor_of(each);
    const change both[]{change_of(descriptor, EVFILT_READ, EV_ADD | EV_CLEAR, ticket),
                        change_of(descriptor, EVFILT_WRITE, EV_ADD | EV_CLEAR, ticket)};
    if (apply(both)) return {};
    const error failed = last_error();
    if (failed.code == EPIPE) return {};  // of the second: nobody reads what is written there, and a send says so
    const change first[]{change_of(descriptor, EVFILT_READ, EV_DELETE, ticket)};
    static_cast<void>(apply(first));  // it may be the one that failed
    return failed;
}

inline void kqueue_reactor::unregister_socket(const socket_state& each) noexcept {
    const int descriptor = descriptor_of(each);
    const change no_reads[]{change_of(descriptor, EVFILT_READ, EV_DELETE, socket_slots::nobody)};
    const change no_writes[]{change_of(descriptor, EVFILT_WRITE, EV_DELETE, socket_slots::nobody)};
    static_cast<void>(apply(no_reads));
    static_cast<void>(apply(no_writes));  // one by one: an EPIPE may have kept the second from being registered
}

inline void kqueue_reactor::wait_for_events(std::int64_t limit_ns) noexcept {
    const int count = ask_kernel(limit_ns);
    for (int index = 0; index < count; ++index) {
        const change& event = events_[index];
        const auto whose = socket_slots::ticket{reinterpret_cast<std::uintptr_t>(event.udata)};
        if (event.filter == EVFILT_READ) {
            announce(whose, event.data);
            const bool ends = (event.flags & EV_EOF) != 0;  // behind what is still to be read
            deal_with(whose, ends ? may_read | sticky : may_read);
        } else {
            deal_with(whose, may_write);
        }
    }
}

/// How many events there are; -1 if a signal came first.
inline int kqueue_reactor::ask_kernel(std::int64_t limit_ns) noexcept {
    constexpr std::int64_t second = 1'000'000'000;
    if (limit_ns > seconds_max * second) limit_ns = seconds_max * second;
    timespec limit{};
    limit.tv_sec = static_cast<time_t>(limit_ns / second);
    limit.tv_nsec = static_cast<long>(limit_ns % second);
    return ::kevent(queue_, nullptr, 0, events_, batch, limit_ns < 0 ? nullptr : &limit);
}

inline reactor* make_kqueue(system& calls, error& why) {
    auto* const made = new kqueue_reactor(calls, why);
    if (!why) return made;
    delete made;
    return nullptr;
}

}  // namespace rill::backend::inline RILL_ABI
