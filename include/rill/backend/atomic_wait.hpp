// SPDX-License-Identifier: MIT
#pragma once

// `wait_while(atomic, value)`: waits until another thread has changed an atomic and said so by `notify_all`.
//
// std::atomic::wait, but for run-time libraries in which that can miss the notification.

#ifdef _WIN32
#include "windows_atomic_wait.hpp"
#else
#include "posix_atomic_wait.hpp"
#endif
