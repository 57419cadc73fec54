// SPDX-License-Identifier: MIT
#pragma once

// What a backend is: the data of sockets and operations, and the members that the loop and the sockets call.
//
// Two tables. `system` holds the plain calls, which finish at once; there is one for the machine and one for each
// simulated host. `reactor` waits, starts what may have to wait and finishes it; each io_context owns one. The contract
// says what is promised; nothing here knows how, and nothing in a backend file explains what an operation means.
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

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "../config.hpp"
#include "address.hpp"
#include "kernel_room.hpp"

namespace rill::inline RILL_ABI {
class branch;
}

namespace rill::backend::inline RILL_ABI {

/// The backends that a program can choose. Which of them run here: `available()` in default_backend.hpp.
enum class kind : std::uint8_t { epoll, kqueue, iocp, io_uring, simulated };
using enum kind;

/// A point in time: nanoseconds on the clock of the backend, which may run on virtual time.
using instant = std::int64_t;

/// Why an operation failed: the number and whose it is (the system's; that of a std::errc, which is errno's; that of a
/// rill::errc). Zero: it did not. `to_error_code` is in core/error.hpp.
struct error {
    enum class domain : std::uint32_t { system, generic, rill };

    std::int32_t code = 0;
    domain whose = domain::system;

    constexpr explicit operator bool() const noexcept { return code != 0; }
    friend constexpr bool operator==(error, error) noexcept = default;
};

/// The errors of `rill::errc` that a backend itself finds: the end before all had come, a host without an address, a
/// service without a port.
inline constexpr error end_in_the_middle{1, error::domain::rill};
inline constexpr error no_such_host{3, error::domain::rill};
inline constexpr error no_such_service{5, error::domain::rill};

/// A piece of a buffer. An operation takes several in turn, as one read or one write.
struct slice {
    std::byte* data;
    std::size_t size;
};

enum class verb : std::uint8_t {
    accept,     // takes a connection: operation::accepted
    connect,    // connects a socket that `system::open` made to `peer`
    recv,       // at least one byte, or 0 at the end of the stream
    recv_all,   // fills the slices; 0 bytes at the end of the stream, `end_in_the_middle` after some
    recv_lent,  // as recv, into memory of the reactor: operation::lent, until `give_back`
    send,       // at least one byte
    send_all,   // all slices
    readable,   // there are bytes, a connection, a datagram or the end of the stream; takes nothing
    // Of datagram sockets, and of Unix stream sockets with handles beside the bytes: operation::transfer with `about`.
    recv_message,  // one datagram, or at least one byte, or 0 at the end of the stream
    send_message,  // one datagram, or at least one byte
    // Of datagram sockets: operation::batch. At least one entry, then as many as go without waiting. The first entry that
    // fails ends it; it is told by the next operation if others went before it.
    recv_messages,
    send_messages,
    connect_unix,  // connects a Unix stream socket to operation::name; waits while the listener's backlog is full
    send_file,     // of a stream: operation::part. At least one byte, or 0 at the end of the file; a bounded piece.
                   // not_supported for a file that the system can't send: then the caller copies
    closing,       // of a listener: nothing, until it is closed. To cancel it is always answered with `let_go`
};
inline constexpr std::size_t verb_count = 15;

/// What has become of an operation. The same table is the list of its tests.
///
/// | state   | entered when                              | next                                                        |
/// |---------|-------------------------------------------|-------------------------------------------------------------|
/// | idle    | constructed                               | done: the first attempt finished; parked: it would block    |
/// | parked  | the reactor holds it                      | done: an attempt finished; leaving: a stop or a close came; |
/// |         |                                           | stopped: it was let go at once, unused                      |
/// | leaving | the reactor was asked to let go and could | done: it had finished first, or the socket was closed;      |
/// |         | not at once                               | stopped: let go unused                                      |
/// | done,   | nobody holds it                           | none: the coroutine goes on, or is unwound, exactly once    |
/// | stopped |                                           |                                                             |
enum class operation_state : std::uint8_t { idle, parked, leaving, done, stopped };

struct operation;
class reactor;
class system;

/// What a socket carries: a stream of bytes, or datagrams.
enum class transport : std::uint8_t { stream, datagram };

/// What a reactor knows of a socket. Made by `system::open` or an accept, owned by a socket object until `detach`.
struct socket_state {
    /// The io_context whose reactor it is attached to. Compared with a branch's gate before each operation, so it is
    /// never null: `no_context` before the first use and after the close.
    const void* home;
    reactor* joined = nullptr;    // the one that it is attached to
    operation* reader = nullptr;  // the parked operation that waits for input, or null
    operation* writer = nullptr;  // the parked operation that waits for room, or null
    std::intptr_t handle;
    std::uint32_t slot = 0;  // its place in the reactor's table, while attached
    enum class phase : std::uint8_t { unattached, attached, closed } now = phase::unattached;
    family addresses;
    transport carries;
    std::uint8_t readiness = 0;   // the reactor's own memory of what it was told, a bit set
    std::uint32_t announced = 0;  // and how many bytes it was told of, where a kernel tells
    system* calls;                // whose socket it is: the machine's, or that of a simulated host
    bool end_sent = false;        // shutdown of the sending direction was asked for
    error broken{};  // what ended the connection, if it was no orderly end; of datagrams, what the next is to be told
    socket_address remote{};  // the peer, when it is connected; of a listener, its own address

    socket_state(std::intptr_t native, family of, transport what, system& whose, const void* nowhere) noexcept
        : home(nowhere), handle(native), addresses(of), carries(what), calls(&whose) {}
};

/// How many slices an operation has at most, so that one system call can take all of them.
inline constexpr std::size_t slices_max = 16;
/// How many handles a message passes at most.
inline constexpr std::size_t handles_max = 16;

/// What goes with a message beside its bytes, in both directions. Lives in the awaiter.
struct message {
    socket_address peer{};             // of v4 and v6, sent: whereto, if `addressed`. Received: where from
    unix_name* name = nullptr;         // of Unix sockets likewise, and null where nobody wants to know
    std::intptr_t* handles = nullptr;  // of Unix sockets: handles to pass on, or room for those that are passed
    std::size_t size = 0;              // at completion: how many bytes were moved
    std::uint16_t handle_count =
        0;                   // to pass. Received: how much room there is, and at completion how many came, which
                             // are closed on exec and whoever completes owns
    bool addressed = false;  // sent: to `peer` or `name`, and not to whom the socket is connected to
    bool truncated = false;  // received: there were more bytes, or more handles, than there was room for
    [[no_unique_address]] message_room room;
};

/// One of several datagrams.
struct batch_entry {
    slice bytes;            // what to send, or the room to receive
    socket_address peer{};  // as in `message`
    std::size_t size = 0;   // received: how many bytes
    bool addressed = false;
    bool truncated = false;
};

/// What is asked of a socket, and what came of it: the operation lives in its awaiter, the awaiter in a frame.
struct operation {
    struct buffers {        // of recv, recv_all, send, send_all, recv_message, send_message
        slice now;          // what is left of the first that is not done
        const slice* more;  // those after it: `more_count` of them
        union {
            std::size_t done;  // bytes so far; of recv only when it is done
            message* about;    // of recv_message and send_message, never null
        };
    };
    struct message_batch {  // of recv_messages, send_messages
        batch_entry* entries;
        std::size_t count;
        std::size_t done;  // when it is done: how many, from the first
    };
    struct file_part {  // of send_file
        std::intptr_t file;
        std::uint64_t offset;
        std::size_t size;  // never 0
        std::size_t done;  // when it is done: how many bytes, which may be fewer
    };
    struct lent_memory {  // of recv_lent, when it is done: until `give_back`
        std::byte* memory;
        std::size_t size;
    };

    branch* owner;         // who is resumed; set when it starts
    socket_state* socket;  // set when it starts; not read after completion
    operation* next;       // for lists of the reactor
    union {
        buffers transfer;
        lent_memory lent;
        socket_state* accepted;  // accept: null, then the connection, the operation's until somebody takes it
        message_batch batch;
        file_part part;
        const unix_name* name;  // connect_unix: whereto
        socket_address peer;    // connect: whereto. After a failure, of all verbs: the peer of the socket
    };
    error failure;  // set at completion
    verb what;
    operation_state state = operation_state::idle;
    std::uint16_t more_count = 0;
    [[no_unique_address]] kernel_room room;

    explicit operation(verb which) noexcept : what(which) {}
};

/// Options by name; what they are called by the system is the backend's business. Each is one number.
enum class option_name : std::uint8_t {
    reuse_address,
    reuse_port,
    no_delay,
    keep_alive,
    v6_only,
    keep_alive_idle,      // seconds
    keep_alive_interval,  // seconds
    keep_alive_count,
    send_buffer,     // bytes
    receive_buffer,  // bytes
    linger,          // seconds; negative: off
    ttl,             // of IPv4, and the hop limit of IPv6
    user_timeout,    // milliseconds
    fast_open,       // of a listener: how many connections may be half open
    fast_open_connect,
    broadcast,
    multicast_ttl,  // these three of IPv4 or IPv6, as the socket is
    multicast_loop,
    multicast_interface,  // its number; 0: the system chooses
};
inline constexpr std::size_t option_count = 19;

enum class membership : bool { leave, join };
enum class side : bool { local, remote };

enum class shutdown_direction : std::uint8_t { receive, send, both };

class reactor;

/// Somebody who wants to know of a signal. `arrived` counts; then `wakes` is woken.
struct signal_watch {
    int number = 0;
    bool once = false;  // after the first, the signal has its default action again
    reactor* wakes = nullptr;
    std::atomic<unsigned> arrived{0};  // counted up in the signal handler, read by the loop
};

/// The plain calls. Any thread, as far as the socket itself is not in use on another.
class system {
  public:
    system() noexcept = default;
    system(const system&) = delete;
    system& operator=(const system&) = delete;

    /// Makes a socket: non-blocking, closed on exec, never raising SIGPIPE. Null with `why` set if it can't.
    virtual socket_state* open(family, transport, error& why) noexcept = 0;
    /// Makes two Unix sockets that are connected to each other, as `open` would.
    virtual error open_pair(transport, socket_state*& one, socket_state*& other) noexcept = 0;
    /// Takes over a native handle, and finds out what it is (`addresses`, `carries`): makes it non-blocking and closed on
    /// exec. The handle stays the caller's on failure.
    virtual socket_state* adopt(std::intptr_t native, error& why) noexcept = 0;
    /// Sets what each listener has unless the user says otherwise: the address may be used again at once where no other
    /// program can take it over by that; IPv6 only, on every system.
    virtual error prepare_listener(socket_state&) noexcept = 0;
    virtual error bind(socket_state&, const socket_address&) noexcept = 0;
    virtual error listen(socket_state&, int backlog) noexcept = 0;
    virtual error local_address(socket_state&, socket_address&) noexcept = 0;
    /// Connects a datagram socket, which never waits: from now on it hears that peer only, and sends to it. `remote` is set.
    virtual error connect(socket_state&, const socket_address&) noexcept = 0;
    /// Binds a Unix socket. A file that is no socket stays, and so does a socket that somebody has: address_in_use. One
    /// that nobody has any more is replaced; of several who try that at once, one gets it. No listener sees a client by it.
    virtual error bind_unix(socket_state&, const unix_name&) noexcept = 0;
    /// As `connect`, for Unix sockets.
    virtual error connect_unix(socket_state&, const unix_name&) noexcept = 0;
    virtual error name_of(const socket_state&, side, unix_name&) noexcept = 0;
    virtual error shutdown(socket_state&, shutdown_direction) noexcept = 0;
    virtual error set_option(socket_state&, option_name, int value) noexcept = 0;
    virtual error get_option(socket_state&, option_name, int& value) noexcept = 0;
    /// Options by the system's own numbers. `size` is what there is room for, and then what was written.
    virtual error set_raw_option(socket_state&, int level, int name, const void* value, std::size_t size) noexcept = 0;
    virtual error get_raw_option(socket_state&, int level, int name, void* value, std::size_t& size) noexcept = 0;
    /// Joins or leaves the multicast group of an address, on the interface with the number; 0: the system chooses.
    virtual error change_membership(socket_state&, membership, const socket_address& group,
                                    std::uint32_t interface_number) noexcept = 0;
    /// Closes a socket that is attached to no reactor, and ends its state.
    virtual void close(socket_state*) noexcept = 0;
    /// Gives the handle of a socket that is attached to no reactor to the caller, and ends its state.
    virtual std::intptr_t release(socket_state*) noexcept = 0;

    /// Watches a signal until `unwatch`, whatever its action was; the thread's signal mask is left alone.
    virtual error watch(signal_watch&) noexcept = 0;
    virtual void unwatch(signal_watch&) noexcept = 0;

    virtual instant now() noexcept = 0;
    /// Fills with random bytes that are unpredictable, or replayed from a seed in a simulation.
    virtual void random(std::byte* to, std::size_t size) noexcept = 0;

  protected:
    ~system() = default;
};

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
