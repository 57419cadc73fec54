// SPDX-License-Identifier: MIT
#pragma once

// Accepts that found no descriptor or no memory: they wait a little and try again, since nothing tells when there is
// room. Meanwhile the clients wait in the kernel's backlog. A list through the operations, in no order.

#include <chrono>
#include <utility>

#include "contract.hpp"

namespace rill::backend::inline RILL_ABI {

class accept_back_off {
  public:
    /// How long to wait between two tries.
    static constexpr std::chrono::milliseconds pause{10};

    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
    /// When to try again; meaningful unless it is empty.
    [[nodiscard]] time_point retry_at() const noexcept { return retry_at_; }

    void add(accept_operation& each, time_point now) noexcept {
        if (empty()) retry_at_ = now + pause;
        each.next_waiting = std::exchange(first_, &each);
    }
    void remove(accept_operation& each) noexcept {
        accept_operation** link = &first_;
        while (*link != &each) link = &(*link)->next_waiting;
        *link = each.next_waiting;
    }
    /// Empties the list; its members are linked by next_waiting.
    [[nodiscard]] accept_operation* take_all() noexcept { return std::exchange(first_, nullptr); }

  private:
    accept_operation* first_ = nullptr;
    time_point retry_at_{};
};

}  // namespace rill::backend::inline RILL_ABI
