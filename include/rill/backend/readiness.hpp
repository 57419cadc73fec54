// SPDX-License-Identifier: MIT
#pragma once

// What backends share whose kernel tells of readiness (epoll, kqueue): try at once, park until the edge, try again.
//
// What the kernel has told, and what an attempt has found since, is remembered: `may_read` says that an attempt may
// succeed. A read that gets fewer bytes than it asked for has emptied the socket, so the next one waits for an edge
// without asking. That does not hold when the peer has hung up (the end is still to come) or has sent urgent data
// (reads stop at the mark): `sticky` keeps `may_read` then, and where the kernel tells how many bytes there are, so does
// a read that got fewer. A backend adds the registration and the wait.

#include <limits>

#include "back_off.hpp"
#include "lendable_memory.hpp"
#include "posix_transfer.hpp"
#include "socket_slots.hpp"

namespace rill::backend::inline RILL_ABI {

class readiness_reactor : public reactor {
  public:
    inline error attach(socket_state& each, const void* home) noexcept final;
    inline error detach(socket_state* each, detach_how how) noexcept final;
    inline release_answer cancel(operation& each) noexcept final;
    inline void wait(std::int64_t limit_ns) noexcept final;
    void give_back(std::byte* memory) noexcept final { lendable_.give(memory); }
    [[nodiscard]] system& calls() noexcept final { return calls_; }

    /// How a verb is done that is not built in.
    template <verb Verb>
    static consteval verb_steps steps_of() noexcept;

  protected:
    explicit readiness_reactor(system& calls) noexcept : reactor(starters), calls_(calls) {}
    inline ~readiness_reactor() override;

    /// What is remembered of a socket, a bit set. An event adds to it, an attempt takes from it.
    enum readiness : std::uint8_t {
        may_read = 1,  // an attempt may succeed
        may_write = 4,
        sticky = 8,             // a short read does not mean that nothing is left
        reader_backs_off = 16,  // the operation that is parked here also waits for its time, in `backing_off_`
        writer_backs_off = 32,
        counted = 64,  // the kernel tells how many bytes there are: `announced`
    };

    /// Whether there was memory to make this.
    [[nodiscard]] bool has_slots() const noexcept { return slots_.made(); }

    /// Tells the kernel to report a socket, both directions, with the ticket.
    virtual error register_socket(const socket_state& each, socket_slots::ticket ticket) noexcept = 0;
    /// Tells it not to, for a handle that goes on living.
    virtual void unregister_socket(const socket_state& each) noexcept = 0;
    /// A datagram found no room. A backend that does not report room for them from the beginning does so from now on, and
    /// also if there is some by now.
    virtual void ask_for_room(const socket_state&, socket_slots::ticket) noexcept {}
    /// Waits, and calls `deal_with` for each event.
    virtual void wait_for_events(std::int64_t limit_ns) noexcept = 0;

    /// Adds what an event told, and finishes what can be.
    void deal_with(socket_slots::ticket whose, unsigned news) noexcept;
    /// Before `deal_with`, where the kernel tells it: how many bytes there are. A read that gets fewer has not emptied
    /// the socket.
    void announce(socket_slots::ticket whose, std::int64_t bytes) noexcept;

  private:
    /// Tries an operation. True: it has finished. False: it would block.
    using attempt = bool (*)(operation&) noexcept;

    static progress start_input(operation& each) noexcept;
    /// As start_input, where something else waits already or an attempt may succeed.
    RILL_APART static progress try_input(operation& each) noexcept {
        socket_state& from = *each.socket;
        if (from.reader != nullptr) {
            fail(each, {EINPROGRESS, error::domain::system});
            return progress::finished;
        }
        if (attempts[static_cast<std::size_t>(each.what)](each)) return progress::finished;
        return park(from.reader, each);
    }
    template <attempt Try>
    static progress start_output(operation& each) noexcept;
    static progress start_connect(operation& each) noexcept;
    static progress start_readable(operation& each) noexcept;
    static progress start_prepared(operation& each) noexcept { return each.room.steps->start(each); }

    static bool try_accept(operation& each) noexcept;
    static bool try_connect(operation& each) noexcept;
    static bool try_recv(operation& each) noexcept;
    static bool try_recv_all(operation& each) noexcept;
    static bool try_recv_lent(operation& each) noexcept;
    static bool try_send(operation& each) noexcept;
    static bool try_send_all(operation& each) noexcept;
    static bool try_readable(operation& each) noexcept;
    static bool try_recv_message(operation& each) noexcept;
    static bool try_send_message(operation& each) noexcept;
    static bool try_recv_messages(operation& each) noexcept;
    static bool try_send_messages(operation& each) noexcept;
    static bool try_connect_unix(operation& each) noexcept;
    static bool try_send_file(operation& each) noexcept;
    static bool try_closing(operation& each) noexcept;
    static bool try_prepared(operation& each) noexcept { return each.room.steps->attempt(each); }

    static readiness_reactor& of(const operation& each) noexcept {
        return static_cast<readiness_reactor&>(*each.socket->joined);
    }
    static bool succeed(operation& each) noexcept;
    RILL_COLD static bool end(operation& each) noexcept;
    RILL_COLD static bool fail(operation& each, error why) noexcept;
    RILL_COLD static bool after_failure(operation& each, unsigned direction) noexcept;
    RILL_COLD static bool after_part_of_all(operation& each, ssize_t put) noexcept;
    RILL_COLD static bool holds_more(const socket_state& from, std::size_t got) noexcept;
    static void note_read(socket_state& from, std::size_t got, bool was_short) noexcept;
    static progress park(operation*& place, operation& each) noexcept;
    bool finish(operation*& place) noexcept;
    RILL_COLD void deal_with_both(socket_state& each) noexcept;
    RILL_COLD static bool is_full_after_all(const operation& each) noexcept;
    RILL_COLD static bool fails_with_kept_error(operation& each) noexcept;
    /// Parks it in `backing_off_` as well, since no event will tell. Always false: it would block.
    RILL_COLD bool wait_for_room(operation& each) noexcept;
    void leave_back_off(operation& each) noexcept;
    /// Which of the two bits is this operation's; 0 for one that never backs off.
    static unsigned back_off_of(const operation& each) noexcept {
        if (each.what == verb::accept) return reader_backs_off;
        return each.what == verb::send_message || each.what == verb::connect_unix ? unsigned{writer_backs_off} : 0U;
    }
    static void forget(socket_state& each, unsigned what) noexcept {
        each.readiness = static_cast<std::uint8_t>(each.readiness & ~what);
    }
    void retry_backed_off() noexcept;
    static void leave(socket_state& each) noexcept;
    static void call_off(operation* parked) noexcept;

    static const starter starters[verb_count];
    static const attempt attempts[verb_count];

    system& calls_;
    socket_slots slots_;
    back_off backing_off_;
    lendable_memory lendable_;
};

// ---- mechanism: attaching and detaching ----

inline void readiness_reactor::leave(socket_state& each) noexcept {
    each.home = &no_context;
    each.now = socket_state::phase::unattached;
}

inline readiness_reactor::~readiness_reactor() { slots_.for_each(&leave); }

inline error readiness_reactor::attach(socket_state& each, const void* home) noexcept {
    if (!slots_.add(each)) return {ENOMEM, error::domain::system};
    if (const error failed = register_socket(each, slots_.ticket_of(each))) {
        slots_.remove(each);
        return failed;
    }
    each.home = home;
    each.joined = this;
    each.now = socket_state::phase::attached;
    each.readiness = may_read | may_write;
    if (each.addresses == family::local) each.readiness |= sticky;  // reads stop behind a passed descriptor as well
    return {};
}

inline void readiness_reactor::call_off(operation* parked) noexcept {
    if (parked == nullptr) return;
    fail(*parked, {ECANCELED, error::domain::system});
    completed(*parked, resume_when::later);
}

inline error readiness_reactor::detach(socket_state* each, detach_how how) noexcept {
    slots_.remove(*each);
    if (how == detach_how::keep) {
        unregister_socket(*each);
        leave(*each);
        return {};
    }
    if (each->reader != nullptr) leave_back_off(*each->reader);
    if (each->writer != nullptr) leave_back_off(*each->writer);
    call_off(each->reader);
    call_off(each->writer);
    each->calls->close(each);
    return {};
}

// ---- mechanism: backing off ----

inline bool readiness_reactor::wait_for_room(operation& each) noexcept {
    socket_state& on = *each.socket;
    const unsigned mine = back_off_of(each);
    if ((on.readiness & mine) == 0) backing_off_.add(each, calls_.now());
    on.readiness = static_cast<std::uint8_t>(on.readiness | mine);
    return false;
}

inline void readiness_reactor::leave_back_off(operation& each) noexcept {
    const unsigned mine = back_off_of(each);
    if ((each.socket->readiness & mine) == 0) return;
    forget(*each.socket, mine);
    backing_off_.remove(each);
}

inline void readiness_reactor::retry_backed_off() noexcept {
    operation* all = backing_off_.take_all();
    while (operation* const each = back_off::take_first(all)) {
        socket_state& on = *each->socket;
        forget(on, back_off_of(*each));
        if (finish(on.reader == each ? on.reader : on.writer)) completed(*each, resume_when::later);
    }
}

// ---- mechanism: events ----

/// Tries what is parked at a place; if it has finished, it is taken off.
inline bool readiness_reactor::finish(operation*& place) noexcept {
    operation& parked = *place;
    if (!attempts[static_cast<std::size_t>(parked.what)](parked)) return false;
    place = nullptr;
    return true;
}

inline void readiness_reactor::announce(socket_slots::ticket whose, std::int64_t bytes) noexcept {
    constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
    if (!slots_.has(whose)) return;
    socket_state& each = slots_[whose];
    each.announced = static_cast<std::uint32_t>(bytes < most ? bytes : most);
    each.readiness |= counted;
}

inline void readiness_reactor::deal_with(socket_slots::ticket whose, unsigned news) noexcept {
    if (!slots_.has(whose)) [[unlikely]]
        return;
    socket_state& each = slots_[whose];
    each.readiness = static_cast<std::uint8_t>(each.readiness | news);
    if (each.writer != nullptr) [[unlikely]]
        return deal_with_both(each);
    operation* const reader = each.reader;
    if (reader != nullptr && (each.readiness & may_read) != 0 && finish(each.reader))
        completed(*reader, resume_when::at_once);
}

/// A writer waits, and perhaps a reader. Both are off the socket before anyone runs: the first may end the second, or
/// close the socket.
inline void readiness_reactor::deal_with_both(socket_state& each) noexcept {
    operation* const writer = each.writer;
    operation* const reader = each.reader;
    const bool wrote = (each.readiness & may_write) != 0 && finish(each.writer);
    const bool read = reader != nullptr && (each.readiness & may_read) != 0 && finish(each.reader);
    const resume_when when = wrote && read ? resume_when::later : resume_when::at_once;
    if (wrote) completed(*writer, when);
    if (read) completed(*reader, when);
}

inline void readiness_reactor::wait(std::int64_t limit_ns) noexcept {
    if (!backing_off_.empty()) {
        const std::int64_t left_ns = backing_off_.retry_at() - calls_.now();
        if (limit_ns < 0 || left_ns < limit_ns) limit_ns = left_ns < 0 ? 0 : left_ns;
    }
    wait_for_events(limit_ns);
    if (!backing_off_.empty() && calls_.now() >= backing_off_.retry_at()) retry_backed_off();
}

}  // namespace rill::backend::inline RILL_ABI

#include "../core/io_context.hpp"  // defines what the contract calls `completed`; includes this
#include "readiness_attempts.hpp"
#include "readiness_messages.hpp"
#include "readiness_starts.hpp"
