// SPDX-License-Identifier: MIT
#pragma once

// `abandonable_call`: a call on another thread that a stop lets go of at once, though nobody can end it.
//
// For calls of the system that may hang, such as a lookup of a name. The call owns its memory: when its caller has gone,
// it goes on alone, its late value is dropped, and the end of the process does not wait for it. For everything else see
// blocking.hpp, which never leaves a call alone.

#include <utility>

#include "awaitable.hpp"
#include "blocking.hpp"
#include "io_context.hpp"
#include "thread_pool.hpp"

namespace rill::inline RILL_ABI {

/// What is under way: the function, its value, and who is told; in memory of its own.
template <class Function>
class call_left_alone;

/// Calls `function()` on a thread of the abandonable pool.
///
/// Result   what the function returns.
/// Buffer   the function must own all that it touches: it may outlive everything here, also `main`.
/// Stopped  at once. A value that has come by then is delivered.
/// Errors   what the function throws; what the system says if it gives no thread or no memory.
/// Cost     one block of memory, and two switches between threads.
template <class Function>
class [[nodiscard]] abandonable_call final : public suspension {
    using value_type = std::invoke_result_t<Function>;

  public:
    explicit abandonable_call(Function function) : function_(std::move(function)) {}
    abandonable_call(abandonable_call&& other) noexcept(std::is_nothrow_move_constructible_v<Function>)
        : suspension(), function_(std::move(other.function_)) {}
    ~abandonable_call() { delete under_way_; }

    bool start(branch& on) noexcept;
    [[nodiscard]] bool failed() const noexcept { return under_way_ == nullptr || under_way_->outcome.failed(); }
    value_type result() {
        if (under_way_ == nullptr) throw described_error(failed_, error_text("a call on another thread"));
        return under_way_->outcome.take();
    }

  private:
    bool cancel() noexcept override {
        if (!under_way_->leave_alone()) return false;
        under_way_ = nullptr;
        return true;
    }

    Function function_;
    call_left_alone<Function>* under_way_ = nullptr;  // owned, but while it is left alone
    std::error_code failed_;                          // why there is none
};

// ---- mechanism ----

template <class Function>
class call_left_alone final : public pool_job, public handed_in {
  public:
    call_left_alone(Function&& function, branch& waiting) : function_(std::move(function)), waiting_(&waiting) {}

    /// True: it is not the caller's any more. False: it is about to tell its outcome.
    bool leave_alone() noexcept {
        if (abandonable_pool::shared().withdraw(*this)) {
            delete this;
            return true;
        }
        return now_.exchange(phase::alone) == phase::calling;
    }

    call_outcome<std::invoke_result_t<Function>> outcome;

  private:
    enum class phase : std::uint8_t { calling, alone, told };

    void call(how) noexcept override {  // that pool drops nothing
        outcome.keep([this]() -> std::invoke_result_t<Function> { return std::move(function_)(); });
        // Race: the caller may let go just now. Who comes second to `now_` ends this; a caller who comes second waits
        // until it has been handed in, and its context with it.
        if (now_.exchange(phase::told) == phase::alone) {
            delete this;
        } else {
            waiting_->context->hand_in(*this);
        }
    }
    void taken_in() noexcept override { waiting_->unpark(); }

    Function function_;
    branch* waiting_;
    std::atomic<phase> now_{phase::calling};
};

template <class Function>
bool abandonable_call<Function>::start(branch& on) noexcept {
    if (!on.open()) return on.refuse();
    try {
        under_way_ = new call_left_alone<Function>(std::move(function_), on);
        on.parked = this;
        failed_ = abandonable_pool::shared().submit(*under_way_);
    } catch (const std::bad_alloc&) {
        failed_ = std::make_error_code(std::errc::not_enough_memory);
    }
    if (!failed_) return false;
    on.parked = nullptr;
    delete std::exchange(under_way_, nullptr);
    return true;
}

}  // namespace rill::inline RILL_ABI
