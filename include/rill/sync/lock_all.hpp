// SPDX-License-Identifier: MIT
#pragma once

// `lock_all(a, b, …)`: holds several mutexes at once; the order in which they are named does not matter.
//
// They are locked one after the other, in the order of their addresses, each in its turn: two `lock_all` can't wait for
// each other, and nobody who comes later gets by. But who locks one of them alone, and then another, may wait for a
// `lock_all` that waits for him: take together what is held together. RILL_LOCK_ORDER=1 finds those (lock_order.hpp).
//
//     auto [from, to] = co_await rill::lock_all(one.mutex, other.mutex);

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

#include "mutex.hpp"

namespace rill::inline RILL_ABI {

/// A mutex, and the place where it is named.
struct mutex_named_here {
    mutex& which;
    RILL_NO_UNIQUE_ADDRESS lock_place where;

    mutex_named_here(mutex& named, lock_place here = lock_place::current()) noexcept : which(named), where(here) {}
};

/// Waits until all are the caller's.
///
/// Result   a tuple of guards, in the order of the arguments.
/// Stopped  those that it has by then are unlocked; if it has all, they are delivered.
/// Errors   resource_deadlock_would_occur   the same mutex twice
///          operation_canceled              one of them ended while this waited; the others are unlocked
/// Thread   any.
/// Cost     no allocation.
template <std::same_as<mutex>... Mutexes>
[[nodiscard]] auto lock_all(mutex_named_here first, Mutexes&... others) noexcept {
    return lock_all_operation<1 + sizeof...(Mutexes)>(first.where, first.which, others...);
}

// ---- mechanism ----

template <std::size_t Count>
class [[nodiscard]] lock_all_operation final : public mutex::waiter {
  public:
    template <class... Mutexes>
    explicit lock_all_operation(lock_place where, Mutexes&... all) noexcept
        : waiter("lock_all", where), all_{&all...} {}
    lock_all_operation(lock_all_operation&& other) noexcept : waiter(other) {
        for (std::size_t index = 0; index < Count; ++index) all_[index] = other.all_[index];
    }

    bool start(branch& on) noexcept {
        sort();
        if (!may_start(on)) return false;
        note_order(on);
        return retry() && keeps_turn();
    }
    auto result() {
        throw_if_failed();
        keep();
        return give_out(std::make_index_sequence<Count>());
    }

  private:
    /// Puts the places of the mutexes into the order of their addresses.
    void sort() noexcept {
        for (std::size_t index = 0; index < Count; ++index) {
            std::size_t at = index;
            for (; at > 0 && address(order_[at - 1]) > address(index); --at) order_[at] = order_[at - 1];
            order_[at] = index;
            if (at > 0 && all_[order_[at - 1]] == all_[index]) failure = std::errc::resource_deadlock_would_occur;
        }
    }
    [[nodiscard]] std::uintptr_t address(std::size_t place) const noexcept {
        return reinterpret_cast<std::uintptr_t>(all_[place]);
    }

    void note_order(const branch& on) noexcept {
        for (std::size_t index = 0; index < Count; ++index) {
            ordered_lock& each = all_[order_[index]]->order_;
            each.wanted_by(on, where_);
            for (std::size_t earlier = 0; earlier < index && !failed(); ++earlier)
                each.wanted_after(all_[order_[earlier]]->order_, where_);
        }
    }

    bool retry() noexcept override {
        if (failed()) return true;
        keep();
        for (; count_ < Count; keep()) {
            mutex* const wanted = all_[order_[count_]];
            if (!wanted->take(this)) return false;
            held = wanted;
        }
        return true;
    }
    [[nodiscard]] bool wants_more() const noexcept override { return count_ + 1 < Count; }
    /// Puts aside the one that was taken, or handed over.
    void keep() noexcept {
        if (held != nullptr) guards_[order_[count_++]] = take_guard();
    }
    template <std::size_t... Index>
    auto give_out(std::index_sequence<Index...>) noexcept {
        return std::tuple<std::remove_reference_t<decltype(guards_[Index])>...>(std::move(guards_[Index])...);
    }

    mutex* all_[Count];
    std::size_t order_[Count] = {};
    std::size_t count_ = 0;  // how many it has put aside
    mutex::guard guards_[Count];
};

}  // namespace rill::inline RILL_ABI
