// SPDX-License-Identifier: MIT
#pragma once

// Operations that found no room where nothing tells when there is some: they wait a little and try again. Accepts without
// a descriptor or memory (the clients wait in the kernel's backlog meanwhile); connects to a Unix listener whose backlog is
// full; datagrams to a Unix socket that has not taken the earlier ones. A list through the operations, in no order.

#include "contract.hpp"

namespace rill::backend::inline RILL_ABI {

class back_off {
  public:
    /// How long to wait between two tries.
    static constexpr std::int64_t pause_ns = 10'000'000;

    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
    /// When to try again; meaningful unless it is empty.
    [[nodiscard]] instant retry_at() const noexcept { return retry_at_; }

    void add(operation& each, instant now) noexcept {
        if (empty()) retry_at_ = now + pause_ns;
        each.next = first_;
        first_ = &each;
    }
    void remove(operation& each) noexcept {
        operation** link = &first_;
        while (*link != &each) link = &(*link)->next;
        *link = each.next;
        each.failure = {};
    }
    /// Empties the list: `take_first` then gives its members, which may be added again meanwhile.
    [[nodiscard]] operation* take_all() noexcept {
        operation* const all = first_;
        first_ = nullptr;
        return all;
    }
    /// Takes the first from what `take_all` gave. Null: there is none.
    [[nodiscard]] static operation* take_first(operation*& taken) noexcept {
        operation* const each = taken;
        if (each == nullptr) return nullptr;
        taken = each->next;
        each->failure = {};
        return each;
    }

  private:
    operation* first_ = nullptr;
    instant retry_at_ = 0;
};

}  // namespace rill::backend::inline RILL_ABI
