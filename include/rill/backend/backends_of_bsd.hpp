// SPDX-License-Identifier: MIT
#pragma once

// The backends of macOS and the BSDs. Included by default_backend.hpp.

#include "contract.hpp"

namespace rill::backend::inline RILL_ABI {

inline reactor* make_kqueue(system& calls, error& why);

inline constexpr named_kind available_kinds[] = {{"kqueue", kqueue, &make_kqueue}};

}  // namespace rill::backend::inline RILL_ABI

#include "kqueue.hpp"
#include "posix_uncommon_calls.hpp"
