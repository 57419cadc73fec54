// SPDX-License-Identifier: MIT
#pragma once

// The backends of Linux. Included by default_backend.hpp.

#include "contract.hpp"

namespace rill::backend::inline RILL_ABI {

inline reactor* make_epoll(system& calls, error& why);

inline constexpr named_kind available_kinds[] = {{"epoll", epoll, &make_epoll}};

}  // namespace rill::backend::inline RILL_ABI

#include "epoll.hpp"
#include "posix_uncommon_calls.hpp"
