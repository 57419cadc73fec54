// SPDX-License-Identifier: MIT
#pragma once

// How an operation that moves all of its slices goes on after a part of them.

#include <cstddef>

#include "contract.hpp"

namespace rill::backend::inline RILL_ABI {

/// Notes that bytes were moved. True: nothing is left.
inline bool advance(operation& each, std::size_t moved) noexcept {
    operation::buffers& left = each.transfer;
    left.done += moved;
    while (moved >= left.now.size && each.more_count != 0) {
        moved -= left.now.size;
        left.now = *left.more++;
        --each.more_count;
    }
    left.now.data += moved;
    left.now.size -= moved;
    return left.now.size == 0 && each.more_count == 0;
}

}  // namespace rill::backend::inline RILL_ABI
