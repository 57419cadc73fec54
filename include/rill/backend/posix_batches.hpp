// SPDX-License-Identifier: MIT
#pragma once

// Several datagrams one by one, for systems without recvmmsg and sendmmsg (macOS, OpenBSD): what linux_batches.hpp does,
// with the same results. Such a system's header calls these by the names that are used there.

#include "posix_messages.hpp"

namespace rill::backend::inline RILL_ABI {

/// How many entries were moved, from the first; at least one. -1: errno says why the first was not. An error behind the
/// first that is not about room is kept in `broken`, for the next who asks: the system tells it only once.
[[nodiscard]] int receive_one_by_one(socket_state& from, batch_entry* entries, std::size_t count) noexcept;
/// Likewise; an error behind the first is told by the next call, since that entry was not sent.
[[nodiscard]] int transmit_one_by_one(socket_state& to, const batch_entry* entries, std::size_t count) noexcept;

// ---- mechanism ----

/// So many a call, as Linux does: others have their turn.
inline constexpr std::size_t one_by_one_max = 32;

inline int receive_one_by_one(socket_state& from, batch_entry* entries, std::size_t count) noexcept {
    int done = 0;
    message about;
    operation each(verb::recv_message);
    each.socket = &from;
    each.transfer.about = &about;
    for (std::size_t index = 0; index < count && index < one_by_one_max; ++index) {
        each.transfer.now = entries[index].bytes;
        if (receive_message(each) < 0) {
            if (done == 0) return -1;
            if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) from.broken = last_error();
            break;
        }
        entries[index].size = about.size;
        entries[index].truncated = about.truncated;
        entries[index].peer = about.peer;
        ++done;
    }
    return done;
}

inline int transmit_one_by_one(socket_state& to, const batch_entry* entries, std::size_t count) noexcept {
    int done = 0;
    message about;
    operation each(verb::send_message);
    each.socket = &to;
    each.transfer.about = &about;
    for (std::size_t index = 0; index < count && index < one_by_one_max; ++index) {
        each.transfer.now = entries[index].bytes;
        about.peer = entries[index].peer;
        about.addressed = entries[index].addressed;
        if (transmit_message(each) < 0) return done == 0 ? -1 : done;
        ++done;
    }
    return done;
}

}  // namespace rill::backend::inline RILL_ABI
