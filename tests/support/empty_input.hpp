// SPDX-License-Identifier: MIT
#pragma once

// As long as it lives, standard input has come to its end, whatever it is outside the tests.

#include "support/standard_files.hpp"

namespace support {

class empty_input {
  public:
    empty_input() : before_(copy_of(standard_input)) {
        const int nothing = open_nothing();
        copy_to(nothing, standard_input);
        if (nothing != standard_input) close_file(nothing);
    }
    ~empty_input() {
        if (before_ < 0) {
            close_file(standard_input);
        } else {
            copy_to(before_, standard_input);
            close_file(before_);
        }
    }
    empty_input(const empty_input&) = delete;
    empty_input& operator=(const empty_input&) = delete;

  private:
    int before_;  // negative: there was none
};

}  // namespace support
