// SPDX-License-Identifier: MIT
#pragma once

// What an operation is, what a socket is, and what goes with them: the data that the loop, the sockets and the backends
// share. What is promised about it is in contract.hpp.

#include <cstddef>
#include <cstdint>

#include "../config.hpp"
#include "address.hpp"
#include "kernel_room.hpp"

namespace rill::inline RILL_ABI {
class branch;
}

namespace rill::backend::inline RILL_ABI {

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

/// Whether a verb is part of every program, since a server can hardly do without it. The others are compiled by those who
/// use them, and prepared before they start: see `prepare` in contract.hpp.
[[nodiscard]] consteval bool is_built_in(verb which) noexcept {
    return which == verb::accept || which == verb::recv || which == verb::send_all || which == verb::readable ||
           which == verb::closing;
}

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
    RILL_NO_UNIQUE_ADDRESS message_room room;
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

    union {
        branch* owner;            // who is resumed; set when it starts
        const void* not_started;  // until then the awaiter's own: it is in every idle session, where 8 bytes count
    };
    socket_state* socket;  // set when it starts; not read after completion
    union {
        buffers transfer;
        lent_memory lent;
        socket_state* accepted;  // accept: null, then the connection, the operation's until somebody takes it
        message_batch batch;
        file_part part;
        const unix_name* name;  // connect_unix: whereto
        socket_address peer;    // connect: whereto. After a failure, of all verbs: the peer of the socket
    };
    union {
        error failure{};  // set at completion
        operation* next;  // of one that is in a list of back_off.hpp, which leaves no failure there
    };
    verb what;
    operation_state state = operation_state::idle;
    std::uint16_t more_count = 0;
    RILL_NO_UNIQUE_ADDRESS kernel_room room;

    explicit operation(verb which) noexcept : what(which) {}
};

}  // namespace rill::backend::inline RILL_ABI
