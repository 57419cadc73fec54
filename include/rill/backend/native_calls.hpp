// SPDX-License-Identifier: MIT
#pragma once

// Chooses the file with the calls that the POSIX systems spell in ways of their own. Each of them offers the same:
// send_flags, whole_size_flag, send_says_for_reset, delivered_control_max, steady_clock_id, new_socket, next_connection,
// silence, accept_skips, random_bytes, and the numbers of options that differ.

#if defined(__linux__)
#include "linux_calls.hpp"
#elif defined(__APPLE__)
#include "macos_calls.hpp"
#else
#include "bsd_calls.hpp"
#endif
