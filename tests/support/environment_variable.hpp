// SPDX-License-Identifier: MIT
#pragma once

// Sets a variable of the environment for as long as it lives.

#include <cstdlib>
#include <optional>
#include <string>

namespace support {

class environment_variable {
  public:
    environment_variable(const char* name, const char* value) : name_(name) {
        if (const char* const before = std::getenv(name)) before_ = before;
        set(name, value);
    }
    ~environment_variable() { set(name_, before_ ? before_->c_str() : nullptr); }
    environment_variable(const environment_variable&) = delete;
    environment_variable& operator=(const environment_variable&) = delete;

  private:
    static void set(const char* name, const char* value) {  // null: there is none
#ifdef _WIN32
        ::_putenv_s(name, value == nullptr ? "" : value);  // an empty one is none, there
#else
        if (value == nullptr) {
            ::unsetenv(name);
        } else {
            ::setenv(name, value, 1);
        }
#endif
    }

    const char* name_;
    std::optional<std::string> before_;
};

}  // namespace support
