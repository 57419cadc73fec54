// SPDX-License-Identifier: MIT
#pragma once

// The one place that includes the headers of Windows, and leaves no ordinary word of C++ behind as a macro.
//
// Words that the headers take and that programs use are given back as they were before. A program that needs more of
// Windows includes <windows.h> itself, before or after.

#if defined(_WINSOCKAPI_) && !defined(_WINSOCK2API_)
#error "rill: <windows.h> came first and brought the old <winsock.h>; define WIN32_LEAN_AND_MEAN, or include rill first"
#endif
#if defined(_WIN32_WINNT) && _WIN32_WINNT < 0x0602
#error "rill: needs Windows 8 or newer: _WIN32_WINNT must be at least 0x0602"
#endif
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif

#pragma push_macro("far")
#pragma push_macro("near")
#pragma push_macro("small")
#pragma push_macro("interface")
#pragma push_macro("ERROR")
#pragma push_macro("NOERROR")
#pragma push_macro("NO_ERROR")
#pragma push_macro("IGNORE")
#pragma push_macro("OPAQUE")
#pragma push_macro("TRANSPARENT")
#pragma push_macro("ABSOLUTE")
#pragma push_macro("RELATIVE")
#pragma push_macro("ALTERNATE")
#pragma push_macro("DIFFERENCE")

#include <winsock2.h>
// Those above must come first.
#include <mswsock.h>
#include <windows.h>
#include <ws2tcpip.h>

#undef FAR  // the headers of the system use these two, which need the two below
#undef NEAR
#define FAR
#define NEAR
#undef far
#undef near
#undef small
#undef interface
#undef ERROR
#undef NOERROR
#undef NO_ERROR
#undef IGNORE
#undef OPAQUE
#undef TRANSPARENT
#undef ABSOLUTE
#undef RELATIVE
#undef ALTERNATE
#undef DIFFERENCE
#pragma pop_macro("far")
#pragma pop_macro("near")
#pragma pop_macro("small")
#pragma pop_macro("interface")
#pragma pop_macro("ERROR")
#pragma pop_macro("NOERROR")
#pragma pop_macro("NO_ERROR")
#pragma pop_macro("IGNORE")
#pragma pop_macro("OPAQUE")
#pragma pop_macro("TRANSPARENT")
#pragma pop_macro("ABSOLUTE")
#pragma pop_macro("RELATIVE")
#pragma pop_macro("ALTERNATE")
#pragma pop_macro("DIFFERENCE")
