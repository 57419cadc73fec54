// SPDX-License-Identifier: MIT
#pragma once

// What an operation keeps for the kernel of Windows, which completes it: an OVERLAPPED, and what an accept needs; and a
// message that is received, where its address and its flags are written.
//
// No header of Windows is included here: iocp.hpp checks that the shapes agree.

#include <cstddef>
#include <cstdint>

#include "../config.hpp"

namespace rill::backend::inline RILL_ABI {

struct pending_accept;

struct kernel_room {
    struct overlapped {  // OVERLAPPED, as the kernel sees it
        std::uintptr_t status;
        std::uintptr_t bytes;
        std::uint32_t offset;
        std::uint32_t offset_high;
        void* event;
    };

    overlapped place;                     // the kernel's while the operation is parked or leaving
    pending_accept* accepting = nullptr;  // of an accept in the kernel: the socket to be connected
    std::uint8_t skips = 0;               // of an accept: connections skipped without a look at anything else
    bool stopping = false;                // leaving because its branch was stopped, not because its socket is closed

    kernel_room() noexcept {}                    // `place` is filled at the start
    kernel_room(const kernel_room&) noexcept {}  // there is nothing in it before
    kernel_room& operator=(const kernel_room&) = delete;
    ~kernel_room() = default;
};

struct message_room {
    alignas(8) std::byte address[128];  // a sockaddr_storage, the kernel's while the operation is parked or leaving
    int address_bytes;
    std::uint32_t flags;

    message_room() noexcept {}                     // filled at the start
    message_room(const message_room&) noexcept {}  // there is nothing in it before
    message_room& operator=(const message_room&) noexcept { return *this; }
    ~message_room() = default;
};

}  // namespace rill::backend::inline RILL_ABI
