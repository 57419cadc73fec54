// SPDX-License-Identifier: MIT
#pragma once

// Which kinds of Unix sockets this system has. A test that needs one asks, and what is not there is said aloud, with the
// error that a user gets.

#include <string_view>
#include <system_error>

#include <rill/net/unix_datagram_socket.hpp>
#include <rill/net/unix_stream.hpp>

#include "support/catch.hpp"

namespace support {

template <class Make>
[[nodiscard]] bool has_unix(std::string_view what, Make make) {
    try {
        static_cast<void>(make());
        return true;
    } catch (const std::system_error& error) {
        WARN("skipped: no " << what << " here: " << error.what());
        return false;
    }
}

/// Listeners and their clients: not in wine, nor in Windows before 2018.
[[nodiscard]] inline bool has_unix_streams() {
    return has_unix("Unix sockets", [] {
        rill::backend::error failed;
        rill::backend::system& calls = rill::backend::machine();
        rill::backend::socket_state* const made =
            calls.open(rill::family::local, rill::backend::transport::stream, failed);
        if (failed) throw std::system_error(rill::to_error_code(failed));
        calls.close(made);
        return 0;
    });
}
/// Two ends at once: not in Windows.
[[nodiscard]] inline bool has_unix_pairs() {
    return has_unix("pairs of Unix sockets", [] { return rill::socket_pair(); });
}
/// Not in Windows.
[[nodiscard]] inline bool has_unix_datagrams() {
    return has_unix("Unix datagrams", [] { return rill::unix_datagram_socket::open(); });
}

}  // namespace support
