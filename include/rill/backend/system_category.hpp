// SPDX-License-Identifier: MIT
#pragma once

// Whose numbers the system's errors are: `system_category()`, whose codes compare equal to std::errc conditions.
//
// On POSIX that is the standard's, on Windows our own. The only thing about errors that differs between systems.

#ifdef _WIN32
#include "windows_errors.hpp"
#else
#include "posix_errors.hpp"
#endif
