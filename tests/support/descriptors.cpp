// SPDX-License-Identifier: MIT
#include "support/descriptors.hpp"

#include <algorithm>
#include <filesystem>

namespace support {

std::vector<std::string> open_descriptors() {
    namespace fs = std::filesystem;
    std::error_code failed;
    std::vector<std::string> found;
    for (fs::directory_iterator each("/proc/self/fd", failed), end; !failed && each != end; each.increment(failed)) {
        std::error_code gone;
        const fs::path what = fs::read_symlink(each->path(), gone);
        if (gone || what.string().find("/proc/") == 0) continue;  // the one that reads the directory
        found.push_back(each->path().filename().string() + " " + what.string());
    }
    std::sort(found.begin(), found.end());
    return found;
}

}  // namespace support
