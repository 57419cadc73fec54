// SPDX-License-Identifier: MIT
#pragma once

// What the process writes to its standard error while this lives.

#include <cstdio>
#include <string>

#include "support/standard_files.hpp"

namespace support {

class captured_stderr {
  public:
    captured_stderr() : file_(std::tmpfile()), before_(copy_of(number_of(stderr))) {
        std::fflush(stderr);
        copy_to(number_of(file_), number_of(stderr));
    }
    ~captured_stderr() {
        restore();
        std::fclose(file_);
    }
    captured_stderr(const captured_stderr&) = delete;
    captured_stderr& operator=(const captured_stderr&) = delete;

    /// Ends the capture, and gives what was written.
    [[nodiscard]] std::string text() {
        restore();
        std::string all;
        std::rewind(file_);
        for (int each = std::fgetc(file_); each != EOF; each = std::fgetc(file_)) all += static_cast<char>(each);
        return all;
    }

  private:
    void restore() {
        if (before_ < 0) return;
        std::fflush(stderr);
        copy_to(before_, number_of(stderr));
        close_file(before_);
        before_ = -1;
    }

    std::FILE* file_;
    int before_;
};

}  // namespace support
