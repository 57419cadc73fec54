// SPDX-License-Identifier: MIT
#pragma once
// Catch2 as it is on this machine: version 3 has many headers, version 2 has one. Tests include this header and keep to what both versions
// have: no SKIP (WARN says what is left out, and why), no generators or matchers beyond the basic ones. Assertions belong to one thread.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

// Catch's macros number their names by __COUNTER__, which every compiler has, and which no standard had so far.
#if defined(__clang__)
#if __has_warning("-Wc2y-extensions")
#pragma clang diagnostic ignored "-Wc2y-extensions"
#endif
#endif
