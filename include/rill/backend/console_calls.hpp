// SPDX-License-Identifier: MIT
#pragma once

// Standard input as `console` needs it: one call, for a thread that may wait. Included only by who uses it.

#include <cstddef>

#include "contract.hpp"

namespace rill::backend::inline RILL_ABI {

/// Reads what there is, at least one byte, and waits for as long as there is nothing. `done` 0: the end, which need not
/// be for ever on a terminal. bad_file_descriptor: this process was started without a standard input.
inline error read_standard_input(slice to, std::size_t& done) noexcept;

}  // namespace rill::backend::inline RILL_ABI

#ifdef _WIN32
#include "windows_console.hpp"
#else
#include "posix_console.hpp"
#endif
