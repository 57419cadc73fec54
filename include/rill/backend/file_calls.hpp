// SPDX-License-Identifier: MIT
#pragma once

// Files as `send_file` and `recv_file` need them. All of these may wait for the disk: callers ask for bounded pieces.
//
// They are the machine's also in a simulated network, so they are no part of `system`. Included only by who uses them.

#include <cstddef>
#include <cstdint>

#include "contract.hpp"

namespace rill::backend::inline RILL_ABI {

/// Both that write make the file if it is not there; what is there is kept, or emptied.
enum class file_access : std::uint8_t { read, write, replace };

/// Opens a file, closed on exec. A system whose paths have another character has a second one of these.
inline error open_file(const char* path, file_access how, std::intptr_t& opened) noexcept;
inline void close_file(std::intptr_t file) noexcept;
/// Reads at a place, whatever the place of the handle is, which stays. `done`: how many bytes; 0 at the end.
inline error read_file(std::intptr_t file, std::uint64_t offset, slice to, std::size_t& done) noexcept;
/// Writes all of it at a place. `done`: how many bytes, also after an error: a disk that is full has taken some.
inline error write_file(std::intptr_t file, std::uint64_t offset, slice from, std::size_t& done) noexcept;

}  // namespace rill::backend::inline RILL_ABI

#ifdef _WIN32
#include "windows_file.hpp"
#else
#include "posix_file.hpp"
#endif
