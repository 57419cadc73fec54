// SPDX-License-Identifier: MIT
#pragma once

// Signals of POSIX: sigaction(2) and the wake-up of a loop, so that std::raise works and signal masks are left alone.
//
// One table a process, of fixed size, because the handler may allocate nothing and lock nothing: signal-safety(7).

#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>

#include "contract.hpp"

namespace rill::backend::inline RILL_ABI {

class posix_signals {
  public:
    /// The table of the process.
    RILL_VISIBLE static posix_signals& shared() noexcept {
        static constinit posix_signals table;
        return table;
    }

    error add(signal_watch& each) noexcept;
    void remove(signal_watch& each) noexcept;

    /// How many watches a process can have at a time.
    static constexpr std::size_t watches_max = 256;

  private:
    static constexpr std::size_t signals_max = 65;

    constexpr posix_signals() noexcept = default;
    static void handle(int number) noexcept;
    void wait_for_handlers() const noexcept;
    void lock() noexcept { ::pthread_mutex_lock(&lock_); }
    void unlock() noexcept { ::pthread_mutex_unlock(&lock_); }

    pthread_mutex_t lock_ = PTHREAD_MUTEX_INITIALIZER;  // for add and remove; the handler takes no lock
    std::atomic<signal_watch*> watches_[watches_max]{};
    std::atomic<unsigned> handlers_running_{0};
    unsigned users_[signals_max]{};           // watches a signal
    struct sigaction before_[signals_max]{};  // what it did before the first of them
};

// ---- mechanism ----

inline void posix_signals::handle(int number) noexcept {
    const int errno_before = errno;
    posix_signals& table = shared();
    table.handlers_running_.fetch_add(
        1);  // pairs with the wait in `remove`: what is found below lives until it is left
    for (auto& place : table.watches_) {
        signal_watch* const each = place.load();
        if (each == nullptr || each->number != number) continue;
        if (each->once) ::signal(number, SIG_DFL);
        each->arrived.fetch_add(1, std::memory_order_release);
        each->wakes->wake();
    }
    table.handlers_running_.fetch_sub(1);
    errno = errno_before;
}

inline error posix_signals::add(signal_watch& each) noexcept {
    const auto index = static_cast<std::size_t>(each.number);
    if (each.number <= 0 || index >= signals_max) return {EINVAL, error::domain::system};
    lock();
    error failed{ENOSPC, error::domain::system};
    for (auto& place : watches_) {
        if (place.load() != nullptr) continue;
        place.store(&each);
        struct sigaction ours{};
        struct sigaction before{};
        ours.sa_handler = &handle;
        ours.sa_flags = SA_RESTART;
        // Always: a watch that wanted only one has let the signal have its default action.
        if (::sigaction(each.number, &ours, &before) == 0) {
            if (users_[index]++ == 0) before_[index] = before;
            failed = {};
        } else {
            failed = {errno, error::domain::system};
            place.store(nullptr);
        }
        break;
    }
    unlock();
    if (failed) wait_for_handlers();
    return failed;
}

inline void posix_signals::remove(signal_watch& each) noexcept {
    const auto index = static_cast<std::size_t>(each.number);
    lock();
    for (auto& place : watches_)
        if (place.load() == &each) place.store(nullptr);
    wait_for_handlers();
    if (--users_[index] == 0) ::sigaction(each.number, &before_[index], nullptr);
    unlock();
}

/// Race: a handler on another thread may have read a place before it was emptied. It counts itself before it reads, so
/// from zero on nobody has that watch. A handler never waits, so neither does this for long.
inline void posix_signals::wait_for_handlers() const noexcept {
    while (handlers_running_.load() != 0) {
    }
}

}  // namespace rill::backend::inline RILL_ABI
