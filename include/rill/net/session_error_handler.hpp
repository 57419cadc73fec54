// SPDX-License-Identifier: MIT
#pragma once

// `session_error_handler`: what `serve` calls with the error of a session and its peer. Any copyable function, kept by
// value; without one, a line goes to stderr. It must not throw.

#include <concepts>
#include <cstdio>
#include <exception>
#include <string_view>
#include <utility>

#include "../config.hpp"
#include "endpoint.hpp"

namespace rill::inline RILL_ABI {

class session_error_handler {
  public:
    /// Writes a line to stderr.
    session_error_handler() noexcept = default;
    template <std::invocable<std::exception_ptr, endpoint> Function>
    explicit session_error_handler(Function function) : kept_(new kept_function_of<Function>(std::move(function))) {}
    session_error_handler(const session_error_handler& other)
        : kept_(other.kept_ == nullptr ? nullptr : other.kept_->copy()) {}
    session_error_handler(session_error_handler&& other) noexcept : kept_(std::exchange(other.kept_, nullptr)) {}
    session_error_handler& operator=(session_error_handler other) noexcept {
        std::swap(kept_, other.kept_);
        return *this;
    }
    ~session_error_handler() { delete kept_; }

    void operator()(const std::exception_ptr& error, const endpoint& peer) const noexcept {
        if (kept_ != nullptr) {
            kept_->call(error, peer);
        } else {
            write_line(error, peer);
        }
    }

  private:
    class kept_function {
      public:
        kept_function() noexcept = default;
        kept_function(const kept_function&) = delete;
        kept_function& operator=(const kept_function&) = delete;
        virtual ~kept_function() = default;
        virtual void call(const std::exception_ptr& error, const endpoint& peer) = 0;
        [[nodiscard]] virtual kept_function* copy() const = 0;
    };
    template <class Function>
    class kept_function_of final : public kept_function {
      public:
        explicit kept_function_of(Function function) : function_(std::move(function)) {}
        void call(const std::exception_ptr& error, const endpoint& peer) override { function_(error, peer); }
        [[nodiscard]] kept_function* copy() const override { return new kept_function_of(function_); }

      private:
        Function function_;
    };

    static void write_line(const std::exception_ptr& error, const endpoint& peer) noexcept {
        endpoint::text_buffer buffer;
        const std::string_view who = peer == endpoint() ? "a local client" : peer.format_to(buffer);
        const auto write = [who](const char* why) {
            std::fprintf(stderr, "rill: session of %.*s: %s\n", static_cast<int>(who.size()), who.data(), why);
        };
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& known) {
            write(known.what());
        } catch (...) {
            write("an error that is no std::exception");
        }
    }

    kept_function* kept_ = nullptr;  // owned; null: none was given
};

}  // namespace rill::inline RILL_ABI
