// SPDX-License-Identifier: MIT
#pragma once

// Room that an operation, and a message beside it, keep for the kernel: none where the kernel only tells of readiness.
//
// A system that completes operations by itself writes into memory that must live as long as the operation does (an
// OVERLAPPED, the addresses of an accept; the address of a datagram with its length and flags). Its header replaces
// these types, and the contract stays as it is.

#ifdef _WIN32
#include "windows_kernel_room.hpp"
#else
#include "posix_kernel_room.hpp"
#endif
