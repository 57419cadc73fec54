// SPDX-License-Identifier: MIT
#pragma once

// A clock that does not wait for anybody: what is due is due, at so many a second from its beginning on, also when nobody came to do it.

#include <cstdint>

#include "clock.hpp"

namespace load {

class fixed_rate {
  public:
    explicit fixed_rate(std::uint64_t a_second) : rate_(a_second) {}

    /// Calls `act(number, due)` for all that are due by now. How long it is until the next one.
    template <class Act>
    nanoseconds act_if_due(Act act) {
        for (const nanoseconds present = now(); due() <= present; ++count_) act(count_, due());
        const nanoseconds present = now();
        return due() > present ? due() - present : 0;
    }
    /// How many were due so far.
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

  private:
    [[nodiscard]] nanoseconds due() const noexcept { return begun_ + count_ * second / rate_; }

    std::uint64_t rate_;
    nanoseconds begun_ = now();
    std::uint64_t count_ = 0;
};

}  // namespace load
