// SPDX-License-Identifier: MIT
#pragma once

// What the run-time library of this build can't do, so that a test which needs it says aloud that it leaves something out.

namespace support {

#if defined(__MINGW32__) && !defined(__clang__)
/// Whether thread_local objects have their memory until they are destroyed. mingw's g++ emulates them, and frees it when
/// the thread's function returns; the destructors are called after that.
inline constexpr bool thread_locals_live_until_destroyed = false;
/// Whether std::atomic's wait misses no notification. libstdc++ 12 does where there is no futex.
inline constexpr bool standard_waits_are_sound = false;
/// Whether static objects may be destroyed while other threads begin to use theirs. With msvcrt that hangs: probably it
/// holds the lock of its list of destructors while it calls them, for which whoever adds one then waits.
inline constexpr bool exit_lets_others_go_on = false;
#else
inline constexpr bool thread_locals_live_until_destroyed = true;
inline constexpr bool standard_waits_are_sound = true;
inline constexpr bool exit_lets_others_go_on = true;
#endif

}  // namespace support
