// SPDX-License-Identifier: MIT
#pragma once

// What tests of signals ask of the system: two signals that nothing else uses, the action of one, and one from outside.

#include <signal.h>
#ifndef _WIN32
#include <unistd.h>
#endif

namespace support {

using signal_action = void (*)(int);

#ifdef _WIN32
/// There are no others: SIGTERM is used by nobody but tests, either.
inline constexpr int spare_signal = SIGBREAK;
inline constexpr int other_spare_signal = SIGTERM;
inline constexpr int third_spare_signal = SIGINT;
/// A number that is a signal, and can't be watched.
inline constexpr int unwatchable_signal = SIGSEGV;

inline signal_action action_of(int number) {
    const signal_action now = ::signal(number, SIG_DFL);
    ::signal(number, now);
    return now;
}
/// As if from outside: its handler runs on the calling thread, which is not that of the loop.
inline void send_to_process(int number) { ::raise(number); }
inline bool is_masked(int) { return false; }  // there are no masks
#else
inline constexpr int spare_signal = SIGUSR1;
inline constexpr int other_spare_signal = SIGUSR2;
inline constexpr int third_spare_signal = SIGHUP;
inline constexpr int unwatchable_signal = SIGKILL;

inline signal_action action_of(int number) {
    struct sigaction now{};
    ::sigaction(number, nullptr, &now);
    return now.sa_handler;
}
inline void send_to_process(int number) { ::kill(::getpid(), number); }
/// Whether this thread keeps the signal from being delivered.
inline bool is_masked(int number) {
    sigset_t mask;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    return sigismember(&mask, number) == 1;  // macOS has a macro of this name
}
#endif

}  // namespace support
