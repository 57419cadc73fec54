// SPDX-License-Identifier: MIT
#pragma once

// Durations, time points and clocks of <chrono>, without what rill does not use of it.
//
// In C++20 libstdc++'s <chrono> includes <sstream> for the sake of calendars, which is a tenth of what a small server
// costs to compile. Durations and clocks stand in a header of their own there, which its <mutex> and <thread> include as
// well. Who wants the rest includes <chrono>, before or after.

#include <version>

#if defined(__GLIBCXX__) && __has_include(<bits/chrono.h>)
#include <bits/chrono.h>
#else
#include <chrono>
#endif
