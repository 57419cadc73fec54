// SPDX-License-Identifier: MIT
#pragma once

// The verbs of iocp.hpp beyond plain bytes: datagrams, one or several, and files. Included by it.
//
// A datagram that is too long for its room comes with WSAEMSGSIZE, which is no failure: its beginning is there.
// Several are taken and sent without waiting, by plain calls; where there is none, an operation that looks for one and
// takes nothing waits in the kernel, so that a stop loses none. WSARecvFrom, WSASendTo, recvfrom, sendto, TransmitFile.

#include "file_calls.hpp"
#include "iocp.hpp"

namespace rill::backend::inline RILL_ABI {

inline iocp_reactor::outcome iocp_reactor::call_closing(operation&) noexcept { return {true}; }

/// An error that a batch found behind others was kept for the next that asks.
inline error take_kept_error(socket_state& of) noexcept {
    const error kept = of.broken;
    of.broken = {};
    return kept;
}

// ---- one datagram ----

inline bool iocp_reactor::is_bound_now(socket_state& each, error why) noexcept {
    if (why.code != WSAEINVAL || each.carries == transport::stream) return false;
    socket_address anywhere{};
    anywhere.family = each.addresses;
    return !each.calls->bind(each, anywhere);
}

static_assert(sizeof(message_room::address) >= sizeof(sockaddr_storage));

inline iocp_reactor::outcome iocp_reactor::call_recv_message(operation& each) noexcept {
    socket_state& from = *each.socket;
    if (from.carries == transport::stream) return {false, 0, not_supported_here};  // of Unix sockets
    if (const error kept = take_kept_error(from)) return {false, 0, kept};
    message_room& room = each.transfer.about->room;
    pieces_left left(each);
    for (;;) {
        DWORD bytes = 0;
        room.address_bytes = sizeof room.address;
        room.flags = 0;
        OVERLAPPED* const place = ::new (overlapped_of(each)) OVERLAPPED{};
        const int answer = ::WSARecvFrom(
            native_socket_of(from), left.pieces, left.count, &bytes, reinterpret_cast<DWORD*>(&room.flags),
            reinterpret_cast<sockaddr*>(room.address), &room.address_bytes, place, nullptr);
        const outcome now = outcome_of(each, answer, bytes);
        if (now.pending || !is_bound_now(from, now.why)) return now;
    }
}

inline bool iocp_reactor::take_recv_message(operation& each, const outcome& got) noexcept {
    const bool truncated = got.why.code == WSAEMSGSIZE && got.why.whose == error::domain::system;
    if (got.why && !truncated) return after_failure(each, got.why);
    message& about = *each.transfer.about;
    native_address from;
    std::memcpy(&from.storage, about.room.address, sizeof from.storage);
    about.peer = from.get();
    about.size = got.bytes;
    about.handle_count = 0;
    about.truncated = truncated;
    if (truncated) {  // all the room is full
        const pieces_left left(each);
        about.size = 0;
        for (DWORD index = 0; index < left.count; ++index) about.size += left.pieces[index].len;
    }
    return succeed(each);
}

/// Whether it is longer than UDP can send: what is left of 65535 bytes behind the headers.
inline bool is_too_long(const pieces_left& datagram, family of) noexcept {
    const std::size_t longest = of == family::v4 ? 65535 - 20 - 8 : 65535 - 8;
    std::size_t size = 0;
    for (DWORD index = 0; index < datagram.count; ++index) size += datagram.pieces[index].len;
    return size > longest;
}

inline iocp_reactor::outcome iocp_reactor::call_send_message(operation& each) noexcept {
    const message& about = *each.transfer.about;
    if (about.handle_count != 0 || about.name != nullptr) return {false, 0, not_supported_here};
    pieces_left left(each);
    // Refused here, for whether a packet would come of such a refusal depends on who refuses: of wine's, one does.
    const socket_state& by = *each.socket;
    if (by.carries == transport::datagram && is_too_long(left, by.addresses))
        return {false, 0, {WSAEMSGSIZE, error::domain::system}};
    native_address to;
    if (about.addressed) to.assign(about.peer);
    DWORD bytes = 0;
    OVERLAPPED* const place = ::new (overlapped_of(each)) OVERLAPPED{};
    const int answer =
        about.addressed ? ::WSASendTo(native_socket_of(*each.socket), left.pieces, left.count, &bytes, 0, to.data(),
                                      to.size, place, nullptr)
                        : ::WSASend(native_socket_of(*each.socket), left.pieces, left.count, &bytes, 0, place, nullptr);
    return outcome_of(each, answer, bytes);
}

/// A datagram without an address on a socket without a peer: other systems have a word for that.
inline error as_lack_of_address(error why, bool addressed) noexcept {
    const bool lacks = !addressed && (why.code == WSAENOTCONN || why.code == WSAEINVAL);
    return lacks ? error{WSAEDESTADDRREQ, error::domain::system} : why;
}

inline bool iocp_reactor::take_send_message(operation& each, const outcome& got) noexcept {
    if (got.why) return after_failure(each, as_lack_of_address(got.why, each.transfer.about->addressed));
    each.transfer.about->size = got.bytes;
    return succeed(each);
}

// ---- several ----

/// As much of a datagram as fits into 31 bits: no datagram is as long, so what is cut is still refused as too long.
inline std::size_t size_of_entry(const batch_entry& each) noexcept {
    return each.bytes.size < pieces_left::size_max ? each.bytes.size : pieces_left::size_max;
}

/// Takes a datagram if there is one; an error says WSAEWOULDBLOCK if there is none.
inline error receive_entry(const socket_state& from, batch_entry& into) noexcept {
    native_address peer;
    const int room = static_cast<int>(size_of_entry(into));
    const int got =
        ::recvfrom(native_socket_of(from), reinterpret_cast<char*>(into.bytes.data), room, 0, peer.data(), &peer.size);
    const error why = got < 0 ? last_socket_error() : error();
    into.truncated = why.code == WSAEMSGSIZE;
    if (why && !into.truncated) return why;
    into.size = into.truncated ? into.bytes.size : static_cast<std::size_t>(got);
    into.peer = peer.get();
    return {};
}

inline error transmit_entry(const socket_state& to, const batch_entry& from) noexcept {
    native_address peer;
    if (from.addressed) peer.assign(from.peer);
    const int put = ::sendto(native_socket_of(to), reinterpret_cast<const char*>(from.bytes.data),
                             static_cast<int>(size_of_entry(from)), 0, from.addressed ? peer.data() : nullptr,
                             from.addressed ? peer.size : 0);
    return put < 0 ? as_lack_of_address(last_socket_error(), from.addressed) : error();
}

inline iocp_reactor::outcome iocp_reactor::call_recv_messages(operation& each) noexcept {
    socket_state& from = *each.socket;
    if (const error kept = take_kept_error(from)) return {false, 0, kept};
    operation::message_batch& batch = each.batch;
    for (batch.done = 0; batch.done < batch.count; ++batch.done) {
        const error why = receive_entry(from, batch.entries[batch.done]);
        if (!why) continue;
        if (why.code == WSAEWOULDBLOCK && batch.done == 0) return call_readable(each);
        if (batch.done == 0) return is_bound_now(from, why) ? call_readable(each) : outcome{false, 0, why};
        if (why.code != WSAEWOULDBLOCK) from.broken = why;
        break;
    }
    return {false, static_cast<DWORD>(batch.done)};
}

inline bool iocp_reactor::take_recv_messages(operation& each, const outcome& got) noexcept {
    if (each.batch.done != 0) return succeed(each);
    if (got.why && got.why.code != WSAEMSGSIZE) return after_failure(each, got.why);
    return false;  // there is one now
}

inline iocp_reactor::outcome iocp_reactor::call_send_messages(operation& each) noexcept {
    socket_state& to = *each.socket;
    operation::message_batch& batch = each.batch;
    for (batch.done = 0; batch.done < batch.count; ++batch.done) {
        const batch_entry& entry = batch.entries[batch.done];
        const error why = transmit_entry(to, entry);
        if (!why) continue;
        if (batch.done != 0) break;  // the next call meets the same
        if (why.code != WSAEWOULDBLOCK) return {false, 0, why};
        WSABUF piece{static_cast<ULONG>(size_of_entry(entry)), reinterpret_cast<CHAR*>(entry.bytes.data)};
        native_address peer;
        if (entry.addressed) peer.assign(entry.peer);
        DWORD bytes = 0;
        OVERLAPPED* const place = ::new (overlapped_of(each)) OVERLAPPED{};
        const int answer =
            ::WSASendTo(native_socket_of(to), &piece, 1, &bytes, 0, entry.addressed ? peer.data() : nullptr,
                        entry.addressed ? peer.size : 0, place, nullptr);
        return outcome_of(each, answer, bytes);
    }
    return {false, static_cast<DWORD>(batch.done)};
}

inline bool iocp_reactor::take_send_messages(operation& each, const outcome& got) noexcept {
    if (got.why) return after_failure(each, got.why);
    if (each.batch.done == 0) each.batch.done = 1;  // the one that had to wait
    return succeed(each);
}

// ---- files ----

inline iocp_reactor::outcome iocp_reactor::call_send_file(operation& each) noexcept {
    constexpr std::uint64_t piece_max = 1024UL * 1024;  // so that a stop is not kept waiting
    if (each.socket->addresses == family::local) return {false, 0, not_supported_here};  // the caller copies
    LPFN_TRANSMITFILE& transmit = of(each).of_tcp_.transmit_file;
    const SOCKET native = native_socket_of(*each.socket);
    std::uint64_t whole = 0;
    error why = refusal_of_file(each.part.file);
    if (!why) why = size_of_file(each.part.file, whole);
    if (!why && transmit == nullptr) transmit = extension_call<LPFN_TRANSMITFILE>(native, WSAID_TRANSMITFILE, why);
    if (why) return {false, 0, why};
    if (each.part.offset >= whole) return {false, 0};
    std::uint64_t size = whole - each.part.offset;
    if (size > each.part.size) size = each.part.size;
    if (size > piece_max) size = piece_max;
    OVERLAPPED* const place = ::new (overlapped_of(each)) OVERLAPPED{};
    *place = place_in_file(each.part.offset);
    const BOOL answer =
        transmit(native, native_file(each.part.file), static_cast<DWORD>(size), 0, place, nullptr, TF_USE_KERNEL_APC);
    return outcome_of(each, answer ? 0 : -1, static_cast<DWORD>(size));
}

inline bool iocp_reactor::take_send_file(operation& each, const outcome& got) noexcept {
    constexpr error reset{WSAECONNRESET, error::domain::system};
    // TransmitFile of wine looks for the peer first, and a connection that was reset has none any more.
    if (got.why && got.bytes == 0) return after_failure(each, got.why.code == WSAENOTCONN ? reset : got.why);
    each.part.done = got.bytes;
    return succeed(each);
}

}  // namespace rill::backend::inline RILL_ABI
