// SPDX-License-Identifier: MIT
#pragma once

// The backend of Linux: epoll(7), edge-triggered. The contract is in contract.hpp.
//
// One registration a socket, for all of its life and both directions. What the kernel has told, and what an attempt has
// found since, is remembered a direction: `may` says that an attempt may succeed. A read that gets fewer bytes than it
// asked for has emptied the socket, so the next one waits for an edge without asking; that does not hold when the peer
// has hung up (the end is still to come) or has sent urgent data (reads stop at the mark), so `sticky` keeps `may`.
// epoll_wait(2), epoll_pwait2(2) where the kernel has it (nanoseconds), eventfd(2), recv(2), send(2), accept(2).

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <climits>
#include <memory>
#include <utility>
#include <vector>

#include "posix_system.hpp"

namespace rill::backend::inline RILL_ABI {

class epoll_reactor final : public reactor {
  public:
    epoll_reactor(system& calls, error& why) noexcept;
    ~epoll_reactor() override;

    error attach(socket_state& each, const void* home) noexcept override;
    void detach(socket_state* each, detach_how how) noexcept override;
    release_answer cancel(operation& each) noexcept override;
    void wait(std::chrono::nanoseconds limit) noexcept override;
    void wake() noexcept override;
    void give_back(std::byte* memory) noexcept override;
    [[nodiscard]] kind which() const noexcept override { return epoll; }
    [[nodiscard]] system& calls() noexcept override { return calls_; }

    /// How large a lent buffer is.
    static constexpr std::size_t lent_bytes = 16UL * 1024;
    /// After which time an accept that found no descriptor or no memory tries again.
    static constexpr std::chrono::milliseconds back_off{10};

  private:
    enum readiness : std::uint8_t {
        may = 1,         // an attempt may succeed
        told = 2,        // an event said so, and nothing was taken since
        sticky = 4,      // a short read does not mean that nothing is left
        backing_off = 8  // the accept that is parked here waits for its time, in the list below
    };
    struct slot {
        socket_state* socket;      // null: free
        std::uint32_t generation;  // counts the sockets that had this slot
        std::uint32_t next_free;
    };
    static constexpr std::size_t pieces_a_call = 16;
    using attempt = bool (*)(epoll_reactor&, socket_state&, operation&) noexcept;

    template <attempt Try>
    static progress start_input(reactor& self, operation& each) noexcept;
    template <attempt Try>
    static progress start_output(reactor& self, operation& each) noexcept;

    static bool try_accept(epoll_reactor& self, socket_state& from, operation& each) noexcept;
    static bool try_connect(epoll_reactor& self, socket_state& from, operation& each) noexcept;
    static bool try_recv(epoll_reactor& self, socket_state& from, operation& each) noexcept;
    static bool try_recv_all(epoll_reactor& self, socket_state& from, operation& each) noexcept;
    static bool try_recv_lent(epoll_reactor& self, socket_state& from, operation& each) noexcept;
    static bool try_send(epoll_reactor& self, socket_state& to, operation& each) noexcept;
    static bool try_send_all(epoll_reactor& self, socket_state& to, operation& each) noexcept;
    static bool try_readable(epoll_reactor& self, socket_state& from, operation& each) noexcept;
    static progress start_connect(reactor& self, operation& each) noexcept;

    static void leave(socket_state& each) noexcept;
    static bool fail(socket_state& where, operation& each, error why) noexcept;
    static bool succeed(operation& each) noexcept;
    static bool would_block_or_fail(socket_state& where, operation& each, std::uint8_t& memory) noexcept;
    static std::size_t wanted_pieces(const operation& each, iovec (&to)[pieces_a_call], std::size_t& asked) noexcept;
    static ssize_t read_once(socket_state& from, const operation& each, std::size_t& asked) noexcept;
    static ssize_t write_once(socket_state& to, const operation& each, std::size_t& asked) noexcept;
    static void note_read(socket_state& from, std::size_t asked, std::size_t got) noexcept;
    void start_backing_off(socket_state& listener, accept_operation& each) noexcept;
    void stop_backing_off(socket_state& listener, accept_operation& each) noexcept;
    void retry_accepts() noexcept;
    void deal_with(socket_state& each, std::uint32_t events) noexcept;
    static bool settle(operation*& parked, bool finished) noexcept;
    int wait_for_events(std::chrono::nanoseconds limit) noexcept;

    static const std::array<starter, verb_count> starters;
    static const std::array<attempt, verb_count> attempts;
    static constexpr int batch = 256;

    system& calls_;
    int epoll_ = -1;
    int wake_ = -1;
    bool nanoseconds_known_ = true;  // until epoll_pwait2 turns out to be missing
    std::vector<slot> slots_;        // slot 0 is that of wake_
    std::uint32_t first_free_ = 0;   // 0: none
    accept_operation* backing_off_ = nullptr;
    time_point retry_at_{};
    std::vector<std::unique_ptr<std::byte[]>> lendable_;
    std::array<epoll_event, batch> events_;
};

// ---- mechanism: making and ending ----

inline epoll_reactor::epoll_reactor(system& calls, error& why) noexcept : reactor(starters.data()), calls_(calls) {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    wake_ = epoll_ < 0 ? -1 : ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    epoll_event wakes{};
    wakes.events = EPOLLIN | EPOLLET;  // each write is an edge of its own: nobody reads it
    if (wake_ < 0 || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &wakes) < 0) {
        why = last_error();
        return;
    }
    try {
        slots_.push_back({nullptr, 0, 0});
    } catch (const std::bad_alloc&) {
        why = {ENOMEM, error::domain::system};
    }
}

inline epoll_reactor::~epoll_reactor() {
    for (const slot& each : slots_)
        if (each.socket != nullptr) leave(*each.socket);
    if (wake_ >= 0) ::close(wake_);
    if (epoll_ >= 0) ::close(epoll_);
}

inline error epoll_reactor::attach(socket_state& each, const void* home) noexcept {
    if (first_free_ == 0) {
        try {
            slots_.push_back({nullptr, 0, 0});
        } catch (const std::bad_alloc&) {
            return {ENOMEM, error::domain::system};
        }
        first_free_ = static_cast<std::uint32_t>(slots_.size() - 1);
    }
    slot& taken = slots_[first_free_];
    epoll_event wanted{};
    wanted.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET;
    wanted.data.u64 = std::uint64_t{taken.generation} << 32 | first_free_;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor_of(each), &wanted) < 0) return last_error();
    each.home = home;
    each.now = socket_state::phase::attached;
    each.slot = first_free_;
    each.input = may;
    each.output = may;
    taken.socket = &each;
    first_free_ = taken.next_free;
    return {};
}

inline void epoll_reactor::detach(socket_state* each, detach_how how) noexcept {
    slot& freed = slots_[each->slot];
    freed.socket = nullptr;
    ++freed.generation;  // what epoll still tells of this socket, also through a copy of it, is for nobody
    freed.next_free = std::exchange(first_free_, each->slot);
    if (how == detach_how::keep) {
        ::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor_of(*each), nullptr);
        leave(*each);
        return;
    }
    operation* const reader = std::exchange(each->reader, nullptr);
    operation* const writer = std::exchange(each->writer, nullptr);
    if ((each->input & backing_off) != 0) stop_backing_off(*each, static_cast<accept_operation&>(*reader));
    for (operation* pending : {reader, writer}) {
        if (pending == nullptr) continue;
        fail(*each, *pending, {ECANCELED, error::domain::system});
        completed(*pending, resume_when::later);
    }
    ::close(descriptor_of(*each));
    end_socket_state(each);
}

inline void epoll_reactor::leave(socket_state& each) noexcept {
    each.home = &no_context;
    each.now = socket_state::phase::unattached;
}

inline void epoll_reactor::wake() noexcept {
    const std::uint64_t one = 1;
    const int before = errno;  // a signal handler may be calling
    while (::write(wake_, &one, sizeof one) < 0 && errno == EINTR) {
    }
    errno = before;
}

inline void epoll_reactor::give_back(std::byte* memory) noexcept {
    std::unique_ptr<std::byte[]> mine(memory);
    if (lendable_.size() < lendable_.capacity()) lendable_.push_back(std::move(mine));
}

// ---- mechanism: starting and cancelling ----

template <epoll_reactor::attempt Try>
progress epoll_reactor::start_input(reactor& self, operation& each) noexcept {
    socket_state& from = *each.socket;
    if (from.reader != nullptr) return fail(from, each, {EINPROGRESS, error::domain::system}), progress::finished;
    if ((from.input & may) != 0 && Try(static_cast<epoll_reactor&>(self), from, each)) return progress::finished;
    from.reader = &each;
    each.state = operation_state::parked;
    return progress::parked;
}

template <epoll_reactor::attempt Try>
progress epoll_reactor::start_output(reactor& self, operation& each) noexcept {
    socket_state& to = *each.socket;
    if (to.writer != nullptr) return fail(to, each, {EINPROGRESS, error::domain::system}), progress::finished;
    if ((to.output & may) != 0 && Try(static_cast<epoll_reactor&>(self), to, each)) return progress::finished;
    to.writer = &each;
    each.state = operation_state::parked;
    return progress::parked;
}

inline progress epoll_reactor::start_connect(reactor&, operation& each) noexcept {
    socket_state& from = *each.socket;
    native_address whereto(each.peer);
    from.remote = each.peer;
    if (::connect(descriptor_of(from), whereto.data(), whereto.size) == 0) {
        each.state = operation_state::done;
        return progress::finished;
    }
    if (errno != EINPROGRESS && errno != EINTR) return fail(from, each, last_error()), progress::finished;
    from.writer = &each;
    each.state = operation_state::parked;
    return progress::parked;
}

inline release_answer epoll_reactor::cancel(operation& each) noexcept {
    socket_state& of = *each.socket;
    if (of.reader == &each) {
        if ((of.input & backing_off) != 0) stop_backing_off(of, static_cast<accept_operation&>(each));
        of.reader = nullptr;
    } else {
        of.writer = nullptr;
    }
    each.state = operation_state::stopped;
    return release_answer::let_go;
}

inline const std::array<reactor::starter, verb_count> epoll_reactor::starters{
    &start_input<&try_accept>,    &start_connect,           &start_input<&try_recv>,      &start_input<&try_recv_all>,
    &start_input<&try_recv_lent>, &start_output<&try_send>, &start_output<&try_send_all>, &start_input<&try_readable>,
};
inline const std::array<epoll_reactor::attempt, verb_count> epoll_reactor::attempts{
    &try_accept, &try_connect, &try_recv, &try_recv_all, &try_recv_lent, &try_send, &try_send_all, &try_readable,
};

// ---- mechanism: attempts; true: finished, false: it would block ----

inline bool epoll_reactor::fail(socket_state& where, operation& each, error why) noexcept {
    each.failure = why;
    each.peer = where.remote;
    each.state = operation_state::done;
    return true;
}

/// What of the slices is still wanted, as the system takes it; how many pieces, and how many bytes in all.
inline std::size_t epoll_reactor::wanted_pieces(const operation& each, iovec (&to)[pieces_a_call],
                                                std::size_t& asked) noexcept {
    std::size_t skip = each.done;
    std::size_t count = 0;
    asked = 0;
    for (const slice *from = each.slices, *end = from + each.slice_count; from != end && count < pieces_a_call;
         ++from) {
        if (skip >= from->size) {
            skip -= from->size;
            continue;
        }
        to[count++] = {from->data + skip, from->size - skip};
        asked += from->size - skip;
        skip = 0;
    }
    return count;
}

/// One call that reads into what the operation still wants. -1: errno says why.
inline ssize_t epoll_reactor::read_once(socket_state& from, const operation& each, std::size_t& asked) noexcept {
    ssize_t got = 0;
    if (each.slice_count == 1) [[likely]] {
        asked = each.slices->size - each.done;
        do got = ::recv(descriptor_of(from), each.slices->data + each.done, asked, 0);
        while (got < 0 && errno == EINTR);
    } else {
        iovec pieces[pieces_a_call];
        const std::size_t count = wanted_pieces(each, pieces, asked);
        do got = ::readv(descriptor_of(from), pieces, static_cast<int>(count));
        while (got < 0 && errno == EINTR);
    }
    return got;
}

/// One call that writes what the operation still has. -1: errno says why.
inline ssize_t epoll_reactor::write_once(socket_state& to, const operation& each, std::size_t& asked) noexcept {
    ssize_t put = 0;
    if (each.slice_count == 1) [[likely]] {
        asked = each.slices->size - each.done;
        do put = ::send(descriptor_of(to), each.slices->data + each.done, asked, send_flags);
        while (put < 0 && errno == EINTR);
    } else {
        iovec pieces[pieces_a_call];
        msghdr message{};
        message.msg_iov = pieces;
        message.msg_iovlen = wanted_pieces(each, pieces, asked);
        do put = ::sendmsg(descriptor_of(to), &message, send_flags);
        while (put < 0 && errno == EINTR);
    }
    return put;
}

/// Remembers what a read of `asked` bytes that got `got` has told of the socket.
inline void epoll_reactor::note_read(socket_state& from, std::size_t asked, std::size_t got) noexcept {
    const bool emptied = got < asked && (from.input & sticky) == 0;
    from.input = static_cast<std::uint8_t>(from.input & (emptied ? ~(may | told) : ~told));
}

/// A call failed: false where it would block, and then an edge is waited for; else the operation fails.
inline bool epoll_reactor::would_block_or_fail(socket_state& where, operation& each, std::uint8_t& memory) noexcept {
    if (errno != EAGAIN && errno != EWOULDBLOCK) return fail(where, each, last_error());
    memory = static_cast<std::uint8_t>(memory & ~(may | told));
    return false;
}

inline bool epoll_reactor::succeed(operation& each) noexcept {
    each.state = operation_state::done;
    return true;
}

inline bool epoll_reactor::try_recv(epoll_reactor&, socket_state& from, operation& each) noexcept {
    std::size_t asked = 0;
    const ssize_t got = read_once(from, each, asked);
    if (got < 0) [[unlikely]]
        return would_block_or_fail(from, each, from.input);
    each.done = static_cast<std::size_t>(got);
    note_read(from, asked, each.done);
    return succeed(each);
}

inline bool epoll_reactor::try_recv_all(epoll_reactor&, socket_state& from, operation& each) noexcept {
    for (;;) {
        std::size_t asked = 0;
        const ssize_t got = read_once(from, each, asked);
        if (got < 0) return would_block_or_fail(from, each, from.input);
        const auto size = static_cast<std::size_t>(got);
        each.done += size;
        note_read(from, asked, size);
        if (size == 0 || each.done == total_size(each)) return succeed(each);
        if ((from.input & may) == 0) return false;
    }
}

inline bool epoll_reactor::try_recv_lent(epoll_reactor& self, socket_state& from, operation& each) noexcept {
    auto& lent = static_cast<lent_operation&>(each);
    std::unique_ptr<std::byte[]> memory;
    if (!self.lendable_.empty()) {
        memory = std::move(self.lendable_.back());
        self.lendable_.pop_back();
    } else {
        memory.reset(new (std::nothrow) std::byte[lent_bytes]);
        if (memory == nullptr) return fail(from, each, {ENOMEM, error::domain::system});
    }
    ssize_t got = 0;
    do got = ::recv(descriptor_of(from), memory.get(), lent_bytes, 0);
    while (got < 0 && errno == EINTR);
    if (got < 0) {
        const bool failed = would_block_or_fail(from, each, from.input);
        self.give_back(memory.release());
        return failed;
    }
    each.done = static_cast<std::size_t>(got);
    note_read(from, lent_bytes, each.done);
    lent.memory = memory.release();
    return succeed(each);
}

inline bool epoll_reactor::try_send(epoll_reactor&, socket_state& to, operation& each) noexcept {
    std::size_t asked = 0;
    const ssize_t put = write_once(to, each, asked);
    if (put < 0) return would_block_or_fail(to, each, to.output);
    each.done = static_cast<std::size_t>(put);
    if (each.done < asked) to.output = 0;  // full: the kernel will tell of room
    return succeed(each);
}

inline bool epoll_reactor::try_send_all(epoll_reactor&, socket_state& to, operation& each) noexcept {
    for (;;) {
        std::size_t asked = 0;
        const ssize_t put = write_once(to, each, asked);
        if (put < 0) [[unlikely]]
            return would_block_or_fail(to, each, to.output);
        each.done += static_cast<std::size_t>(put);
        if (each.done == total_size(each)) [[likely]]
            return succeed(each);
        if (static_cast<std::size_t>(put) < asked) {
            to.output = 0;
            return false;
        }
    }
}

inline bool epoll_reactor::try_readable(epoll_reactor&, socket_state& from, operation& each) noexcept {
    if ((from.input & (told | sticky)) == 0) {
        pollfd asked{descriptor_of(from), POLLIN, 0};
        if (::poll(&asked, 1, 0) <= 0) {
            from.input = 0;
            return false;
        }
        from.input |= told;
    }
    return succeed(each);
}

inline bool epoll_reactor::try_connect(epoll_reactor&, socket_state& from, operation& each) noexcept {
    int code = 0;
    socklen_t size = sizeof code;
    if (::getsockopt(descriptor_of(from), SOL_SOCKET, SO_ERROR, &code, &size) < 0) code = errno;
    if (code == EINPROGRESS || code == EALREADY) return false;
    return code == 0 ? succeed(each) : fail(from, each, {code, error::domain::system});
}

/// accept(2) hands on what the network did to the connection before it was taken: that is the peer's affair, and the
/// next connection is as good as any. A full table or no memory is ours: the peer waits in the kernel until it passes.
inline bool epoll_reactor::try_accept(epoll_reactor& self, socket_state& from, operation& each) noexcept {
    auto& accept = static_cast<accept_operation&>(each);
    for (;;) {
        native_address peer;
        const int descriptor = next_connection(descriptor_of(from), peer.data(), &peer.size);
        if (descriptor >= 0) {
            error why;
            accept.accepted = make_socket_state(descriptor, from.addresses, *from.calls, why);
            if (accept.accepted == nullptr) return fail(from, each, why);
            accept.accepted->remote = peer.get();
            return succeed(each);
        }
        switch (errno) {
            case EINTR:
            case ECONNABORTED:
            case EPROTO:
            case EPERM:     // a firewall rule forbade it
            case ENETDOWN:  // this and what follows: pending errors of the new socket
            case ENOPROTOOPT:
            case EHOSTDOWN:
            case ENONET:
            case EHOSTUNREACH:
            case ENETUNREACH:
                continue;
            case EMFILE:
            case ENFILE:
            case ENOBUFS:
            case ENOMEM:
                self.start_backing_off(from, accept);
                return false;
            default:
                return would_block_or_fail(from, each, from.input);
        }
    }
}

// ---- mechanism: accepts that back off ----

inline void epoll_reactor::start_backing_off(socket_state& listener, accept_operation& each) noexcept {
    if ((listener.input & backing_off) != 0) return;
    listener.input |= backing_off;
    if (backing_off_ == nullptr) retry_at_ = calls_.now() + back_off;
    each.next_waiting = std::exchange(backing_off_, &each);
}

inline void epoll_reactor::stop_backing_off(socket_state& listener, accept_operation& each) noexcept {
    listener.input = static_cast<std::uint8_t>(listener.input & ~backing_off);
    accept_operation** link = &backing_off_;
    while (*link != &each) link = &(*link)->next_waiting;
    *link = each.next_waiting;
}

inline void epoll_reactor::retry_accepts() noexcept {
    accept_operation* each = std::exchange(backing_off_, nullptr);
    while (each != nullptr) {
        accept_operation* const next = each->next_waiting;
        socket_state& listener = *each->socket;
        listener.input = static_cast<std::uint8_t>(listener.input & ~backing_off);
        if (settle(listener.reader, try_accept(*this, listener, *each))) completed(*each, resume_when::later);
        each = next;
    }
}

// ---- mechanism: events ----

/// Takes a parked operation that has finished off its socket.
inline bool epoll_reactor::settle(operation*& parked, bool finished) noexcept {
    if (finished) parked = nullptr;
    return finished;
}

inline void epoll_reactor::deal_with(socket_state& each, std::uint32_t events) noexcept {
    constexpr std::uint32_t gone = EPOLLHUP | EPOLLERR;
    if ((events & (EPOLLIN | EPOLLRDHUP | gone)) != 0) each.input |= may | told;
    if ((events & (EPOLLRDHUP | EPOLLPRI | gone)) != 0) each.input |= sticky;
    if ((events & (EPOLLOUT | gone)) != 0) each.output |= may;
    operation* const writer = each.writer;
    operation* const reader = each.reader;
    const auto finish = [this, &each](operation* parked) {
        return attempts[static_cast<std::size_t>(parked->what)](*this, each, *parked);
    };
    const bool wrote = writer != nullptr && (each.output & may) != 0 && settle(each.writer, finish(writer));
    const bool read =
        reader != nullptr && (each.input & (may | backing_off)) == may && settle(each.reader, finish(reader));
    if (wrote && read) {  // both are off the socket before anyone runs: the first may end the second, or close this
        completed(*writer, resume_when::later);
        completed(*reader, resume_when::later);
    } else if (wrote) {
        completed(*writer, resume_when::at_once);
    } else if (read) {
        completed(*reader, resume_when::at_once);
    }
}

inline void epoll_reactor::wait(std::chrono::nanoseconds limit) noexcept {
    if (backing_off_ != nullptr) {
        const std::chrono::nanoseconds left =
            std::max(std::chrono::nanoseconds(retry_at_ - calls_.now()), limit.zero());
        if (limit < limit.zero() || left < limit) limit = left;
    }
    const int count = wait_for_events(limit);
    for (int index = 0; index < count; ++index) {
        const epoll_event& event = events_[static_cast<std::size_t>(index)];
        const slot& named = slots_[static_cast<std::uint32_t>(event.data.u64)];
        if (named.socket == nullptr || named.generation != event.data.u64 >> 32)
            continue;  // of a socket that was closed
        deal_with(*named.socket, event.events);
    }
    if (backing_off_ != nullptr && calls_.now() >= retry_at_) retry_accepts();
}

/// epoll_wait counts in milliseconds: rounded up, so that no timer is early, where there is nothing better.
inline int epoll_reactor::wait_for_events(std::chrono::nanoseconds limit) noexcept {
#ifdef SYS_epoll_pwait2
    if (limit > limit.zero() && nanoseconds_known_) {
        constexpr std::int64_t second = 1'000'000'000;
        struct {
            std::int64_t seconds;
            std::int64_t nanoseconds;
        } wanted{limit.count() / second, limit.count() % second};  // __kernel_timespec, on every processor
        const long count = ::syscall(SYS_epoll_pwait2, epoll_, events_.data(), batch, &wanted, nullptr, 0);
        if (count >= 0 || errno == EINTR) return static_cast<int>(count);
        nanoseconds_known_ = false;  // an older kernel, or a filter of system calls
    }
#endif
    const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(limit).count();
    const int milliseconds = limit < limit.zero() ? -1 : static_cast<int>(std::min<std::int64_t>(rounded, INT_MAX));
    return ::epoll_wait(epoll_, events_.data(), batch, milliseconds);
}

}  // namespace rill::backend::inline RILL_ABI
