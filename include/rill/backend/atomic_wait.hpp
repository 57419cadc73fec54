// SPDX-License-Identifier: MIT
#pragma once

// `wait_while(atomic, value)`, `wake_one(atomic)`, `wake_all(atomic)`: a thread waits until another has changed an atomic.
//
// What std::atomic's wait and notify do, but for run-time libraries in which a wait can miss the notification. The value
// is looked at without an order: who needs one loads it, or takes a lock, afterwards.

#ifdef _WIN32
#include "windows_atomic_wait.hpp"
#else
#include "posix_atomic_wait.hpp"
#endif
