// SPDX-License-Identifier: MIT
#pragma once

// What the running thread holds locked by functions that it is inside of: so that a second entry is an error, not a hang.
//
// A list through the stack frames of those functions, innermost first. Nobody is suspended while something is held, so the
// list is as deep as the calls are nested, which is seldom more than one.

#include "../config.hpp"

namespace rill::inline RILL_ABI {

/// Says that a lock is held, from its making to its end; they nest.
class held_here {
  public:
    explicit held_here(const void* lock) noexcept;
    ~held_here();
    held_here(const held_here&) = delete;
    held_here& operator=(const held_here&) = delete;

    /// Whether this thread holds it already.
    [[nodiscard]] static bool holds(const void* lock) noexcept;
    /// Whether it holds any.
    [[nodiscard]] static bool holds_any() noexcept;

  private:
    const void* const lock_;
    const held_here* const outer_;
};

// ---- mechanism ----

/// The innermost one of this thread, or null.
RILL_VISIBLE inline constinit thread_local const held_here* innermost_held = nullptr;

inline held_here::held_here(const void* lock) noexcept : lock_(lock), outer_(innermost_held) { innermost_held = this; }
inline held_here::~held_here() { innermost_held = outer_; }

inline bool held_here::holds_any() noexcept { return innermost_held != nullptr; }

inline bool held_here::holds(const void* lock) noexcept {
    for (const held_here* each = innermost_held; each != nullptr; each = each->outer_)
        if (each->lock_ == lock) return true;
    return false;
}

}  // namespace rill::inline RILL_ABI
