// SPDX-License-Identifier: MIT
#pragma once

// Faults of Linux on demand: accept4, epoll_ctl, recv, send, recvfrom, sendto, recvmsg and sendmsg that fail when a test says so, and a small table of
// descriptors.
//
// This program's own functions stand before those of the C library. Unless they are told to fail they do what those do.

#include <sys/resource.h>

#include <cstddef>
#include <initializer_list>
#include <vector>

namespace support {

/// As long as it lives, the next calls of accept4 fail with these errors, one after the other; then they are real again.
class failing_accepts {
  public:
    failing_accepts(std::initializer_list<int> errors);
    ~failing_accepts();
    failing_accepts(const failing_accepts&) = delete;
    failing_accepts& operator=(const failing_accepts&) = delete;

    /// How many of them have not been used.
    [[nodiscard]] std::size_t left() const;
};

/// How often accept4 has been called so far.
[[nodiscard]] std::size_t accept_count();

/// As long as it lives, so many of the next calls of recv, send, recvfrom, sendto, recvmsg and sendmsg fail with this error.
class failing_transfers {
  public:
    failing_transfers(int code, int times);
    ~failing_transfers();
    failing_transfers(const failing_transfers&) = delete;
    failing_transfers& operator=(const failing_transfers&) = delete;

    /// How many of them have not been used.
    [[nodiscard]] int left() const;
};

/// As long as it lives, the next epoll_ctl that adds something fails with this error.
class failing_registration {
  public:
    explicit failing_registration(int code);
    ~failing_registration();
    failing_registration(const failing_registration&) = delete;
    failing_registration& operator=(const failing_registration&) = delete;
};

/// As long as it lives, the process has no descriptor left but those that it can open of `spare`.
class few_descriptors {
  public:
    explicit few_descriptors(std::size_t spare);
    ~few_descriptors();
    few_descriptors(const few_descriptors&) = delete;
    few_descriptors& operator=(const few_descriptors&) = delete;

  private:
    rlimit before_{};
    std::vector<int> taken_;
};

}  // namespace support
