// SPDX-License-Identifier: MIT
#pragma once

// Signals of Windows: the C run-time's `signal` for std::raise and Ctrl-C, a console handler for Ctrl-Break and the end.
//
// SIGINT, SIGTERM, SIGBREAK and SIGABRT can be watched. Ctrl-Break is a SIGBREAK; where nobody watches that, a SIGTERM, and so are
// the closing of the console, the end of the session, and shutdown: then the system waits a few seconds for the program
// to end by itself. The run-time calls handlers on a thread of their own, and resets them first: signal,
// SetConsoleCtrlHandler, HandlerRoutine.

#include <signal.h>

#include <atomic>
#include <cerrno>

#include "contract.hpp"
#include "windows_headers.hpp"

namespace rill::backend::inline RILL_ABI {

class windows_signals {
  public:
    /// The table of the process.
    RILL_VISIBLE static windows_signals& shared() noexcept {
        static constinit windows_signals table;
        return table;
    }

    error add(signal_watch& each) noexcept;
    void remove(signal_watch& each) noexcept;

    /// How many watches a process can have at a time.
    static constexpr std::size_t watches_max = 256;

  private:
    using action = void(__cdecl*)(int);
    static constexpr std::size_t signals_count = 4;

    constexpr windows_signals() noexcept = default;
    static void __cdecl handle(int number) noexcept;
    static BOOL WINAPI handle_console(DWORD event) noexcept;
    unsigned tell(int number) noexcept;
    enum class watch_kind : std::uint8_t { any, once };
    [[nodiscard]] bool watched(int number, watch_kind which) noexcept;
    void wait_for_handlers() const noexcept;
    static constexpr std::size_t index_of(int number) noexcept {
        constexpr int known[signals_count] = {SIGINT, SIGTERM, SIGBREAK, SIGABRT};
        std::size_t index = 0;
        while (index != signals_count && known[index] != number) ++index;
        return index;
    }
    void lock() noexcept { ::AcquireSRWLockExclusive(&lock_); }
    void unlock() noexcept { ::ReleaseSRWLockExclusive(&lock_); }

    SRWLOCK lock_ = SRWLOCK_INIT;  // for add and remove; the handlers take no lock
    std::atomic<signal_watch*> watches_[watches_max]{};
    std::atomic<unsigned> handlers_running_{0};
    unsigned users_[signals_count]{};  // watches a signal
    action before_[signals_count]{};   // what it did before the first of them
    unsigned all_users_ = 0;           // while there is one, the console handler is there
};

// ---- mechanism ----

/// Tells those who watch; how many they were. One who wanted a single signal and had it is not there any more.
inline unsigned windows_signals::tell(int number) noexcept {
    unsigned told = 0;
    handlers_running_.fetch_add(1);  // pairs with the wait in `remove`: what is found below lives until it is left
    for (auto& place : watches_) {
        signal_watch* const each = place.load();
        if (each == nullptr || each->number != number) continue;
        if (each->once && each->arrived.load(std::memory_order_relaxed) != 0) continue;
        each->arrived.fetch_add(1, std::memory_order_release);
        each->wakes->wake();
        ++told;
    }
    handlers_running_.fetch_sub(1);
    return told;
}

inline bool windows_signals::watched(int number, watch_kind which) noexcept {
    bool found = false;
    handlers_running_.fetch_add(1);
    for (const auto& place : watches_) {
        const signal_watch* const each = place.load();
        if (each != nullptr && each->number == number && (which == watch_kind::any || each->once)) found = true;
    }
    handlers_running_.fetch_sub(1);
    return found;
}

inline void windows_signals::handle(int number) noexcept {
    const int errno_before = errno;
    const DWORD error_before = ::GetLastError();
    windows_signals& table = shared();
    // The run-time has set the default action before it called this.
    if (!table.watched(number, watch_kind::once)) ::signal(number, &handle);
    table.tell(number);
    ::SetLastError(error_before);
    errno = errno_before;
}

inline BOOL windows_signals::handle_console(DWORD event) noexcept {
    windows_signals& table = shared();
    switch (event) {
        case CTRL_BREAK_EVENT:
            if (table.watched(SIGBREAK, watch_kind::any)) return FALSE;  // the run-time's handler makes a signal of it
            return table.tell(SIGTERM) != 0 ? TRUE : FALSE;
        case CTRL_CLOSE_EVENT:
        case CTRL_LOGOFF_EVENT:
        case CTRL_SHUTDOWN_EVENT:
            if (table.tell(SIGTERM) == 0) return FALSE;
            ::Sleep(INFINITE);  // the process ends when this returns: main shall end it, as long as the system waits
            return TRUE;
        default:
            return FALSE;  // Ctrl-C: likewise
    }
}

inline error windows_signals::add(signal_watch& each) noexcept {
    const std::size_t index = index_of(each.number);
    if (index == signals_count) return {EINVAL, error::domain::generic};
    lock();
    error failed{ENOSPC, error::domain::generic};
    for (auto& place : watches_) {
        if (place.load() != nullptr) continue;
        place.store(&each);
        const action before = ::signal(each.number, &handle);
        if (before == SIG_ERR) {
            failed = {errno, error::domain::generic};
            place.store(nullptr);
            break;
        }
        if (users_[index]++ == 0) before_[index] = before;
        if (all_users_++ == 0) ::SetConsoleCtrlHandler(&handle_console, TRUE);
        failed = {};
        break;
    }
    unlock();
    if (failed) wait_for_handlers();
    return failed;
}

inline void windows_signals::remove(signal_watch& each) noexcept {
    const std::size_t index = index_of(each.number);
    lock();
    for (auto& place : watches_)
        if (place.load() == &each) place.store(nullptr);
    wait_for_handlers();
    if (--users_[index] == 0) ::signal(each.number, before_[index]);
    if (--all_users_ == 0) ::SetConsoleCtrlHandler(&handle_console, FALSE);
    unlock();
}

/// Race: a handler on another thread may have read a place before it was emptied. It counts itself before it reads, so
/// from zero on nobody has that watch.
inline void windows_signals::wait_for_handlers() const noexcept {
    while (handlers_running_.load() != 0) {
    }
}

}  // namespace rill::backend::inline RILL_ABI
