// SPDX-License-Identifier: MIT
#pragma once

// The kernels of POSIX tell of readiness, and write nothing into an operation or a message later on.

#include "../config.hpp"

namespace rill::backend::inline RILL_ABI {

struct kernel_room {};
struct message_room {};

}  // namespace rill::backend::inline RILL_ABI
