// SPDX-License-Identifier: MIT
#pragma once

// What can be sent from and received into: anything contiguous of trivially copyable elements, as pieces of memory.
//
// std::span, std::array, std::string, std::string_view, std::vector, arrays. A string literal (a `const char[N]` whose
// last element is zero) goes without that zero; everything else goes whole. A buffer is not owned: it lives at least as
// long as the operation that it is given to, which a temporary inside the same `co_await` expression does.

#include <concepts>
#include <cstddef>
#include <iterator>
#include <type_traits>
#include <utility>

#include "../backend/contract.hpp"

namespace rill::inline RILL_ABI {

/// Contiguous, of trivially copyable elements: can be sent.
template <class Buffer>
concept readable_buffer = requires(Buffer& each) {
    { std::size(each) } -> std::convertible_to<std::size_t>;
    requires std::is_pointer_v<decltype(std::data(each))>;
    requires std::is_trivially_copyable_v<std::remove_pointer_t<decltype(std::data(each))>>;
};

/// One that is not const either: can be received into.
template <class Buffer>
concept writable_buffer =
    readable_buffer<Buffer> && !std::is_const_v<std::remove_pointer_t<decltype(std::data(std::declval<Buffer&>()))>>;

/// A buffer to send, as the backend takes it; the backend does not write to it.
template <readable_buffer Buffer>
[[nodiscard]] backend::slice slice_to_send(Buffer& from) noexcept {
    const auto* const data = std::data(from);
    std::size_t size = std::size(from) * sizeof(*data);
    if constexpr (std::is_array_v<Buffer> && std::is_same_v<std::remove_extent_t<Buffer>, const char>) {
        if (from[size - 1] == '\0') --size;
    }
    return {const_cast<std::byte*>(reinterpret_cast<const std::byte*>(data)), size};
}

/// A buffer to receive into.
template <writable_buffer Buffer>
[[nodiscard]] backend::slice slice_to_fill(Buffer& to) noexcept {
    return {reinterpret_cast<std::byte*>(std::data(to)), std::size(to) * sizeof(*std::data(to))};
}

}  // namespace rill::inline RILL_ABI
