// SPDX-License-Identifier: MIT
#pragma once

// `unix_listener`: a path on this machine that clients connect to. Bind it, accept from it, or hand it to `serve`.
//
//     auto listener = rill::unix_listener::bind("/run/service.sock");
//     rill::unix_stream client = co_await listener.accept();

#include "accept_operation.hpp"
#include "open_listener.hpp"
#include "unix_stream.hpp"

namespace rill::inline RILL_ABI {

class unix_listener : public socket {
  public:
    /// Closed, as after a move.
    unix_listener() noexcept = default;
    /// Of what a backend has opened, which it owns.
    explicit unix_listener(backend::socket_state* open) noexcept : socket(open) {}

    /// Binds and listens. Options: `backlog`, and those of sockets. Who may connect: whoever may write to the file, which is
    /// made as the process's umask says.
    ///
    /// The file stays when the listener is closed; the next one replaces it, as it does what a crash has left. It does so
    /// only if nobody has the socket any more, which it finds out without becoming a client; of several that start at
    /// once, one gets it. A file that is no socket is never touched. Windows can't be asked whether somebody has a socket
    /// without becoming their client: there a file that is there stays, and is address_in_use until somebody removes it.
    ///
    /// Errors   std::system_error: address_in_use, permission_denied, no_such_file_or_directory (the directory),
    ///          filename_too_long, address_family_not_supported on a system without Unix sockets.
    /// Thread   any. It may wait a little, for another who starts in the same directory at the same time.
    /// Source   bind(2), listen(2), unix(7).
    template <class... Options>
    [[nodiscard]] static unix_listener bind(const unix_endpoint& where, Options... options);

    /// Takes over a listening Unix socket of the system. Throws std::system_error, and then it stays the caller's.
    [[nodiscard]] static unix_listener adopt(std::intptr_t native) {
        return unix_listener(adopt_handle(native, backend::transport::stream, true));
    }

    /// Waits for the next connection, and gives it as a unix_stream. All else as tcp_listener::accept.
    [[nodiscard]] accept_operation<unix_stream> accept() noexcept { return accept_operation<unix_stream>(*this); }

    /// The name that it is bound to. Throws std::system_error.
    [[nodiscard]] unix_endpoint local_endpoint() const { return name_of(*this, backend::side::local); }
};

// ---- mechanism ----

template <class... Options>
unix_listener unix_listener::bind(const unix_endpoint& where, Options... options) {
    return open_listener<unix_listener>(
        calls_here(), family::local, error_origin("bind", &append_address, shown_of(where)),
        [&where](backend::system& calls, backend::socket_state& made) {
            made.remote = shown_of(where);  // a listener's errors name its own address
            return backend::uncommon(calls).bind_unix(made, where.to_unix_name());
        },
        options...);
}

}  // namespace rill::inline RILL_ABI
