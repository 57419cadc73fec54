// SPDX-License-Identifier: MIT
#pragma once

// `parking_spot`: where one thread waits, for as long as it likes, until another one tells it to go on.
//
// For locks between threads that have a queue of their own (sync/fair_lock.hpp). The thread that waits has the spot on its
// stack; it must have been told before it leaves, unless its time is over and nobody is about to. Unlike `wait_while`
// (atomic_wait.hpp) it knows a limit of time.

#ifdef _WIN32
#include "windows_parking_spot.hpp"
#else
#include "posix_parking_spot.hpp"
#endif
