// SPDX-License-Identifier: MIT
#pragma once

// A second thread for tests of what may be called from any thread: does one thing after the other, as told.

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace support {

class helper_thread {
  public:
    helper_thread() : thread_([this] { work(); }) {}
    ~helper_thread() {
        {
            const std::lock_guard lock(mutex_);
            ending_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    helper_thread(const helper_thread&) = delete;
    helper_thread& operator=(const helper_thread&) = delete;

    /// Has it call a function, after what it does now. The function makes no assertions.
    void call(std::function<void()> function) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return todo_ == nullptr; });
        todo_ = std::move(function);
        changed_.notify_all();
    }
    /// Until it has done everything.
    void wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return todo_ == nullptr && !busy_; });
    }

  private:
    void work() {
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [this] { return ending_ || todo_ != nullptr; });
            if (todo_ == nullptr) return;
            const std::function<void()> now = std::exchange(todo_, nullptr);
            busy_ = true;
            changed_.notify_all();
            lock.unlock();
            now();
            lock.lock();
            busy_ = false;
            changed_.notify_all();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::function<void()> todo_;
    bool busy_ = false;
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace support
