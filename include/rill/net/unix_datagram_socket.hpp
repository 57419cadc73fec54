// SPDX-License-Identifier: MIT
#pragma once

// `unix_datagram_socket`: datagrams on this machine, by path: none is lost, and they keep their order. A pair of them:
// `socket_pair<unix_datagram_socket>()`. What the verbs promise stands in datagram_socket.hpp.
//
//     auto receiver = rill::unix_datagram_socket::bind("/run/log.sock");
//     auto sender = rill::unix_datagram_socket::open();
//     co_await sender.sendto("hello", "/run/log.sock");
//
// A `sendto` to somebody whose queue is full waits, and looks every few milliseconds: the system tells nobody. The BSDs and
// macOS say the same of a datagram that is longer than the whole queue (option::receive_buffer of who receives): it waits, too.

#include "datagram_socket.hpp"
#include "unix_endpoint.hpp"

namespace rill::inline RILL_ABI {

class unix_datagram_socket : public datagram_socket<unix_endpoint> {
  public:
    /// Closed, as after a move.
    unix_datagram_socket() noexcept = default;
    /// Of what a backend has opened, which it owns.
    explicit unix_datagram_socket(backend::socket_state* open) noexcept : datagram_socket(open) {}

    /// Opens a socket without a name: it can send, and nobody can answer. Throws std::system_error; not_supported on
    /// Windows, whose Unix sockets are streams only.
    template <socket_option... Options>
    [[nodiscard]] static unix_datagram_socket open(Options... options) {
        return made_with(error_origin("open"), options...);
    }
    /// Binds to a path. See unix_listener::bind for files that are there already, and for the errors.
    template <socket_option... Options>
    [[nodiscard]] static unix_datagram_socket bind(const unix_endpoint& where, Options... options) {
        const error_origin origin("bind", &append_address, shown_of(where));
        unix_datagram_socket made = made_with(origin, options...);
        backend::socket_state& open = made.state();
        if (const backend::error failed = backend::uncommon(open).bind_unix(open, where.to_unix_name()))
            throw_error(to_error_code(failed), origin);
        return made;
    }
    /// Takes over a Unix datagram socket of the system. Throws std::system_error, and then it stays the caller's.
    [[nodiscard]] static unix_datagram_socket adopt(std::intptr_t native) {
        return unix_datagram_socket(adopt_handle(native, backend::transport::datagram, true));
    }

    /// Connects: from now on it hears this peer only, and `send` goes there. Throws std::system_error:
    /// no_such_file_or_directory, connection_refused, wrong_protocol_type.
    void connect(const unix_endpoint& peer) {
        backend::socket_state& mine = open_state("connect");
        if (const backend::error failed = backend::uncommon(mine).connect_unix(mine, peer.to_unix_name()))
            throw_error(to_error_code(failed), error_origin("connect", &append_address, shown_of(peer)));
    }
    /// The name that it is bound to, if it is. Throws std::system_error.
    [[nodiscard]] unix_endpoint local_endpoint() const { return name_of(*this, backend::side::local); }

  private:
    template <class... Options>
    [[nodiscard]] static unix_datagram_socket made_with(const error_origin& origin, const Options&... options) {
        backend::error failed;
        unix_datagram_socket made;
        if (backend::socket_state* const open =
                calls_here().open(family::local, backend::transport::datagram, failed)) {
            made = unix_datagram_socket(open);
            ((failed = failed ? failed : option::set_on(*open, options)), ...);
        }
        if (failed) throw_error(to_error_code(failed), origin);
        return made;
    }
};

}  // namespace rill::inline RILL_ABI
