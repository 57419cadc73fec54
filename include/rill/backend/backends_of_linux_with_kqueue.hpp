// SPDX-License-Identifier: MIT
#pragma once

// The backends of Linux where a library adds kqueue to them: libkqueue, or the double of rill's tests. For testing the
// kqueue backend without its system; nobody is faster by it. Included by default_backend.hpp.

#include "contract.hpp"

namespace rill::backend::inline RILL_ABI {

inline reactor* make_epoll(system& calls, error& why);
inline reactor* make_kqueue(system& calls, error& why);

inline constexpr named_kind available_kinds[] = {{"epoll", epoll, &make_epoll}, {"kqueue", kqueue, &make_kqueue}};

}  // namespace rill::backend::inline RILL_ABI

#include "epoll.hpp"
#include "kqueue.hpp"
#include "posix_uncommon_calls.hpp"
