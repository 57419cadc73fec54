// SPDX-License-Identifier: MIT
#pragma once

// What the process writes to its standard error while this lives. POSIX only.

#include <unistd.h>

#include <cstdio>
#include <string>

namespace support {

class captured_stderr {
  public:
    captured_stderr() : file_(std::tmpfile()), before_(::dup(STDERR_FILENO)) {
        std::fflush(stderr);
        ::dup2(::fileno(file_), STDERR_FILENO);
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
        ::dup2(before_, STDERR_FILENO);
        ::close(before_);
        before_ = -1;
    }

    std::FILE* file_;
    int before_;
};

}  // namespace support
