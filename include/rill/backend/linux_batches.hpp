// SPDX-License-Identifier: MIT
#pragma once

// Several datagrams with one call of Linux: recvmmsg(2), sendmmsg(2). See posix_batches.hpp for systems without.

#include <sys/socket.h>

#include "posix_system.hpp"

namespace rill::backend::inline RILL_ABI {

/// How many entries were moved, from the first; at least one. -1: errno says why the first was not.
[[nodiscard]] int receive_batch(socket_state& from, batch_entry* entries, std::size_t count) noexcept;
[[nodiscard]] int transmit_batch(socket_state& to, const batch_entry* entries, std::size_t count) noexcept;

/// Whether a batch of so many, of `wanted` entries, has emptied the socket: recvmmsg ends early only when nothing is left, or
/// at an error, which an event tells as well.
[[nodiscard]] constexpr bool batch_empties(std::size_t got, std::size_t wanted) noexcept;

// ---- mechanism ----

/// So many a call, on the stack.
inline constexpr std::size_t batch_max = 32;

constexpr bool batch_empties(std::size_t got, std::size_t wanted) noexcept { return got < wanted && got < batch_max; }

/// The entries as the system takes them, each with room for its address.
struct native_batch {
    mmsghdr headers[batch_max];
    iovec pieces[batch_max];
    native_address addresses[batch_max];
    unsigned count;

    native_batch(const batch_entry* entries, std::size_t wanted) noexcept
        : count(static_cast<unsigned>(wanted < batch_max ? wanted : batch_max)) {
        for (unsigned index = 0; index < count; ++index) {
            pieces[index] = {entries[index].bytes.data, entries[index].bytes.size};
            headers[index] = {};
            headers[index].msg_hdr.msg_iov = &pieces[index];
            headers[index].msg_hdr.msg_iovlen = 1;
        }
    }
    void name(unsigned index) noexcept {
        headers[index].msg_hdr.msg_name = addresses[index].data();
        headers[index].msg_hdr.msg_namelen = addresses[index].size;
    }
};

inline int receive_batch(socket_state& from, batch_entry* entries, std::size_t count) noexcept {
    native_batch batch(entries, count);
    for (unsigned index = 0; index < batch.count; ++index) batch.name(index);
    const int got = ::recvmmsg(descriptor_of(from), batch.headers, batch.count, 0, nullptr);
    for (int index = 0; index < got; ++index) {
        const mmsghdr& each = batch.headers[index];
        entries[index].size = each.msg_len;
        entries[index].truncated = (each.msg_hdr.msg_flags & MSG_TRUNC) != 0;
        entries[index].peer = batch.addresses[index].get();
    }
    return got;
}

inline int transmit_batch(socket_state& to, const batch_entry* entries, std::size_t count) noexcept {
    native_batch batch(entries, count);
    for (unsigned index = 0; index < batch.count; ++index) {
        if (!entries[index].addressed) continue;
        batch.addresses[index].assign(entries[index].peer);
        batch.name(index);
    }
    return ::sendmmsg(descriptor_of(to), batch.headers, batch.count, send_flags);
}

}  // namespace rill::backend::inline RILL_ABI
