// SPDX-License-Identifier: MIT
#pragma once

// Names of network interfaces, as multicasts need them: if_nametoindex(3), RFC 3493, 4.1. They are the machine's, so this is
// no part of `system`. Included only by who uses it.

#include <cstdint>

#include "contract.hpp"

namespace rill::backend::inline RILL_ABI {

/// Finds the number of an interface; its name ends with a zero. no_such_device: there is none of that name.
inline error find_interface(const char* name, std::uint32_t& number) noexcept;

}  // namespace rill::backend::inline RILL_ABI

#ifdef _WIN32
#include "windows_interface_names.hpp"
#else
#include "posix_interface_names.hpp"
#endif
