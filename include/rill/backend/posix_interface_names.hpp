// SPDX-License-Identifier: MIT
#pragma once

// Numbers of network interfaces by if_nametoindex of POSIX. Included by interface_names.hpp.

#include <errno.h>
#include <net/if.h>

#include "interface_names.hpp"

namespace rill::backend::inline RILL_ABI {

inline error find_interface(const char* name, std::uint32_t& number) noexcept {
    errno = 0;
    number = ::if_nametoindex(name);
    if (number != 0) return {};
    const bool unknown =
        errno == 0 || errno == ENXIO;  // as some systems say it; else there was no descriptor to ask with
    return {unknown ? ENODEV : errno, error::domain::system};
}

}  // namespace rill::backend::inline RILL_ABI
