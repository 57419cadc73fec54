// SPDX-License-Identifier: MIT
#pragma once

// `call_outcome`: what came of something on another thread, until the one who asked for it takes it at home.
//
// A value of any kind, also a reference or what only moves, or an error. It is written on one thread and read on the other,
// and whoever hands it over (io_context::hand_in) orders the two.

#include <exception>
#include <optional>
#include <system_error>
#include <type_traits>

#include "described_error.hpp"

namespace rill::inline RILL_ABI {

/// The value of a call that ran elsewhere, or its error, until somebody takes it.
template <class Value>
class call_outcome {
  public:
    /// Calls the function, and keeps what it returns or throws.
    template <class Call>
    void keep(Call call) noexcept {
        try {
            if constexpr (std::is_void_v<Value>) {
                call();
            } else if constexpr (std::is_reference_v<Value>) {
                auto&& there = call();
                value_ = &there;
            } else {
                value_.emplace(call());
            }
        } catch (...) {
            error_ = std::current_exception();
        }
    }
    /// Keeps an error: `what` was under way. Without memory to describe it, it is std::bad_alloc.
    void fail(std::error_code why, const char* what) noexcept {
        try {
            throw described_error(why, error_text(what));
        } catch (...) {
            error_ = std::current_exception();
        }
    }

    [[nodiscard]] bool failed() const noexcept { return error_ != nullptr; }
    Value take() {
        if (error_) std::rethrow_exception(error_);
        if constexpr (!std::is_void_v<Value>) return static_cast<Value&&>(*value_);
    }

  private:
    using kept_value = std::conditional_t<std::is_reference_v<Value>, std::remove_reference_t<Value>*,
                                          std::optional<std::conditional_t<std::is_void_v<Value>, char, Value>>>;
    kept_value value_{};
    std::exception_ptr error_;
};

}  // namespace rill::inline RILL_ABI
