// SPDX-License-Identifier: MIT
#pragma once

// A counted payload: how many there are, how many there were, and in which order they ended.

#include <string>

namespace support {

/// What a set of witnesses saw. One thread at a time.
struct testimony {
    int alive = 0;
    int made = 0;     // constructed, not counting moves
    std::string log;  // the letters of those that ended, in order
};

/// Tells its testimony when it is gone: destructors run when a coroutine is unwound.
class witness {
  public:
    explicit witness(testimony& to, char letter = '.') noexcept : to_(&to), letter_(letter) {
        ++to.alive;
        ++to.made;
    }
    witness(witness&& other) noexcept : to_(other.to_), letter_(other.letter_) { other.to_ = nullptr; }
    witness& operator=(witness&&) = delete;
    ~witness() {
        if (to_ == nullptr) return;
        --to_->alive;
        if (letter_ != '.') to_->log += letter_;
    }

  private:
    testimony* to_;  // null: moved from
    char letter_;
};

}  // namespace support
