// SPDX-License-Identifier: MIT
#pragma once

// `thread_pool`: a few threads that do what would block a loop. For users: blocking.hpp.
//
// A job lives where it is awaited, and waits in a list through the jobs themselves: the pool has no queue that could be
// full or grow, and allocates nothing but its threads, which it starts when they are needed. It knows nothing of loops
// and stops; how a job tells that it is done is the job's affair.

#include <atomic>
#include <cstddef>
#include <mutex>
#include <system_error>
#include <thread>

#include "../config.hpp"

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

/// Any thread may call its members. It is never destroyed, so that threads which outlive `main` still find it.
class thread_pool {
  public:
    /// What becomes of the threads at the end of the process: it waits for what they do, or leaves them to it.
    enum class at_exit : bool { leave, join };

    thread_pool(std::size_t threads_max, at_exit how) noexcept : threads_max_(threads_max), at_exit_(how) {}
    thread_pool(const thread_pool&) = delete;
    thread_pool& operator=(const thread_pool&) = delete;

    /// Has a job called, in its turn. An error: it is not, for the process ends (operation_canceled), or there is no
    /// thread and none can be started.
    std::error_code submit(pool_job& job) noexcept;
    /// Takes a job back. False: it is being called, or was.
    bool withdraw(pool_job& job) noexcept;
    /// From now on so many jobs are called at a time, at most. What is being called goes on.
    void limit(std::size_t threads_max) noexcept;
    /// Drops what waits, waits for what is being called, if it is to be joined, and takes no job any more.
    void close() noexcept;

  private:
    struct worker {
        std::thread thread;
        worker* next;
    };

    void work() noexcept;
    std::error_code start_threads() noexcept;
    void start_thread();
    void unlink(pool_job& job) noexcept;

    std::mutex lock_;
    std::atomic<int> news_{0};  // counts what idle threads wait for; written under the lock
    // Under the lock:
    pool_job* first_ = nullptr;  // the jobs that wait, oldest first
    pool_job* last_ = nullptr;
    std::size_t waiting_ = 0;  // how many they are
    std::size_t idle_ = 0;     // threads that wait for news
    std::size_t busy_ = 0;     // threads that call a job
    std::size_t threads_ = 0;  // all of them
    std::size_t threads_max_;
    worker* workers_ = nullptr;  // those that are to be joined
    bool closed_ = false;
    const at_exit at_exit_;
};

/// The pool of `blocking`, one a process. Its threads are joined when static objects are destroyed.
[[nodiscard]] RILL_VISIBLE inline thread_pool& blocking_pool();

/// The pool for calls that may hang, one a process: nobody waits for its threads.
[[nodiscard]] RILL_VISIBLE inline thread_pool& abandonable_pool();

// ---- mechanism ----

inline void thread_pool::unlink(pool_job& job) noexcept {
    job.waits_for_thread = false;
    (job.previous_job == nullptr ? first_ : job.previous_job->next_job) = job.next_job;
    (job.next_job == nullptr ? last_ : job.next_job->previous_job) = job.previous_job;
    --waiting_;
}

inline std::error_code thread_pool::submit(pool_job& job) noexcept {
    const std::lock_guard locked(lock_);
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
inline std::error_code thread_pool::start_threads() noexcept {
    news_.fetch_add(1, std::memory_order_relaxed);
    if (idle_ != 0) news_.notify_one();
    try {
        while (waiting_ > idle_ && threads_ < threads_max_) start_thread();
    } catch (const std::system_error& error) {
        return error.code();
    } catch (...) {
        return std::make_error_code(std::errc::not_enough_memory);
    }
    return {};
}

inline void thread_pool::start_thread() {
    if (at_exit_ == at_exit::leave) {
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
    ++idle_;  // until it has looked for a job, which needs the lock
}

inline bool thread_pool::withdraw(pool_job& job) noexcept {
    const std::lock_guard locked(lock_);
    if (!job.waits_for_thread) return false;
    unlink(job);
    return true;
}

inline void thread_pool::limit(std::size_t threads_max) noexcept {
    const std::lock_guard locked(lock_);
    threads_max_ = threads_max;
    if (waiting_ != 0) start_threads();  // as many as the system lets it have
}

inline void thread_pool::work() noexcept {
    std::unique_lock locked(lock_);
    for (;;) {
        if (first_ != nullptr && busy_ < threads_max_) {
            pool_job& job = *first_;
            unlink(job);
            --idle_;
            ++busy_;
            if (waiting_ != 0 && idle_ != 0 && busy_ < threads_max_) news_.notify_one();  // after a new limit
            locked.unlock();
            job.call(pool_job::how::run);  // the job may be gone from here on
            locked.lock();
            --busy_;
            ++idle_;
        } else if (closed_) {
            return;
        } else {
            // Race: what comes between the unlock and the wait has counted the news up, and the wait sees that.
            const int seen = news_.load(std::memory_order_relaxed);
            locked.unlock();
            news_.wait(seen, std::memory_order_relaxed);
            locked.lock();
        }
    }
}

inline void thread_pool::close() noexcept {
    pool_job* dropped = nullptr;
    worker* ending = nullptr;
    {
        const std::lock_guard locked(lock_);
        closed_ = true;
        dropped = first_;
        for (pool_job* each = first_; each != nullptr; each = each->next_job) each->waits_for_thread = false;
        first_ = last_ = nullptr;
        waiting_ = 0;
        ending = workers_;
        workers_ = nullptr;
        news_.fetch_add(1, std::memory_order_relaxed);
        news_.notify_all();
    }
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

inline thread_pool& blocking_pool() {
    static thread_pool& pool = *new thread_pool(4, thread_pool::at_exit::join);
    struct closing {
        ~closing() { pool.close(); }
    };
    static const closing at_exit;
    return pool;
}

inline thread_pool& abandonable_pool() {
    static thread_pool& pool = *new thread_pool(4, thread_pool::at_exit::leave);
    return pool;
}

}  // namespace rill::inline RILL_ABI
