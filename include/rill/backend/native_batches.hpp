// SPDX-License-Identifier: MIT
#pragma once

// Chooses how several datagrams are moved: with one call, or one by one.

#if defined(__linux__)
#include "linux_batches.hpp"
#else
#include "bsd_batches.hpp"
#endif
