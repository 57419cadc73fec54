// SPDX-License-Identifier: MIT
#pragma once

// `stop_relay`: stops the children of a scope, asked from any thread.
//
// On the thread of the loop it stops them at once; from elsewhere it is handed in, and stops them when the loop takes it
// in, which is before anything else starts there. It lives inside the scope, or beside it: `settle` before its end.

#include <atomic>

#include "io_context.hpp"

namespace rill::inline RILL_ABI {

class stop_relay final : private handed_in {
  public:
    explicit stop_relay(scope& target) noexcept : target_(target) {}

    /// Asks. Any thread, any number of times, until `settle` is called.
    void request(io_context& home) noexcept {
        if (running_context == &home) {
            target_.stop_children();
        } else if (!asked_.exchange(true, std::memory_order_relaxed)) {
            home.hand_in(*this);
        }
    }
    /// Once every call of `request` has returned: takes this out of the inbox, if it is there. Thread of the loop.
    void settle(io_context& home) noexcept {
        if (asked_.load(std::memory_order_relaxed) && !taken_in_) home.take_in();
    }

  private:
    void taken_in() noexcept override {
        taken_in_ = true;
        target_.stop_children();
    }

    scope& target_;
    std::atomic<bool> asked_{false};  // on another thread than the loop's: the first who asks hands it in
    bool taken_in_ = false;           // of the loop's thread
};

}  // namespace rill::inline RILL_ABI
