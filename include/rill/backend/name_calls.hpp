// SPDX-License-Identifier: MIT
#pragma once

// Names of hosts and services as `resolve` needs them. A lookup may take long, or hang: it is for threads that may.
//
// It is the machine's, so it is no part of `system`. Included only by who uses it.

#include "contract.hpp"

namespace rill::backend::inline RILL_ABI {

/// The addresses of a host, each with the port of a service.
class name_lookup;

/// What a host that has no address, and a service that has no port, are told by.
inline constexpr error no_such_host{3, error::domain::rill};
inline constexpr error no_such_service{5, error::domain::rill};

}  // namespace rill::backend::inline RILL_ABI

#include "posix_names.hpp"
