// SPDX-License-Identifier: MIT
#pragma once

// Which socket an event is about: a table of slots, each with a generation, so that an event for a socket that was
// closed finds nobody, also when its handle or its slot is in use again.
//
// A ticket is what the kernel carries with a registration: the slot, and the generation that it had. Slot 0 is never
// given out, and no ticket has its generation; `nobody` is that of the wake-up descriptor.

#include <cstdint>
#include "../core/growing_table.hpp"
#include "contract.hpp"

namespace rill::backend::inline RILL_ABI {

class socket_slots {
  public:
    using ticket = std::uint64_t;
    static constexpr ticket nobody = 0;

    socket_slots() noexcept { made_ = slots_.push({nullptr, 1, 0}); }
    /// False: there was no memory to make this, and nothing else may be called.
    [[nodiscard]] bool made() const noexcept { return made_; }

    /// Gives the socket a slot. False: there is no memory.
    bool add(socket_state& each) noexcept {
        if (first_free_ == 0 && !grow()) return false;
        each.slot = first_free_;
        slot& taken = slots_[each.slot];
        taken.socket = &each;
        first_free_ = taken.next_free;
        return true;
    }
    void remove(socket_state& each) noexcept {
        slot& freed = slots_[each.slot];
        freed.socket = nullptr;
        ++freed.generation;
        freed.next_free = first_free_;
        first_free_ = each.slot;
    }

    [[nodiscard]] ticket ticket_of(const socket_state& each) const noexcept {
        return ticket{slots_[each.slot].generation} << 32 | each.slot;
    }
    /// Whether the socket that the ticket was for is still there.
    [[nodiscard]] bool has(ticket given) const noexcept {
        return slots_[static_cast<std::uint32_t>(given)].generation == static_cast<std::uint32_t>(given >> 32);
    }
    /// That socket, if it is.
    [[nodiscard]] socket_state& operator[](ticket given) const noexcept {
        return *slots_[static_cast<std::uint32_t>(given)].socket;
    }

    template <class Function>
    void for_each(Function function) const noexcept {
        for (std::size_t index = 0; index < slots_.size(); ++index)
            if (slots_[index].socket != nullptr) function(*slots_[index].socket);
    }

  private:
    struct slot {
        socket_state* socket;      // null: free
        std::uint32_t generation;  // counts the sockets that had this slot: no ticket has it while the slot is free
        std::uint32_t next_free;   // 0: the last
    };

    bool grow() noexcept {
        if (!slots_.push({nullptr, 0, 0})) return false;
        first_free_ = static_cast<std::uint32_t>(slots_.size() - 1);
        return true;
    }

    growing_table<slot> slots_;
    std::uint32_t first_free_ = 0;  // 0: none
    bool made_;
};

}  // namespace rill::backend::inline RILL_ABI
