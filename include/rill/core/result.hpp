// SPDX-License-Identifier: MIT
#pragma once

// `result<T>`: a value or an error, for those who prefer `co_await as_result(op)` to an exception.
//
// It holds either a value, and then `error()` is zero, or an error and no value. `auto [error, value] = ...` binds where
// T can be default-constructed: the value is then T() beside an error. A stop is neither: a stopped coroutine does not
// see its result. Only std::system_error becomes an error; other exceptions pass.

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "error.hpp"

namespace rill::inline RILL_ABI {

/// Why there is no value: the code, and enough to throw what a plain co_await would have thrown.
class error_report {
  public:
    error_report() noexcept = default;
    error_report(std::error_code code, const error_origin& origin) noexcept : code_(code), origin_(origin) {}
    error_report(std::error_code code, std::exception_ptr thrown) noexcept : code_(code), thrown_(std::move(thrown)) {}

    [[nodiscard]] const std::error_code& code() const noexcept { return code_; }
    [[noreturn]] void raise() const {
        if (thrown_) std::rethrow_exception(thrown_);
        throw_error(code_, origin_);
    }

  private:
    std::error_code code_;
    error_origin origin_;
    std::exception_ptr thrown_;  // what was thrown; null: made from code and origin when it is asked for
};

/// A value or an error.
template <class T>
class [[nodiscard]] result {
  public:
    using value_type = T;

    /// With a value, or with the reason why there is none.
    result(T value) : value_(std::forward<T>(value)) {}
    result(error_report why) noexcept : error_(std::move(why)) {}

    /// Whether there is a value.
    [[nodiscard]] bool has_value() const noexcept { return value_.has_value(); }
    explicit operator bool() const noexcept { return has_value(); }
    /// Zero when there is a value.
    [[nodiscard]] const std::error_code& error() const noexcept { return error_.code(); }

    /// The value; throws what a plain co_await would have thrown when there is none.
    [[nodiscard]] const T& value() const& { return check(), *value_; }
    [[nodiscard]] T& value() & { return check(), *value_; }
    [[nodiscard]] T value() && { return check(), *std::move(value_); }
    /// As value(), without the check: there must be one.
    [[nodiscard]] T& operator*() & noexcept { return *value_; }
    [[nodiscard]] const T& operator*() const& noexcept { return *value_; }
    [[nodiscard]] T* operator->() noexcept { return &*value_; }
    [[nodiscard]] const T* operator->() const noexcept { return &*value_; }

    /// For structured bindings: 0 the error, 1 the value, T() if there is none.
    template <std::size_t Index>
    [[nodiscard]] auto get() && {
        if constexpr (Index == 0) {
            return error();
        } else {
            static_assert(std::is_default_constructible_v<T>,
                          "[error, value] needs a T that can be default-constructed: use .error() and .value()");
            return value_ ? *std::move(value_) : T();
        }
    }
    template <std::size_t Index>
    [[nodiscard]] auto get() const& {
        return result(*this).template get<Index>();
    }

  private:
    void check() const {
        if (!value_) error_.raise();
    }

    std::optional<T> value_;
    error_report error_;
};

/// Of something that has no value: only whether it failed.
template <>
class [[nodiscard]] result<void> {
  public:
    using value_type = void;

    result() noexcept = default;
    result(error_report why) noexcept : error_(std::move(why)) {}

    [[nodiscard]] bool has_value() const noexcept { return !error_.code(); }
    explicit operator bool() const noexcept { return has_value(); }
    [[nodiscard]] const std::error_code& error() const noexcept { return error_.code(); }
    void value() const {
        if (error_.code()) error_.raise();
    }

  private:
    error_report error_;
};

/// A reference, kept as a pointer.
template <class T>
class [[nodiscard]] result<T&> {
  public:
    using value_type = T&;

    result(T& value) noexcept : value_(&value) {}
    result(error_report why) noexcept : error_(std::move(why)) {}

    [[nodiscard]] bool has_value() const noexcept { return value_ != nullptr; }
    explicit operator bool() const noexcept { return has_value(); }
    [[nodiscard]] const std::error_code& error() const noexcept { return error_.code(); }
    [[nodiscard]] T& value() const {
        if (value_ == nullptr) error_.raise();
        return *value_;
    }

  private:
    T* value_ = nullptr;
    error_report error_;
};

}  // namespace rill::inline RILL_ABI

template <class T>
    requires(!std::is_void_v<T> && !std::is_reference_v<T>)
struct std::tuple_size<rill::result<T>> : std::integral_constant<std::size_t, 2> {};
template <class T>
struct std::tuple_element<0, rill::result<T>> {
    using type = std::error_code;
};
template <class T>
struct std::tuple_element<1, rill::result<T>> {
    using type = T;
};
