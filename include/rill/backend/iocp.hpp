// SPDX-License-Identifier: MIT
#pragma once

// The backend of Windows: an I/O completion port. The kernel does what was asked and then says so, with a packet.
//
// A call that finishes at once sends no packet (SetFileCompletionNotificationModes), but for datagrams: whether one that
// is cut short sends a packet, Winsock would not say reliably, so those always send one. What does not finish at once is
// the kernel's, with its buffers and its OVERLAPPED, until its packet has come: so a stop and a close ask the kernel to
// let go (CancelIoEx) and the operation is `leaving` until then, and a closed socket lives until its last packet.
// A socket stays with its first port for ever, but for FileReplaceCompletionInformation (Windows 8.1).
//
// How each verb is called, and its outcome taken in, is in iocp_verbs.hpp, with iocp_connections.hpp and
// iocp_messages.hpp; what packets do is in iocp_packets.hpp; the contract is in contract.hpp. "I/O Completion Ports",
// CreateIoCompletionPort, GetQueuedCompletionStatusEx, PostQueuedCompletionStatus, CancelIoEx.

#include <atomic>
#include <cstddef>
#include <new>
#include <type_traits>

#include "back_off.hpp"
#include "lendable_memory.hpp"
#include "slices_left.hpp"
#include "socket_slots.hpp"
#include "windows_system.hpp"

namespace rill::backend::inline RILL_ABI {

class iocp_reactor final : public reactor {
  public:
    /// `why` is set if the system refuses; then nothing else may be called.
    iocp_reactor(system& calls, error& why) noexcept;
    ~iocp_reactor() override;

    error attach(socket_state& each, const void* home) noexcept override;
    error detach(socket_state* each, detach_how how) noexcept override;
    release_answer cancel(operation& each) noexcept override;
    void wait(std::int64_t limit_ns) noexcept override;
    void wake() noexcept override;
    void give_back(std::byte* memory) noexcept override { lendable_.give(memory); }

    [[nodiscard]] kind which() const noexcept override { return iocp; }
    [[nodiscard]] system& calls() noexcept override { return calls_; }

  private:
    /// What is remembered of a socket, a bit set.
    enum note : std::uint8_t {
        tells_at_once = 1,  // a call that finishes at once sends no packet
        closing = 2,        // closed by its owner, and held until its last packet
        backing_off = 4     // the accept that is parked here is not in the kernel, but in `backing_off_`
    };

    /// What a call of the system has answered, or a packet.
    struct outcome {
        bool pending;  // a packet will tell
        DWORD bytes = 0;
        error why{};
    };
    /// Calls that are looked up by the first who needs them, from the provider of its socket.
    struct extension_calls {
        LPFN_ACCEPTEX accept = nullptr;
        LPFN_GETACCEPTEXSOCKADDRS addresses = nullptr;
        LPFN_CONNECTEX connect = nullptr;
        LPFN_TRANSMITFILE transmit_file = nullptr;
    };
    /// Starts, or goes on with, an operation.
    using caller = outcome (*)(operation&) noexcept;
    /// Takes an outcome in. True: the operation has its result. False: there is more to do.
    using taker = bool (*)(operation&, const outcome&) noexcept;

    static progress start_input(operation& each) noexcept;
    static progress start_output(operation& each) noexcept;

    static outcome call_accept(operation& each) noexcept;
    static outcome call_connect(operation& each) noexcept;
    static outcome call_recv(operation& each) noexcept;
    static outcome call_recv_lent(operation& each) noexcept;
    static outcome call_send(operation& each) noexcept;
    static outcome call_readable(operation& each) noexcept;
    static outcome call_recv_message(operation& each) noexcept;
    static outcome call_send_message(operation& each) noexcept;
    static outcome call_recv_messages(operation& each) noexcept;
    static outcome call_send_messages(operation& each) noexcept;
    static outcome call_connect_unix(operation& each) noexcept;
    static outcome call_send_file(operation& each) noexcept;
    static outcome call_closing(operation& each) noexcept;

    static bool take_accept(operation& each, const outcome& got) noexcept;
    static bool take_connect(operation& each, const outcome& got) noexcept;
    static bool take_recv(operation& each, const outcome& got) noexcept;
    static bool take_recv_all(operation& each, const outcome& got) noexcept;
    static bool take_recv_lent(operation& each, const outcome& got) noexcept;
    static bool take_send(operation& each, const outcome& got) noexcept;
    static bool take_send_all(operation& each, const outcome& got) noexcept;
    static bool take_readable(operation& each, const outcome& got) noexcept;
    static bool take_recv_message(operation& each, const outcome& got) noexcept;
    static bool take_send_message(operation& each, const outcome& got) noexcept;
    static bool take_recv_messages(operation& each, const outcome& got) noexcept;
    static bool take_send_messages(operation& each, const outcome& got) noexcept;
    static bool take_send_file(operation& each, const outcome& got) noexcept;
    static bool take_failure(operation& each, const outcome& got) noexcept { return after_failure(each, got.why); }

    extension_calls& extensions_of(const socket_state& each) noexcept {
        return each.addresses == family::local ? of_unix_ : of_tcp_;
    }
    static iocp_reactor& of(const operation& each) noexcept { return static_cast<iocp_reactor&>(*each.socket->joined); }
    static OVERLAPPED* overlapped_of(operation& each) noexcept;
    static operation& operation_of(OVERLAPPED* place) noexcept;
    static outcome outcome_of(const operation& each, int answer, DWORD bytes) noexcept;
    static outcome outcome_of_packet(operation& each) noexcept;
    static outcome connect_from(operation& each, native_address& here, native_address& there) noexcept;
    /// Whether a datagram socket could not receive since it was bound to nothing, and now is bound. Other systems wait then.
    RILL_COLD static bool is_bound_now(socket_state& each, error why) noexcept;
    static outcome receive(operation& each, WSABUF* pieces, DWORD count, DWORD flags = 0) noexcept;

    static bool succeed(operation& each) noexcept;
    static bool end(operation& each) noexcept;
    RILL_COLD static bool fail(operation& each, error why) noexcept;
    RILL_COLD static bool after_failure(operation& each, error why) noexcept;
    RILL_COLD static bool leave(operation& each) noexcept;
    static void let_room_go(operation& each) noexcept;

    static bool carry_on(operation& each) noexcept;
    static progress start(operation*& place, operation& each) noexcept;
    /// Whether a packet will come. Not for an accept that backs off, and for what only waits for a close.
    static bool in_kernel(const operation& each) noexcept {
        return each.what != verb::closing && (each.what != verb::accept || (each.socket->readiness & backing_off) == 0);
    }
    static void ask_to_leave(operation& each, bool stopped) noexcept;
    void call_off(operation*& place) noexcept;
    void deal_with(const OVERLAPPED_ENTRY& packet) noexcept;
    void fetch(std::int64_t limit_ns) noexcept;
    void leave_back_off(operation& accept) noexcept;
    void retry_accepts() noexcept;
    static outcome wait_for_room(operation& accept) noexcept;
    static bool replace_port(const socket_state& each) noexcept;
    static void forget(socket_state& each, unsigned what) noexcept {
        each.readiness = static_cast<std::uint8_t>(each.readiness & ~what);
    }
    static bool is_output(verb what) noexcept;

    static const starter starters[verb_count];
    static const caller callers[verb_count];
    static const taker takers[verb_count];

    static constexpr std::uint8_t skips_max =
        16;  // then an accept backs off: what skips for ever must not stop the loop
    static constexpr ULONG batch = 128;
    static constexpr ULONG_PTR wakes = socket_slots::nobody;  // the key of the packet that `wake` posts

    system& calls_;
    HANDLE port_;
    std::atomic<bool> woken_{false};  // a packet of `wake` is on its way
    socket_slots slots_;
    back_off backing_off_;
    lendable_memory lendable_;
    extension_calls of_tcp_;
    extension_calls of_unix_;
    ULONG next_ = 0;   // the packets from here on are yet to be dealt with,
    ULONG count_ = 0;  // up to here: also by a `wait` that is called from within one
    OVERLAPPED_ENTRY packets_[batch];
};

// ---- mechanism: attaching and detaching ----

inline iocp_reactor::iocp_reactor(system& calls, error& why) noexcept
    : reactor(starters), calls_(calls), port_(::CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 1)) {
    if (port_ == nullptr) why = last_system_error();
    if (!slots_.made()) why = {ENOMEM, error::domain::generic};
}

inline iocp_reactor::~iocp_reactor() {
    slots_.for_each([](socket_state& each) {
        replace_port(each);  // where that can't be, attaching to another one fails
        each.home = &no_context;
        each.now = socket_state::phase::unattached;
    });
    if (port_ != nullptr) ::CloseHandle(port_);
}

inline error iocp_reactor::attach(socket_state& each, const void* home) noexcept {
    if (!slots_.add(each)) return {ENOMEM, error::domain::generic};
    if (::CreateIoCompletionPort(native_handle_of(each), port_, slots_.ticket_of(each), 0) == nullptr) {
        const error failed = last_system_error();
        slots_.remove(each);
        // That is how it says that the handle has a port already.
        return failed.code == ERROR_INVALID_PARAMETER ? not_supported_here : failed;
    }
    each.readiness = 0;
    if (each.carries == transport::stream &&
        ::SetFileCompletionNotificationModes(native_handle_of(each),
                                             FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE))
        each.readiness = tells_at_once;
    each.home = home;
    each.joined = this;
    each.now = socket_state::phase::attached;
    return {};
}

/// Takes a socket out of its port. False: this system can't.
inline bool iocp_reactor::replace_port(const socket_state& each) noexcept {
    using set_information = LONG(NTAPI*)(HANDLE, void*, void*, ULONG, int);
    static const auto set = [] {
        const HMODULE library = ::GetModuleHandleW(L"ntdll.dll");
        return reinterpret_cast<set_information>(
            reinterpret_cast<void*>(::GetProcAddress(library, "NtSetInformationFile")));
    }();
    struct {
        HANDLE port;
        void* key;
    } nothing{nullptr, nullptr};
    ULONG_PTR status[2];
    constexpr int replace_completion_information = 61;
    return set != nullptr &&
           set(native_handle_of(each), status, &nothing, sizeof nothing, replace_completion_information) >= 0;
}

/// Completes what is parked and not in the kernel.
inline void iocp_reactor::call_off(operation*& place) noexcept {
    operation* const parked = place;
    if (parked == nullptr || in_kernel(*parked)) return;
    leave_back_off(*parked);
    place = nullptr;
    fail(*parked, {ERROR_OPERATION_ABORTED, error::domain::system});
    completed(*parked, resume_when::later);
}

inline error iocp_reactor::detach(socket_state* each, detach_how how) noexcept {
    if (how == detach_how::keep) {
        if (!replace_port(*each)) return not_supported_here;
        slots_.remove(*each);
        each->home = &no_context;
        each->now = socket_state::phase::unattached;
        return {};
    }
    call_off(each->reader);
    call_off(each->writer);
    if (each->reader == nullptr && each->writer == nullptr) {
        slots_.remove(*each);
        each->calls->close(each);
        return {};
    }
    each->readiness |= closing;
    if (each->reader != nullptr) ask_to_leave(*each->reader, false);
    if (each->writer != nullptr) ask_to_leave(*each->writer, false);
    return {};
}

// ---- mechanism: starting and cancelling ----

/// True: it has its result. False: the kernel has it, or the list of those that back off.
inline bool iocp_reactor::carry_on(operation& each) noexcept {
    const auto verb = static_cast<std::size_t>(each.what);
    for (;;) {
        const outcome now = callers[verb](each);
        if (now.pending) return false;
        if (takers[verb](each, now)) return true;
    }
}

inline progress iocp_reactor::start(operation*& place, operation& each) noexcept {
    if (place != nullptr) [[unlikely]] {
        fail(each, {WSAEINPROGRESS, error::domain::system});
        return progress::finished;
    }
    if (carry_on(each)) return progress::finished;
    place = &each;
    each.state = operation_state::parked;
    return progress::parked;
}

inline progress iocp_reactor::start_input(operation& each) noexcept { return start(each.socket->reader, each); }
inline progress iocp_reactor::start_output(operation& each) noexcept { return start(each.socket->writer, each); }

/// Asks the kernel to let go. Its packet comes in any case: it may have finished by now, and then its result wins.
inline void iocp_reactor::ask_to_leave(operation& each, bool stopped) noexcept {
    if (each.state == operation_state::leaving) return;
    each.state = operation_state::leaving;
    each.room.stopping = stopped;
    ::CancelIoEx(native_handle_of(*each.socket), overlapped_of(each));
}

inline release_answer iocp_reactor::cancel(operation& each) noexcept {
    socket_state& of = *each.socket;
    if (in_kernel(each)) {
        ask_to_leave(each, true);
        return release_answer::leaving;
    }
    leave_back_off(each);
    (of.reader == &each ? of.reader : of.writer) = nullptr;
    each.state = operation_state::stopped;
    return release_answer::let_go;
}

template <verb Verb>
void prepare(operation&) noexcept {}  // all verbs are part of its table

inline reactor* make_iocp(system& calls, error& why) {
    auto* const made = new iocp_reactor(calls, why);
    if (!why) return made;
    delete made;
    return nullptr;
}

}  // namespace rill::backend::inline RILL_ABI

#include "../core/io_context.hpp"  // defines what the contract calls `completed`; includes this
#include "iocp_connections.hpp"
#include "iocp_messages.hpp"
#include "iocp_packets.hpp"
#include "iocp_verbs.hpp"
