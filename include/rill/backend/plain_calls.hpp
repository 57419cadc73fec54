// SPDX-License-Identifier: MIT
#pragma once

// The plain calls, which finish at once: sockets are opened, bound, asked and closed by them. There is one `system` for the
// machine, and one for each simulated host. What is promised about all members is in contract.hpp.
//
// A virtual function is compiled into every program that makes the object. So what few programs use stands apart, in
// `uncommon_calls`, and is reached through a function that only those who use it compile.

#include <atomic>

#include "operation.hpp"

namespace rill::backend::inline RILL_ABI {

/// A point in time: nanoseconds on the clock of the backend, which may run on virtual time.
using instant = std::int64_t;

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

/// Somebody who wants to know of a signal. `arrived` counts; then `wakes` is woken.
struct signal_watch {
    int number = 0;
    bool once = false;  // after the first, the signal has its default action again
    reactor* wakes = nullptr;
    std::atomic<unsigned> arrived{0};  // counted up in the signal handler, read by the loop
};

class uncommon_calls;

/// The plain calls that a server makes. Any thread, as far as the socket itself is not in use on another.
class system {
  public:
    system() noexcept = default;
    system(const system&) = delete;
    system& operator=(const system&) = delete;

    /// Makes a socket: non-blocking, closed on exec, never raising SIGPIPE. Null with `why` set if it can't.
    virtual socket_state* open(family, transport, error& why) noexcept = 0;
    /// Sets what each listener has unless the user says otherwise: the address may be used again at once where no other
    /// program can take it over by that; IPv6 only, on every system.
    virtual error prepare_listener(socket_state&) noexcept = 0;
    virtual error bind(socket_state&, const socket_address&) noexcept = 0;
    virtual error listen(socket_state&, int backlog) noexcept = 0;
    virtual error local_address(socket_state&, socket_address&) noexcept = 0;
    /// Closes a socket that is attached to no reactor, and ends its state.
    virtual void close(socket_state*) noexcept = 0;

    /// Watches a signal until `unwatch`, whatever its action was; the thread's signal mask is left alone.
    virtual error watch(signal_watch&) noexcept = 0;
    virtual void unwatch(signal_watch&) noexcept = 0;

    virtual instant now() noexcept = 0;

    /// The rest of the calls; null: those of the machine. Asked by `uncommon`.
    virtual uncommon_calls* own_uncommon_calls() noexcept { return nullptr; }

  protected:
    ~system() = default;
};

/// The plain calls that most programs do not make. As `system`.
class uncommon_calls {
  public:
    uncommon_calls() noexcept = default;
    uncommon_calls(const uncommon_calls&) = delete;
    uncommon_calls& operator=(const uncommon_calls&) = delete;

    /// Makes two Unix sockets that are connected to each other, as `open` would.
    virtual error open_pair(transport, socket_state*& one, socket_state*& other) noexcept = 0;
    /// Takes over a native handle, and finds out what it is (`addresses`, `carries`): makes it non-blocking and closed on
    /// exec. The handle stays the caller's on failure.
    virtual socket_state* adopt(std::intptr_t native, error& why) noexcept = 0;
    /// Gives the handle of a socket that is attached to no reactor to the caller, and ends its state.
    virtual std::intptr_t release(socket_state*) noexcept = 0;
    /// Connects a datagram socket, which never waits: from now on it hears that peer only, and sends to it. `remote` is set.
    virtual error connect(socket_state&, const socket_address&) noexcept = 0;
    virtual error shutdown(socket_state&, shutdown_direction) noexcept = 0;
    /// Binds a Unix socket. A file that is no socket stays, and so does a socket that somebody has: address_in_use. One
    /// that nobody has any more is replaced; of several who try that at once, one gets it. No listener sees a client by it.
    virtual error bind_unix(socket_state&, const unix_name&) noexcept = 0;
    /// As `connect`, for Unix sockets.
    virtual error connect_unix(socket_state&, const unix_name&) noexcept = 0;
    virtual error name_of(const socket_state&, side, unix_name&) noexcept = 0;
    virtual error set_option(socket_state&, option_name, int value) noexcept = 0;
    virtual error get_option(socket_state&, option_name, int& value) noexcept = 0;
    /// Options by the system's own numbers. `size` is what there is room for, and then what was written.
    virtual error set_raw_option(socket_state&, int level, int name, const void* value, std::size_t size) noexcept = 0;
    virtual error get_raw_option(socket_state&, int level, int name, void* value, std::size_t& size) noexcept = 0;
    /// Joins or leaves the multicast group of an address, on the interface with the number; 0: the system chooses.
    virtual error change_membership(socket_state&, membership, const socket_address& group,
                                    std::uint32_t interface_number) noexcept = 0;
    /// Fills with random bytes that are unpredictable, or replayed from a seed in a simulation.
    virtual void random(std::byte* to, std::size_t size) noexcept = 0;

  protected:
    ~uncommon_calls() = default;
};

}  // namespace rill::backend::inline RILL_ABI
