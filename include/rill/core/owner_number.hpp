// SPDX-License-Identifier: MIT
#pragma once

// A number for who may hold a lock, a branch or a thread, that nobody else in the program ever has. An address could be
// that of another by the time it is looked at. Only where RILL_LOCK_ORDER asks for it: see sync/lock_order.hpp.

#include <atomic>
#include <cstdint>

#include "../config.hpp"

namespace rill::inline RILL_ABI {

using owner_number = std::uint64_t;

/// Never zero. Any thread.
[[nodiscard]] RILL_VISIBLE inline owner_number next_owner_number() noexcept {
    static constinit std::atomic<owner_number> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace rill::inline RILL_ABI
