// SPDX-License-Identifier: MIT
#pragma once

// What the systems call differently about blocking sockets.

#ifdef _WIN32
#include "windows_blocking_calls.hpp"
#else
#include "posix_blocking_calls.hpp"
#endif
