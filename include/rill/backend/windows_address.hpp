// SPDX-License-Identifier: MIT
#pragma once

// Addresses as Windows has them: those of the Internet.

#include "internet_address.hpp"

namespace rill::backend::inline RILL_ABI {

using native_address = internet_address;

}  // namespace rill::backend::inline RILL_ABI
