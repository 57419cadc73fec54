// SPDX-License-Identifier: MIT
#pragma once

// How iocp.hpp connects and accepts. Included by it.
//
// ConnectEx wants a socket that is bound, AcceptEx one that is to become the connection; both are looked up at run time,
// from the provider of the socket, and Unix sockets have one of their own. An accept that finds no room for a socket
// backs off; those that its peers have given up are skipped.

#include "iocp.hpp"

namespace rill::backend::inline RILL_ABI {

/// From a place that the socket is bound to first, if it is not bound yet. The peer is that of its `remote`.
inline iocp_reactor::outcome iocp_reactor::connect_from(operation& each, native_address& here,
                                                        native_address& there) noexcept {
    const SOCKET native = native_socket_of(*each.socket);
    LPFN_CONNECTEX& connect = of(each).extensions_of(*each.socket).connect;
    error why;
    if (connect == nullptr) connect = extension_call<LPFN_CONNECTEX>(native, WSAID_CONNECTEX, why);
    if (why) return {false, 0, why};
    if (::bind(native, here.data(), here.size) != 0) why = last_socket_error();
    if (why && why.code != WSAEINVAL) return {false, 0, why};  // WSAEINVAL: it is bound already
    OVERLAPPED* const place = ::new (overlapped_of(each)) OVERLAPPED{};
    DWORD sent = 0;
    const BOOL answer = connect(native, there.data(), there.size, nullptr, 0, &sent, place);
    return outcome_of(each, answer ? 0 : -1, 0);
}

inline iocp_reactor::outcome iocp_reactor::call_connect(operation& each) noexcept {
    socket_address anywhere{};
    anywhere.family = each.peer.family;
    native_address here(anywhere);
    native_address there(each.peer);
    each.socket->remote = each.peer;
    return connect_from(each, here, there);
}

inline iocp_reactor::outcome iocp_reactor::call_connect_unix(operation& each) noexcept {
    if (is_abstract(*each.name)) return {false, 0, not_supported_here};
    native_address here{unix_name()};
    here.size = offsetof(sockaddr_un, sun_path) + 1;  // an empty path and its zero: more would be an abstract name
    native_address there(*each.name);
    each.socket->remote = shown_of(*each.name);
    return connect_from(each, here, there);
}

inline bool iocp_reactor::take_connect(operation& each, const outcome& got) noexcept {
    if (got.why) return after_failure(each, got.why);
    // Until then getpeername and shutdown do not work.
    if (::setsockopt(native_socket_of(*each.socket), SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, nullptr, 0) != 0)
        return after_failure(each, last_socket_error());
    // The port that bind has chosen can be the very one that nobody listens on: then it has met itself.
    socket_address local;
    if (!each.socket->calls->local_address(*each.socket, local) && local == each.socket->remote)
        return fail(each, {WSAECONNREFUSED, error::domain::system});
    return succeed(each);
}

/// The socket that an accept connects, and where the kernel writes the two addresses. In frame memory.
struct pending_accept {
    static constexpr DWORD address_bytes = sizeof(sockaddr_un) + 16;  // of the longest, and what AcceptEx asks for

    socket_state* made;
    std::byte addresses[2 * std::size_t{address_bytes}];
};

/// Null with `why` set if there is no room.
[[nodiscard]] inline pending_accept* make_pending_accept(const socket_state& listener, error& why) noexcept {
    socket_state* const made = listener.calls->open(listener.addresses, transport::stream, why);
    if (made == nullptr) return nullptr;
    try {
        auto* const room = ::new (take_frame_memory(sizeof(pending_accept))) pending_accept;
        room->made = made;
        return room;
    } catch (const std::bad_alloc&) {
        listener.calls->close(made);
        why = {ENOMEM, error::domain::generic};
        return nullptr;
    }
}

/// Gives up what an operation holds beside its result: the socket of an accept, the memory of a recv_lent.
inline void iocp_reactor::let_room_go(operation& each) noexcept {
    if (each.what == verb::recv_lent) {
        if (each.lent.memory != nullptr) of(each).lendable_.give(each.lent.memory);
        each.lent = {nullptr, 0};
    } else if (each.room.accepting != nullptr) {
        pending_accept* const room = each.room.accepting;
        each.room.accepting = nullptr;
        if (room->made != nullptr) room->made->calls->close(room->made);
        give_frame_memory(room, sizeof(pending_accept));
    }
}

inline iocp_reactor::outcome iocp_reactor::call_accept(operation& each) noexcept {
    socket_state& from = *each.socket;
    if (each.room.skips >= skips_max) return wait_for_room(each);
    const SOCKET native = native_socket_of(from);
    extension_calls& extensions = of(each).extensions_of(from);
    error why;
    if (extensions.accept == nullptr) extensions.accept = extension_call<LPFN_ACCEPTEX>(native, WSAID_ACCEPTEX, why);
    if (!why && extensions.addresses == nullptr)
        extensions.addresses = extension_call<LPFN_GETACCEPTEXSOCKADDRS>(native, WSAID_GETACCEPTEXSOCKADDRS, why);
    if (!why) each.room.accepting = make_pending_accept(from, why);
    if (why) return lacks_room(why) ? wait_for_room(each) : outcome{false, 0, why};
    pending_accept& room = *each.room.accepting;
    OVERLAPPED* const place = ::new (overlapped_of(each)) OVERLAPPED{};
    DWORD bytes = 0;
    const BOOL answer = extensions.accept(native, native_socket_of(*room.made), room.addresses, 0,
                                          pending_accept::address_bytes, pending_accept::address_bytes, &bytes, place);
    return outcome_of(each, answer ? 0 : -1, 0);
}

inline bool iocp_reactor::take_accept(operation& each, const outcome& got) noexcept {
    error why = got.why;
    socket_state* const made = each.room.accepting == nullptr ? nullptr : each.room.accepting->made;
    const SOCKET listener = native_socket_of(*each.socket);
    if (!why && ::setsockopt(native_socket_of(*made), SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT,
                             reinterpret_cast<const char*>(&listener), sizeof listener) != 0)
        why = last_socket_error();
    if (accept_skips(why) || lacks_room(why)) {
        let_room_go(each);
        each.room.skips = lacks_room(why) ? skips_max : static_cast<std::uint8_t>(each.room.skips + 1);
        return false;
    }
    if (why) return after_failure(each, why);
    sockaddr* local = nullptr;
    sockaddr* remote = nullptr;
    int local_size = 0;
    native_address peer;
    peer.storage.ss_family = static_cast<ADDRESS_FAMILY>(native_family(made->addresses));  // if it has no name at all
    const extension_calls& extensions = of(each).extensions_of(*each.socket);
    extensions.addresses(each.room.accepting->addresses, 0, pending_accept::address_bytes,
                         pending_accept::address_bytes, &local, &local_size, &remote, &peer.size);
    if (remote != nullptr) std::memcpy(&peer.storage, remote, static_cast<std::size_t>(peer.size));
    made->remote = peer.get();
    each.room.accepting->made = nullptr;
    let_room_go(each);
    each.accepted = made;
    return succeed(each);
}

// ---- accepts that back off ----

inline iocp_reactor::outcome iocp_reactor::wait_for_room(operation& accept) noexcept {
    iocp_reactor& self = of(accept);
    if ((accept.socket->readiness & backing_off) == 0) self.backing_off_.add(accept, self.calls_.now());
    accept.room.skips = 0;
    accept.socket->readiness |= backing_off;
    return {true};
}

inline void iocp_reactor::leave_back_off(operation& accept) noexcept {
    if (accept.what != verb::accept || (accept.socket->readiness & backing_off) == 0) return;
    forget(*accept.socket, backing_off);
    backing_off_.remove(accept);
}

inline void iocp_reactor::retry_accepts() noexcept {
    operation* all = backing_off_.take_all();
    while (operation* const each = back_off::take_first(all)) {
        socket_state& listener = *each->socket;
        forget(listener, backing_off);
        if (!carry_on(*each)) continue;
        listener.reader = nullptr;
        completed(*each, resume_when::later);
    }
}

}  // namespace rill::backend::inline RILL_ABI
