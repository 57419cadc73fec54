// SPDX-License-Identifier: MIT
#pragma once

// What can stand in the queue of a loop besides a branch: a function that was posted, and what another thread did.
//
// Both are items of ready_queue.hpp. A posted function owns itself until it is called or dropped; a `handed_in` belongs
// to whoever hands it in, and stays where it is until the loop has taken it in.

#include <cstddef>
#include <utility>

#include "frame_memory.hpp"
#include "ready_queue.hpp"

namespace rill::inline RILL_ABI {

/// A function that waits for its turn. `call` runs or only drops it, and gives its memory back.
class posted_function : public ready_item {
  public:
    enum class how : bool { drop, run };
    void (*const call)(posted_function&, how);

  protected:
    explicit posted_function(void (*to_call)(posted_function&, how)) noexcept
        : ready_item(kind::posted), call(to_call) {}
    ~posted_function() = default;
};

/// Something that another thread did for this loop, such as a stop: takes effect when the loop takes it in.
class handed_in : public ready_item {
  public:
    virtual void taken_in() noexcept = 0;

  protected:
    handed_in() noexcept : ready_item(kind::handed_in) {}
    ~handed_in() = default;
};

template <class Function>
class posted_function_of final : public posted_function {
  public:
    explicit posted_function_of(Function function) : posted_function(&run_or_drop), function_(std::move(function)) {}

    static void* operator new(std::size_t size) { return take_frame_memory(size); }
    static void operator delete(void* block, std::size_t size) noexcept { give_frame_memory(block, size); }

  private:
    static void run_or_drop(posted_function& self, how what) {
        auto& mine = static_cast<posted_function_of&>(self);
        if (what == how::run) mine.function_();  // which does not throw
        delete &mine;
    }

    Function function_;
};

}  // namespace rill::inline RILL_ABI
