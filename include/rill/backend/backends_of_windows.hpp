// SPDX-License-Identifier: MIT
#pragma once

// The backends of Windows. Included by default_backend.hpp.

#include "contract.hpp"

namespace rill::backend::inline RILL_ABI {

inline reactor* make_iocp(system& calls, error& why);

inline constexpr named_kind available_kinds[] = {{"iocp", iocp, &make_iocp}};

}  // namespace rill::backend::inline RILL_ABI

#include "iocp.hpp"
