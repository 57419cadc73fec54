// SPDX-License-Identifier: MIT
#pragma once

// `growing_table<T>`: the loop's own tables: they grow, keep what they have, and never throw.
//
// A std::vector would do, were it not for two things: `push` here says that there is no memory instead of throwing
// through code that must not, and it costs a user's build nothing. Only for what may be copied as bytes.

#include <cstddef>
#include <cstdlib>
#include <type_traits>
#include <utility>

#include "../config.hpp"

namespace rill::inline RILL_ABI {

template <class T>
class growing_table {
    static_assert(std::is_trivially_copyable_v<T>);

  public:
    growing_table() noexcept = default;
    growing_table(growing_table&& other) noexcept
        : items_(std::exchange(other.items_, nullptr)),
          size_(std::exchange(other.size_, 0)),
          room_(std::exchange(other.room_, 0)) {}
    growing_table& operator=(growing_table&& other) noexcept {
        std::swap(items_, other.items_);
        std::swap(size_, other.size_);
        std::swap(room_, other.room_);
        return *this;
    }
    ~growing_table() { std::free(items_); }  // NOLINT(cppcoreguidelines-no-malloc): as below

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] T* data() const noexcept { return items_; }
    [[nodiscard]] T& operator[](std::size_t index) const noexcept { return items_[index]; }

    /// Adds an item. False: there is no memory, and nothing has changed.
    [[nodiscard]] bool push(const T& item) noexcept {
        if (size_ == room_) {
            const std::size_t room = room_ == 0 ? 16 : 2 * room_;
            // NOLINTNEXTLINE(cppcoreguidelines-no-malloc): may grow in place, and answers no instead of throwing
            void* const bigger = std::realloc(static_cast<void*>(items_), room * sizeof(T));
            if (bigger == nullptr) return false;
            items_ = static_cast<T*>(bigger);
            room_ = room;
        }
        items_[size_++] = item;
        return true;
    }
    void pop() noexcept { --size_; }

  private:
    T* items_ = nullptr;
    std::size_t size_ = 0;
    std::size_t room_ = 0;
};

}  // namespace rill::inline RILL_ABI
