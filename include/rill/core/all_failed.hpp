// SPDX-License-Identifier: MIT
#pragma once

// `all_failed`: what is thrown when several things were tried and none succeeded, with the errors of all of them.
//
// It is no std::system_error, since there is not one code: `as_result` lets it pass. Copies share the errors.
//
//     catch (const rill::all_failed& failure) { for (const std::exception_ptr& each : failure.errors()) log(each); }

#include <atomic>
#include <cstddef>
#include <exception>
#include <span>
#include <utility>

#include "described_error.hpp"

namespace rill::inline RILL_ABI {

class RILL_VISIBLE all_failed : public std::exception {
  public:
    /// With room for so many errors. Throws std::bad_alloc.
    explicit all_failed(std::size_t count);
    all_failed(const all_failed& other) noexcept;
    all_failed& operator=(const all_failed&) = delete;
    inline ~all_failed() override;

    /// Adds one; there must be room for it.
    void add(std::exception_ptr error) noexcept;

    /// The errors, in the order in which what failed was given. They live as long as a copy of this does.
    template <class Error = std::exception_ptr>  // so that only who asks pays for what a span of them costs to compile
    [[nodiscard]] std::span<const Error> errors() const noexcept {
        return {shared_->all, shared_->size};
    }
    /// How many failed, and the reasons as far as there is room: `all 2 failed: connect ...: Connection refused; ...`.
    [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

  private:
    struct shared_errors {
        std::atomic<unsigned> references{1};
        std::size_t size = 0;
        std::exception_ptr* all;
        explicit shared_errors(std::size_t count) : all(new std::exception_ptr[count]) {}
        ~shared_errors() { delete[] all; }
        shared_errors(const shared_errors&) = delete;
        shared_errors& operator=(const shared_errors&) = delete;
        shared_errors* next = nullptr;
    };
    static void destroy(shared_errors* each) noexcept;

    shared_errors* shared_;
    error_text text_;
};

// ---- mechanism ----

inline all_failed::all_failed(std::size_t count) : shared_(new shared_errors(count)) {
    text_.append("all ").append_number(static_cast<long long>(count)).append(" failed");
}
inline all_failed::all_failed(const all_failed& other) noexcept
    : std::exception(other), shared_(other.shared_), text_(other.text_) {
    shared_->references.fetch_add(1, std::memory_order_relaxed);
}
inline all_failed::~all_failed() {
    if (shared_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy(shared_);
}

/// What failed may hold what failed below it, as deep as the tree was: those are destroyed one after the other.
inline void all_failed::destroy(shared_errors* each) noexcept {
    static thread_local constinit shared_errors* waiting = nullptr;
    static thread_local constinit bool destroying = false;
    each->next = waiting;
    waiting = each;
    if (destroying) return;
    destroying = true;
    while (waiting != nullptr) {
        shared_errors* const first = waiting;
        waiting = first->next;
        delete first;
    }
    destroying = false;
}

inline void all_failed::add(std::exception_ptr error) noexcept {
    text_.append(shared_->size == 0 ? ": " : "; ");
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& known) {
        text_.append(known.what());
    } catch (...) {
        text_.append("an error that is no std::exception");
    }
    shared_->all[shared_->size++] = std::move(error);
}

}  // namespace rill::inline RILL_ABI
