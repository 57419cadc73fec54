// SPDX-License-Identifier: MIT
#pragma once

// Errors of POSIX: numbers of errno, which the standard's category knows.

#include <system_error>

#include "../config.hpp"

namespace rill::backend::inline RILL_ABI {

/// The category of the numbers that the system reports.
[[nodiscard]] inline const std::error_category& system_category() noexcept { return std::system_category(); }

}  // namespace rill::backend::inline RILL_ABI
