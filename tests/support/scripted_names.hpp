// SPDX-License-Identifier: MIT
#pragma once

// Names that only this program knows: what the system's resolver says of them is chosen by a test.
//
// Linked into every test program; all other names are the system's affair. Where the system's call can't be taken over,
// `names_are_scripted` says so.

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace support {

#if defined(__linux__)
inline constexpr bool names_are_scripted = true;
#else
inline constexpr bool names_are_scripted = false;
#endif

/// As long as it lives, a name has these addresses, or none and an error of getaddrinfo, with errno. What looks it up may
/// outlive it.
class scripted_name {
  public:
    scripted_name(std::string name, std::vector<std::string> addresses, int failure = 0, int error_number = 0);
    ~scripted_name();
    scripted_name(const scripted_name&) = delete;
    scripted_name& operator=(const scripted_name&) = delete;

    /// From now on lookups of it hang, until `release` or its end.
    void hold();
    void release();
    /// How many lookups have begun, and how many have ended.
    [[nodiscard]] int begun() const;
    [[nodiscard]] int ended() const;

    struct script;

  private:
    std::shared_ptr<script> script_;
};

}  // namespace support
