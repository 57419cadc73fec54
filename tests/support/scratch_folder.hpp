// SPDX-License-Identifier: MIT
#pragma once

// A folder of a test's own, gone with all that is in it when the test ends.

#include <filesystem>
#include <random>
#include <string>

namespace support {

class scratch_folder {
  public:
    scratch_folder()
        : path_(std::filesystem::temp_directory_path() / ("rill-" + std::to_string(std::random_device()()))) {
        std::filesystem::create_directory(path_);
    }
    ~scratch_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;

    [[nodiscard]] std::string operator/(const char* name) const { return (path_ / name).string(); }

  private:
    std::filesystem::path path_;
};

}  // namespace support
