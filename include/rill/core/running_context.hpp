// SPDX-License-Identifier: MIT
#pragma once

// Which io_context runs on a thread: set while its loop does anything, so that operations find their way home.
//
// One object a thread and program, also across shared libraries. See `this_context()` in io_context.hpp for users.

#include "../config.hpp"

namespace rill::inline RILL_ABI {

class io_context;

/// The context that runs on this thread, or null.
RILL_VISIBLE inline constinit thread_local io_context* running_context = nullptr;

/// Makes a context the running one for as long as it lives.
class running_context_guard {
  public:
    explicit running_context_guard(io_context& now) noexcept : before_(running_context) { running_context = &now; }
    ~running_context_guard() { running_context = before_; }
    running_context_guard(const running_context_guard&) = delete;
    running_context_guard& operator=(const running_context_guard&) = delete;

  private:
    io_context* before_;
};

}  // namespace rill::inline RILL_ABI
