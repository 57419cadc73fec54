// SPDX-License-Identifier: MIT
#pragma once

// `endpoint_list`: the endpoints behind a name, in the order in which they are to be tried.
//
// What `resolve` gives. It becomes a std::vector, or another container, wherever one is wanted; it is none itself, because
// <vector> costs every user's file more time to compile than all that is done with names.
//
//     for (const rill::endpoint& each : co_await rill::resolve("example.org", "https")) try_it(each);

#include <cstddef>
#include <new>
#include <type_traits>

#include "../core/growing_table.hpp"
#include "endpoint.hpp"

namespace rill::inline RILL_ABI {

/// Move-only; empty once it was moved from.
class endpoint_list {
  public:
    using value_type = endpoint;

    endpoint_list() noexcept = default;
    endpoint_list(endpoint_list&&) noexcept = default;
    endpoint_list& operator=(endpoint_list&&) noexcept = default;

    [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }
    [[nodiscard]] bool empty() const noexcept { return items_.empty(); }
    [[nodiscard]] const endpoint& operator[](std::size_t index) const noexcept { return items_[index]; }
    [[nodiscard]] const endpoint& front() const noexcept { return items_[0]; }
    [[nodiscard]] const endpoint* begin() const noexcept { return items_.data(); }
    [[nodiscard]] const endpoint* end() const noexcept { return items_.data() + items_.size(); }

    /// Throws std::bad_alloc.
    void push_back(const endpoint& each) {
        if (!items_.push(each)) throw std::bad_alloc();
    }

    /// The same endpoints in a std::vector, or another container that owns what it has.
    template <class Container>
        requires requires { typename Container::allocator_type; } &&
                 std::is_constructible_v<Container, const endpoint*, const endpoint*>
    operator Container() const {  // NOLINT(google-explicit-constructor): a vector is what most users want
        return Container(begin(), end());
    }

    /// Whether these are the same endpoints in the same order as those of any other range.
    template <class Range>
        requires requires(const Range& each) { each.begin() != each.end(); }
    friend bool operator==(const endpoint_list& one, const Range& other) {
        auto each = other.begin();
        for (const endpoint& mine : one) {
            if (each == other.end() || mine != *each) return false;
            ++each;
        }
        return each == other.end();
    }

  private:
    growing_table<endpoint> items_;
};

}  // namespace rill::inline RILL_ABI
