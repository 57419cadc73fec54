// SPDX-License-Identifier: MIT
#pragma once

// `owned_handle`: a handle of the system with one owner, which closes it: an open file, or what came over a Unix socket.
//
// Movable, not copyable. For sockets that the library works with see `adopt` of their types.

#include <cstdint>
#include <utility>

#include "../backend/file_calls.hpp"

namespace rill::inline RILL_ABI {

class owned_handle {
  public:
    /// Nothing.
    owned_handle() noexcept = default;
    /// Takes over a handle, and closes it from now on.
    explicit owned_handle(std::intptr_t open) noexcept : native_(open) {}
    owned_handle(owned_handle&& other) noexcept : native_(other.release()) {}
    owned_handle& operator=(owned_handle&& other) noexcept {
        std::swap(native_, other.native_);
        return *this;
    }
    ~owned_handle() {
        if (*this) backend::close_file(native_);
    }

    /// Whether it holds one, and which.
    explicit operator bool() const noexcept { return native_ != nothing; }
    [[nodiscard]] std::intptr_t get() const noexcept { return native_; }
    /// Gives it to the caller, who closes it.
    [[nodiscard]] std::intptr_t release() noexcept { return std::exchange(native_, nothing); }

  private:
    static constexpr std::intptr_t nothing = -1;

    std::intptr_t native_ = nothing;
};

}  // namespace rill::inline RILL_ABI
