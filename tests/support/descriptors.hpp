// SPDX-License-Identifier: MIT
#pragma once

// Which handles this process has open, and a guard that says which of them a test has left behind.

#include <exception>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace support {

/// The open descriptors with what they are, as text; nothing where the system does not tell.
[[nodiscard]] std::vector<std::string> open_descriptors();

/// Checks at its end that the same descriptors are open as at its beginning; not where a failure has ended the test.
class descriptors_return {
  public:
    descriptors_return() : before_(open_descriptors()) {}
    ~descriptors_return() {
        if (std::uncaught_exceptions() == 0) CHECK(open_descriptors() == before_);
    }
    descriptors_return(const descriptors_return&) = delete;
    descriptors_return& operator=(const descriptors_return&) = delete;

  private:
    std::vector<std::string> before_;
};

}  // namespace support
