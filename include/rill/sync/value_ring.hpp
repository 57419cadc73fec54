// SPDX-License-Identifier: MIT
#pragma once

// `value_ring<T>`: values in the order in which they came, in memory for so many of them that is taken once.
//
// What `channel` and `broadcast` keep their values in, each under a lock of its own. T moves without throwing.

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include "../config.hpp"

namespace rill::inline RILL_ABI {

template <class T>
class value_ring {
    static_assert(std::is_object_v<T> && std::is_nothrow_move_constructible_v<T> && std::is_nothrow_destructible_v<T>,
                  "rill: a value that is passed on moves without throwing; keep it in a std::unique_ptr");

  public:
    /// Throws std::bad_alloc if there is no memory for so many.
    explicit value_ring(std::size_t capacity) : capacity_(capacity), memory_(take_memory(capacity)) {}
    ~value_ring() {
        while (!empty()) drop_oldest();
        if constexpr (over_aligned) {
            ::operator delete(memory_, std::align_val_t(alignof(T)));
        } else {
            ::operator delete(memory_);
        }
    }
    value_ring(const value_ring&) = delete;
    value_ring& operator=(const value_ring&) = delete;

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] bool full() const noexcept { return size_ == capacity_; }

    /// The value that came `index` places after the oldest. There must be one.
    [[nodiscard]] T& operator[](std::size_t index) noexcept { return memory_[place_of(index)]; }
    /// Puts a value behind the others. There must be room.
    void push(T&& value) noexcept {
        ::new (static_cast<void*>(memory_ + place_of(size_))) T(std::move(value));
        ++size_;
    }
    /// Ends the oldest value. There must be one.
    void drop_oldest() noexcept {
        memory_[oldest_].~T();
        oldest_ = place_of(1);
        --size_;
    }

  private:
    static T* take_memory(std::size_t capacity) {
        if (capacity == 0) return nullptr;
        if (capacity > static_cast<std::size_t>(-1) / 2 / sizeof(T)) throw std::bad_array_new_length();
        if constexpr (over_aligned) {
            return static_cast<T*>(::operator new(capacity * sizeof(T), std::align_val_t(alignof(T))));
        } else {
            return static_cast<T*>(::operator new(capacity * sizeof(T)));
        }
    }
    /// Without a division, which costs more than all the rest.
    [[nodiscard]] std::size_t place_of(std::size_t index) const noexcept {
        const std::size_t place = oldest_ + index;
        return place < capacity_ ? place : place - capacity_;
    }

    static constexpr bool over_aligned = alignof(T) > __STDCPP_DEFAULT_NEW_ALIGNMENT__;

    const std::size_t capacity_;
    T* const memory_;  // owned; null: room for none
    std::size_t oldest_ = 0;
    std::size_t size_ = 0;
};

}  // namespace rill::inline RILL_ABI
