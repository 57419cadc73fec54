// SPDX-License-Identifier: MIT
#pragma once

// What a backend is: the members that the loop and the sockets call. The data that they share is in operation.hpp.
//
// Two tables. `system` holds the plain calls, which finish at once: plain_calls.hpp. `reactor` waits, starts what may have
// to wait and finishes it; each io_context owns one. The contract says what is promised; nothing here knows how, and nothing
// in a backend file explains what an operation means.
//
// Rules for both sides, each tested under its number (tests/backend/contract_test.cpp):
//  1. All members of a reactor but `wake` are called on the thread of its io_context; `wake` from anywhere, also from a
//     signal handler.
//  2. A socket is attached to one reactor at most, for as long as it is open. `detach` ends that.
//  3. `start` returns `finished`: the result is in the operation, nothing else follows. Or `parked`: the reactor calls
//     `completed` for it later, exactly once, from within `wait`, `detach` or `start` of another, unless `cancel` said
//     `let_go`.
//  4. One operation a direction is parked on a socket. Another one finishes with operation_in_progress, and the first
//     is not disturbed.
//  5. `cancel` of a parked operation answers `let_go`: it is out of the reactor's hands, took nothing, and the kernel
//     writes to its buffers no more. Or `leaving`: later it is `completed` with its result if it had one, or else `let_go`, with
//     `operation_canceled` (`completed` if its socket was closed before), and its memory stays where it is until then.
//  6. An operation that took bytes or a connection is never reported as cancelled.
//  7. `detach` with `close` completes what is parked with `operation_canceled`; the socket_state is the reactor's from
//     that call on. With `keep`, nothing may be parked, and the handle goes back to the caller.
//  8. After `completed`, the reactor touches neither the operation nor, without looking it up again, its socket: what
//     was resumed may have closed it.
//     At its end a reactor lets go of the sockets that are still attached: they are unattached again, and stay open.
//  9. An event for a socket that was closed is dropped, also when its handle or its slot is in use again.
// 10. `wait` returns after the events at hand, at `limit`, or after a `wake`, and never before `limit` without a cause.
// 11. `accept` does not report what a peer or a full table of descriptors did: it skips or backs off, and goes on.
// 12. No member throws. What fails says so with an `error`.
// 13. A datagram is moved whole or not at all. What the network told of an earlier one (ICMP: nobody is there, too long
//     for the way) is the error of one operation; the next one is tried as if nothing had been.
// 14. What an operation points to (buffers, a `message`, names, entries, handles) stays where it is until completion.
// 15. A verb or a plain call that this system does not have is an error, `not_supported` unless the system has a better.

#include <cstddef>
#include <cstdint>

#include "operation.hpp"
#include "plain_calls.hpp"

namespace rill::backend::inline RILL_ABI {

/// The backends that a program can choose. Which of them run here: `available()` in default_backend.hpp.
enum class kind : std::uint8_t { epoll, kqueue, iocp, io_uring, simulated };
using enum kind;

enum class progress : bool { parked, finished };
enum class release_answer : bool { leaving, let_go };
enum class detach_how : bool { keep, close };

/// Waits for many sockets on one thread. Made by the header of each backend, chosen at run time.
class reactor {
  public:
    /// Starts an operation on the reactor that its socket has joined.
    using starter = progress (*)(operation&) noexcept;

    reactor(const reactor&) = delete;
    reactor& operator=(const reactor&) = delete;
    virtual ~reactor() = default;

    /// Joins the socket to this reactor, and sets its phase, `joined` and `home`.
    virtual error attach(socket_state&, const void* home) noexcept = 0;
    /// Fails only with `keep`, where the system can't take a handle out of its loop: then it stays attached.
    virtual error detach(socket_state*, detach_how) noexcept = 0;
    /// Starts an operation. One function a verb, so that the way to the system call is one indirect call.
    progress start(operation& each) noexcept { return starters_[static_cast<std::size_t>(each.what)](each); }
    [[nodiscard]] const starter* starters() const noexcept { return starters_; }
    virtual release_answer cancel(operation&) noexcept = 0;
    /// Waits at most so long (negative: without limit) for events, then finishes what can be finished.
    virtual void wait(std::int64_t limit_ns) noexcept = 0;
    virtual void wake() noexcept = 0;
    /// Takes back memory that a recv_lent lent.
    virtual void give_back(std::byte* memory) noexcept = 0;

    [[nodiscard]] virtual kind which() const noexcept = 0;
    [[nodiscard]] virtual system& calls() noexcept = 0;

  protected:
    explicit reactor(const starter* starters) noexcept : starters_(starters) {}

  private:
    const starter* starters_;  // verb_count of them
};

/// Leaves in an operation how the reactors of this system do its verb, which is not built in; before `start`. Others, such as
/// a simulated network, take no notice. Provided by the headers of the system.
template <verb Verb>
void prepare(operation&) noexcept;

/// A backend that can be chosen here.
struct named_kind {
    const char* name;
    kind which;
    reactor* (*make)(system& calls, error& why);  // null, with `why` set, if the system refuses
};

/// What a socket's `home` is while no io_context has it.
RILL_VISIBLE inline std::byte no_context{};

/// Tells the loop that a parked operation has finished. Its branch goes on at once, or in its turn if `later`; what it
/// then does may include anything, also closing the socket. Provided by core/io_context.hpp.
enum class resume_when : bool { later, at_once };
inline void completed(operation&, resume_when) noexcept;
/// As completed, for one that was `leaving` and is now let go unused: its state is `stopped`.
inline void let_go(operation&) noexcept;

}  // namespace rill::backend::inline RILL_ABI
