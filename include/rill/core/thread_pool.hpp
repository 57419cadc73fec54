// SPDX-License-Identifier: MIT
#pragma once

// `thread_pool`: a few threads that do what would block a loop. For users: blocking.hpp.
//
// A job lives where it is awaited, and waits in a list through the jobs themselves: the pool has no queue that could be
// full or grow, and allocates nothing but its threads, which it starts when they are needed. It knows nothing of loops
// and stops; how a job tells that it is done is the job's affair. It is a template so that only those who call it pay
// for it when they compile.

#include <atomic>
#include <cstddef>
#include <system_error>
#include <thread>

#include "../backend/atomic_wait.hpp"
#include "short_lock.hpp"

namespace rill::inline RILL_ABI {

/// Something to be done on another thread. It may be gone as soon as it has told that it is done.
class pool_job {
  public:
    enum class how : bool { drop, run };

    /// Called once for a job that was submitted and not withdrawn: on a thread of the pool; with `drop` at its end.
    virtual void call(how) noexcept = 0;

    // Written by the pool, under its lock.
    pool_job* next_job = nullptr;
    pool_job* previous_job = nullptr;
    bool waits_for_thread = false;

  protected:
    pool_job() noexcept = default;
    pool_job(const pool_job&) = delete;
    pool_job& operator=(const pool_job&) = delete;
    ~pool_job() = default;
};

/// What becomes of threads at the end of the process: it waits for what they do, or leaves them to it.
enum class at_exit : bool { leave, join };

/// One a process and kind. Any thread may call its members. It is never destroyed, so that threads which outlive `main`
/// still find it.
template <at_exit End>
class thread_pool {
  public:
    [[nodiscard]] RILL_VISIBLE static thread_pool& shared();

    thread_pool(const thread_pool&) = delete;
    thread_pool& operator=(const thread_pool&) = delete;

    /// Has a job called, in its turn. An error: it is not, for the process ends (operation_canceled), or there is no
    /// thread and none can be started.
    std::error_code submit(pool_job& job) noexcept;
    /// Takes a job back. False: it is being called, or was.
    bool withdraw(pool_job& job) noexcept;
    /// From now on so many jobs are called at a time, at most: 4 unless this is called. What is being called goes on.
    void limit(std::size_t threads_max) noexcept;

  private:
    struct worker {
        std::thread thread;
        worker* next;
    };
    /// Closes the pool when static objects are destroyed.
    struct closing {
        thread_pool& pool;
        ~closing() {
            if constexpr (End == at_exit::join) pool.close();
        }
    };

    thread_pool() noexcept = default;

    /// Drops what waits, waits for what is being called, and takes no job any more.
    void close() noexcept;
    void work() noexcept;
    bool call_one() noexcept;
    void wait_for_news() noexcept;
    std::error_code start_threads() noexcept;
    void start_thread();
    void unlink(pool_job& job) noexcept;

    short_lock lock_;
    std::atomic<int> news_{0};  // counts what idle threads wait for; written under the lock
    // Under the lock:
    pool_job* first_ = nullptr;  // the jobs that wait, oldest first
    pool_job* last_ = nullptr;
    std::size_t waiting_ = 0;  // how many they are
    std::size_t idle_ = 0;     // threads that look for a job, or wait for news
    std::size_t busy_ = 0;     // threads that call a job
    std::size_t threads_ = 0;  // all of them
    std::size_t threads_max_ = 4;
    worker* workers_ = nullptr;  // those that are to be joined
    bool closed_ = false;
};

/// The threads of `blocking`.
using blocking_pool = thread_pool<at_exit::join>;
/// The threads of calls that may hang.
using abandonable_pool = thread_pool<at_exit::leave>;

// ---- mechanism ----

template <at_exit End>
thread_pool<End>& thread_pool<End>::shared() {
    static thread_pool& pool = *new thread_pool;
    static const closing closes{pool};
    return pool;
}

template <at_exit End>
void thread_pool<End>::unlink(pool_job& job) noexcept {
    job.waits_for_thread = false;
    (job.previous_job == nullptr ? first_ : job.previous_job->next_job) = job.next_job;
    (job.next_job == nullptr ? last_ : job.next_job->previous_job) = job.previous_job;
    --waiting_;
}

template <at_exit End>
std::error_code thread_pool<End>::submit(pool_job& job) noexcept {
    const short_lock_guard locked(lock_);
    if (closed_) return std::make_error_code(std::errc::operation_canceled);
    job.next_job = nullptr;
    job.previous_job = last_;
    (last_ == nullptr ? first_ : last_->next_job) = &job;
    last_ = &job;
    job.waits_for_thread = true;
    ++waiting_;
    const std::error_code failed = start_threads();
    if (!failed || threads_ != 0) return {};
    unlink(job);
    return failed;
}

/// Wakes or starts threads for what waits, as many as may be.
template <at_exit End>
std::error_code thread_pool<End>::start_threads() noexcept {
    news_.fetch_add(1, std::memory_order_relaxed);
    if (idle_ != 0) backend::wake_one(news_);
    try {
        while (waiting_ > idle_ && threads_ < threads_max_) start_thread();
    } catch (const std::system_error& error) {
        return error.code();
    } catch (...) {
        return std::make_error_code(std::errc::not_enough_memory);
    }
    return {};
}

template <at_exit End>
void thread_pool<End>::start_thread() {
    if constexpr (End == at_exit::leave) {
        std::thread([this] { work(); }).detach();
    } else {
        auto* const made = new worker{{}, workers_};
        try {
            made->thread = std::thread([this] { work(); });
        } catch (...) {
            delete made;
            throw;
        }
        workers_ = made;
    }
    ++threads_;
    ++idle_;  // it looks for a job as soon as the lock lets it
}

template <at_exit End>
bool thread_pool<End>::withdraw(pool_job& job) noexcept {
    const short_lock_guard locked(lock_);
    if (!job.waits_for_thread) return false;
    unlink(job);
    return true;
}

template <at_exit End>
void thread_pool<End>::limit(std::size_t threads_max) noexcept {
    const short_lock_guard locked(lock_);
    threads_max_ = threads_max;
    if (waiting_ == 0) return;
    [[maybe_unused]] const std::error_code refused = start_threads();  // those that the system lets it have do the work
}

/// What a thread does, under the lock but for the calls and the waits.
template <at_exit End>
void thread_pool<End>::work() noexcept {
    lock_.lock();
    while (call_one() || !closed_)
        if (first_ == nullptr || busy_ >= threads_max_) wait_for_news();
    lock_.unlock();
}

template <at_exit End>
bool thread_pool<End>::call_one() noexcept {
    if (first_ == nullptr || busy_ >= threads_max_) return false;
    pool_job& job = *first_;
    unlink(job);
    --idle_;
    ++busy_;
    if (waiting_ != 0 && idle_ != 0 && busy_ < threads_max_) backend::wake_one(news_);  // after a new limit
    lock_.unlock();
    job.call(pool_job::how::run);  // the job may be gone from here on
    lock_.lock();
    --busy_;
    ++idle_;
    return true;
}

template <at_exit End>
void thread_pool<End>::wait_for_news() noexcept {
    if (closed_) return;
    // Race: what comes between the unlock and the wait has counted the news up, and the wait sees that.
    const int seen = news_.load(std::memory_order_relaxed);
    lock_.unlock();
    backend::wait_while(news_, seen);
    lock_.lock();
}

template <at_exit End>
void thread_pool<End>::close() noexcept {
    lock_.lock();
    closed_ = true;
    pool_job* dropped = first_;
    for (pool_job* each = first_; each != nullptr; each = each->next_job) each->waits_for_thread = false;
    first_ = last_ = nullptr;
    waiting_ = 0;
    worker* ending = workers_;
    workers_ = nullptr;
    news_.fetch_add(1, std::memory_order_relaxed);
    backend::wake_all(news_);
    lock_.unlock();
    while (dropped != nullptr) {
        pool_job& each = *dropped;
        dropped = each.next_job;
        each.call(pool_job::how::drop);
    }
    while (worker* const each = ending) {
        ending = each->next;
        if (each->thread.get_id() == std::this_thread::get_id()) {
            each->thread.detach();  // a job has called std::exit
        } else {
            each->thread.join();
        }
        delete each;
    }
}

}  // namespace rill::inline RILL_ABI
