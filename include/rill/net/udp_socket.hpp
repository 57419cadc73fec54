// SPDX-License-Identifier: MIT
#pragma once

// `udp_socket`: datagrams over IPv4 or IPv6. Bind it where others shall reach it, or just open it; then recvfrom and
// sendto, or connect and then recv and send. What the verbs promise stands in datagram_socket.hpp.
//
//     auto socket = rill::udp_socket::bind({"127.0.0.1", 13333});
//     const auto [size, from, truncated] = co_await socket.recvfrom(buffer);
//     co_await socket.sendto("hello", from);
//
// A datagram may get lost, doubled, overtaken, or forged. Whoever answers what was forged attacks a third: answer no
// stranger with more than it sent.

#include <cstdint>

#include "datagram_batch.hpp"
#include "datagram_socket.hpp"

namespace rill::inline RILL_ABI {

class udp_socket : public datagram_socket<endpoint> {
  public:
    /// Closed, as after a move.
    udp_socket() noexcept = default;
    /// Of what a backend has opened, which it owns.
    explicit udp_socket(backend::socket_state* open) noexcept : datagram_socket(open) {}

    /// Opens a socket of a family; the first `sendto` or `connect` binds it. Options as for bind. Throws std::system_error:
    /// too_many_files_open, address_family_not_supported; not_supported for family::local.
    template <socket_option... Options>
    [[nodiscard]] static udp_socket open(family of, Options... options) {
        return made_with(of, error_origin("open"), options...);
    }
    /// Opens a socket of the family of a peer, so that it can send there; it is not connected to it.
    template <socket_option... Options>
    [[nodiscard]] static udp_socket open(const endpoint& peer, Options... options) {
        return open(peer.to_socket_address().family, options...);
    }
    /// Binds; port 0 lets the system choose one (`local_endpoint` tells). Options that are set before: `reuse_address`,
    /// `reuse_port`, `v6_only` (on; off on `::` hears IPv4 as well, from addresses like ::ffff:192.0.2.1), `broadcast`, ….
    ///
    /// Errors   std::system_error: address_in_use, permission_denied, address_not_available.
    template <socket_option... Options>
    [[nodiscard]] static udp_socket bind(const endpoint& where, Options... options);
    /// Takes over a UDP socket of the system, and closes it from now on. Throws std::system_error, and then it stays the
    /// caller's: wrong_protocol_type for a stream, address_family_not_supported for a Unix socket.
    [[nodiscard]] static udp_socket adopt(std::intptr_t native) {
        return udp_socket(adopt_handle(native, backend::transport::datagram, false));
    }

    /// Connects: from now on it hears this peer only, and `send` goes there. Nothing is sent by it, and nobody need be
    /// there. Again: to another one. Throws std::system_error.
    ///
    /// Source   connect(2).
    void connect(const endpoint& peer) {
        backend::socket_state& mine = open_state("connect");
        if (const backend::error failed = backend::uncommon(mine).connect(mine, peer.to_socket_address()))
            throw_error(to_error_code(failed), error_origin("connect", &append_address, peer.to_socket_address()));
    }
    /// The peer that it is connected to; throws std::system_error with not_connected if there is none.
    [[nodiscard]] endpoint remote_endpoint() const {
        const backend::socket_state& mine = open_state("remote_endpoint");
        if (mine.remote.port == 0) throw_if(to_backend_error(std::errc::not_connected), "remote_endpoint");
        return endpoint(mine.remote);
    }

    /// Receives several datagrams: waits for the first, and takes what else is there. Into any range of incoming_datagram.
    ///
    /// Result   how many entries have one, from the first; at least one.
    /// Errors   as recvfrom; invalid_argument for no entries. An error behind a datagram is told by the next operation.
    /// Cost     one system call for up to 32, where the system has one for that.
    /// Source   recvmmsg(2).
    template <range_of<incoming_datagram> Range>
    [[nodiscard]] auto recvfrom_many(Range&& entries) noexcept {
        return batch_operation<backend::verb::recv_messages>(*this, entries_of(std::data(entries)), std::size(entries));
    }
    /// Sends several datagrams in turn: waits until there is room for the first, and sends what else goes at once. From any
    /// range of outgoing_datagram.
    ///
    /// Result   how many were sent, from the first; at least one. Call again for the others.
    /// Errors   as sendto, of the first; invalid_argument for no entries. A later one that fails ends it: the next call,
    ///          which begins with it, gets its error.
    /// Source   sendmmsg(2).
    template <class Range>
        requires range_of<Range, outgoing_datagram> || range_of<Range, const outgoing_datagram>
    [[nodiscard]] auto sendto_many(Range&& entries) noexcept {
        return batch_operation<backend::verb::send_messages>(*this, entries_of(std::data(entries)), std::size(entries));
    }

    /// Joins a multicast group: what is sent to it and to the port of this socket arrives here too. On the interface with
    /// that number (see interface_number.hpp for its name), or with that of the group's scope (`ff02::1234%3`); 0 and no
    /// scope: the system chooses. Throws std::system_error: address_in_use when it is a member already, invalid_argument
    /// for no multicast address, and for a number that is not that of the scope; no_such_device (address_not_available or
    /// invalid_argument on some systems). Options: multicast_ttl, multicast_loop, multicast_interface.
    ///
    /// Source   ip(7), ipv6(7), RFC 3678.
    void join_group(const ip_address& group, std::uint32_t interface_number = 0) {
        change(backend::membership::join, group, interface_number, "join_group");
    }
    /// Leaves it; closing does so too. Throws std::system_error: address_not_available when it is no member.
    void leave_group(const ip_address& group, std::uint32_t interface_number = 0) {
        change(backend::membership::leave, group, interface_number, "leave_group");
    }

  private:
    template <class... Options>
    [[nodiscard]] static udp_socket made_with(family of, const error_origin& origin, const Options&... options);
    void change(backend::membership how, const ip_address& group, std::uint32_t interface_number, const char* verb) {
        backend::socket_state& mine = open_state(verb);
        const endpoint address(group, 0);
        if (interface_number == 0) interface_number = group.scope_id();
        if (group.scope_id() != 0 && group.scope_id() != interface_number)
            throw_if(to_backend_error(std::errc::invalid_argument), verb);
        throw_if(backend::uncommon(mine).change_membership(mine, how, address.to_socket_address(), interface_number),
                 verb);
    }
    template <class Entry>
    static backend::batch_entry* entries_of(Entry* first) noexcept {
        return const_cast<backend::batch_entry*>(reinterpret_cast<const backend::batch_entry*>(first));
    }
};

// ---- mechanism ----

template <class... Options>
udp_socket udp_socket::made_with(family of, const error_origin& origin, const Options&... options) {
    backend::error failed;
    if (of == family::local) throw_error(std::make_error_code(std::errc::not_supported), origin);
    backend::socket_state* const open = calls_here().open(of, backend::transport::datagram, failed);
    if (open == nullptr) throw_error(to_error_code(failed), origin);
    udp_socket made(open);
    if (of == family::v6) failed = backend::uncommon(*open).set_option(*open, backend::option_name::v6_only, 1);
    ((failed = failed ? failed : option::set_on(*open, options)), ...);
    if (failed) throw_error(to_error_code(failed), origin);
    return made;
}

template <socket_option... Options>
udp_socket udp_socket::bind(const endpoint& where, Options... options) {
    const error_origin origin("bind", &append_address, where.to_socket_address());
    udp_socket made = made_with(where.to_socket_address().family, origin, options...);
    backend::socket_state& open = made.state();
    if (const backend::error failed = open.calls->bind(open, where.to_socket_address()))
        throw_error(to_error_code(failed), origin);
    return made;
}

}  // namespace rill::inline RILL_ABI
