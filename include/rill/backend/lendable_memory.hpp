// SPDX-License-Identifier: MIT
#pragma once

// The buffers that a reactor lends to `recv_lent`: one size, a few kept for the next who asks.

#include <cstddef>
#include <memory>
#include <new>
#include <utility>

#include "contract.hpp"

namespace rill::backend::inline RILL_ABI {

class lendable_memory {
  public:
    using block = std::unique_ptr<std::byte[]>;

    static constexpr std::size_t block_bytes = 16UL * 1024;
    static constexpr std::size_t kept_max = 64;

    /// A block; null if there is no memory.
    [[nodiscard]] block take() noexcept {
        if (count_ != 0) return std::move(kept_[--count_]);
        return block(new (std::nothrow) std::byte[block_bytes]);
    }
    void give(block each) noexcept {
        if (count_ != kept_max) kept_[count_++] = std::move(each);
    }

  private:
    block kept_[kept_max];
    std::size_t count_ = 0;
};

}  // namespace rill::backend::inline RILL_ABI
