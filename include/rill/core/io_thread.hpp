// SPDX-License-Identifier: MIT
#pragma once

// `io_thread`: a thread with an io_context of its own, for as long as the object lives.
//
// It runs what others send there: `on(worker.context(), task)` and `worker.context().post(fn)`. Its end stops what runs
// there, waits for it, and joins the thread, so nothing outlives it. For a call that blocks take `blocking`; for the same
// program on every core, run_per_core.hpp.
//
//     rill::io_thread worker;
//     const int answer = co_await rill::on(worker.context(), compute());

#include <thread>

#include "io_context.hpp"

namespace rill::inline RILL_ABI {

/// `io_thread` is the one with a std::thread. It is a template so that only those who have one pay for it when they compile.
template <class Thread>
class basic_io_thread {
  public:
    /// Starts a thread, with a backend of the kind that runs on this thread, else the default one. Throws
    /// std::system_error where the system gives no thread or no backend.
    basic_io_thread()
        : basic_io_thread(running_context != nullptr ? running_context->which() : backend::default_kind()) {}
    explicit basic_io_thread(backend::kind which) : context_(which), thread_([this] { work(); }) {}
    /// Stops all that runs there, waits until it has unwound, and joins. An `on` that is outstanding and was not itself
    /// stopped fails with operation_canceled; what was posted and has not run is dropped. It blocks the calling thread:
    /// what it waits for must not need that thread's loop. Not on the thread itself.
    ~basic_io_thread() {
        context_.hand_in(end_);
        thread_.join();
    }
    basic_io_thread(const basic_io_thread&) = delete;
    basic_io_thread& operator=(const basic_io_thread&) = delete;

    /// Where to send work; any thread, as long as this lives.
    [[nodiscard]] io_context& context() noexcept { return context_; }

  private:
    /// Brings the end to the thread.
    class end_request final : public handed_in {
      public:
        explicit end_request(io_context& of) noexcept : of_(of) {}

      private:
        void taken_in() noexcept override;

        io_context& of_;
    };

    void work();

    io_context context_;
    end_request end_{context_};
    Thread thread_;  // last: it uses the others
};

/// A thread of the standard with a context of its own.
using io_thread = basic_io_thread<std::thread>;

// ---- mechanism ----

template <class Thread>
void basic_io_thread<Thread>::end_request::taken_in() noexcept {
    of_.stop_all();
}

template <class Thread>
void basic_io_thread<Thread>::work() {
    const running_context_guard running(context_);
    for (;;) {
        const std::int64_t limit_ns = context_.turn_once();
        if (context_.all_stopped()) break;
        context_.wait_once(limit_ns);
    }
}

}  // namespace rill::inline RILL_ABI
