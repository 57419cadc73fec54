// SPDX-License-Identifier: MIT
#pragma once

// Several datagrams on macOS and the BSDs: one by one. (FreeBSD and NetBSD have recvmmsg, as a loop in a library.)

#include "posix_batches.hpp"

namespace rill::backend::inline RILL_ABI {

[[nodiscard]] inline int receive_batch(socket_state& from, batch_entry* entries, std::size_t count) noexcept {
    return receive_one_by_one(from, entries, count);
}
[[nodiscard]] inline int transmit_batch(socket_state& to, const batch_entry* entries, std::size_t count) noexcept {
    return transmit_one_by_one(to, entries, count);
}
/// Never said: a batch also ends early at an interruption, or at an error that is told once.
[[nodiscard]] constexpr bool batch_empties(std::size_t, std::size_t) noexcept { return false; }

}  // namespace rill::backend::inline RILL_ABI
