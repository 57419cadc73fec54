// SPDX-License-Identifier: MIT
#pragma once

// The buffers that a reactor lends to `recv_lent`: one size, a few kept for the next who asks.

#include <cstddef>
#include <new>

#include "contract.hpp"

namespace rill::backend::inline RILL_ABI {

class lendable_memory {
  public:
    static constexpr std::size_t block_bytes = 16UL * 1024;
    static constexpr std::size_t kept_max = 64;

    lendable_memory() noexcept = default;
    lendable_memory(const lendable_memory&) = delete;
    lendable_memory& operator=(const lendable_memory&) = delete;
    ~lendable_memory() {
        while (count_ != 0) delete[] kept_[--count_];
    }

    /// A block, which is given back; null if there is no memory.
    [[nodiscard]] std::byte* take() noexcept {
        if (count_ != 0) return kept_[--count_];
        return new (std::nothrow) std::byte[block_bytes];
    }
    void give(std::byte* block) noexcept {
        if (count_ != kept_max) {
            kept_[count_++] = block;
        } else {
            delete[] block;
        }
    }

  private:
    std::byte* kept_[kept_max];
    std::size_t count_ = 0;
};

}  // namespace rill::backend::inline RILL_ABI
