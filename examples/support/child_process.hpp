// SPDX-License-Identifier: MIT
#pragma once

// What the demonstration asks of the system, and the only platform code of the examples: a child process, its memory,
// the limit of descriptors, and whether a person looks on.

#ifdef _WIN32
#include "windows_child_process.hpp"
#else
#include "posix_child_process.hpp"
#endif
