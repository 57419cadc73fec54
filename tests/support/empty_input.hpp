// SPDX-License-Identifier: MIT
#pragma once

// As long as it lives, standard input has come to its end, whatever it is outside the tests. POSIX only.

#include <fcntl.h>
#include <unistd.h>

namespace support {

class empty_input {
  public:
    empty_input() : before_(::dup(STDIN_FILENO)) {
        const int nothing = ::open("/dev/null", O_RDONLY);
        ::dup2(nothing, STDIN_FILENO);
        if (nothing != STDIN_FILENO) ::close(nothing);
    }
    ~empty_input() {
        if (before_ < 0) {
            ::close(STDIN_FILENO);
        } else {
            ::dup2(before_, STDIN_FILENO);
            ::close(before_);
        }
    }
    empty_input(const empty_input&) = delete;
    empty_input& operator=(const empty_input&) = delete;

  private:
    int before_;  // negative: there was none
};

}  // namespace support
