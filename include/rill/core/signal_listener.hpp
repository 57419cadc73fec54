// SPDX-License-Identifier: MIT
#pragma once

// `signal_listener`: somebody on a loop who is told of a signal. See io_context::add_listener, and stop_on.hpp for users.

#include "../backend/contract.hpp"

namespace rill::inline RILL_ABI {

/// Somebody on a loop who is told of a signal.
class signal_listener {
  public:
    signal_listener() noexcept = default;
    signal_listener(const signal_listener&) = delete;
    signal_listener& operator=(const signal_listener&) = delete;

    /// On the thread of the loop; `count` times since the last call.
    virtual void signalled(unsigned count) noexcept = 0;

    backend::signal_watch watch;
    unsigned seen = 0;
    signal_listener* next = nullptr;

  protected:
    ~signal_listener() = default;
};

}  // namespace rill::inline RILL_ABI
