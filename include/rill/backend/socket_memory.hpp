// SPDX-License-Identifier: MIT
#pragma once

// Where the states of sockets live: in frame memory, which is recycled, so that accepting allocates nothing after a while.

#include <cerrno>
#include <new>

#include "../core/frame_memory.hpp"
#include "contract.hpp"

namespace rill::backend::inline RILL_ABI {

/// Makes the state of a socket, for a handle that comes next. Null with `why` set if there is no memory.
[[nodiscard]] inline socket_state* make_socket_state(family of, transport what, system& whose, error& why) noexcept {
    try {
        return ::new (take_frame_memory(sizeof(socket_state))) socket_state(-1, of, what, whose, &no_context);
    } catch (const std::bad_alloc&) {
        why = {ENOMEM, error::domain::generic};
        return nullptr;
    }
}

inline void end_socket_state(socket_state* each) noexcept { give_frame_memory(each, sizeof(socket_state)); }

}  // namespace rill::backend::inline RILL_ABI
