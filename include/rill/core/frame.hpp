// SPDX-License-Identifier: MIT
#pragma once

// What all coroutines of the library have in their frame: the branch that they run on, and who awaits them.
//
// A frame is resumed in one of two ways. The first time from inside the `start` of the one who awaits it, so that a task
// which never waits costs no trip to the loop; `state` then is `starting`, and the end of the frame is told by the
// return of that call. Later from the loop; the end then asks the loop to go on with the parent. So neither a loop of
// awaits nor a chain of them uses stack: starting deeper than `inline_depth` goes through the loop as well.
//
// A stopped chain is unwound by the loop: innermost frame first, by destroying it; the object that owned it is emptied.

#include <coroutine>
#include <cstddef>
#include <cstdint>

#include "frame_memory.hpp"

#if RILL_TASK_DUMP
#include <source_location>

#include "clock.hpp"
#include "described_error.hpp"
#endif

namespace rill::inline RILL_ABI {

class branch;

/// The object through which a frame is owned: a task or a generator. Its handle is null once the frame is gone.
struct frame_owner {
    std::coroutine_handle<> handle;
};

class frame {
  public:
    enum class progress : std::uint8_t { idle, starting, suspended, finished };

    branch* on = nullptr;          // set when it starts, for its whole life
    frame* parent = nullptr;       // who awaits it; null: the first of its branch
    frame_owner* owner = nullptr;  // emptied when the frame is unwound
    progress state = progress::idle;
#if RILL_TASK_DUMP
    std::source_location where;  // the co_await that it is suspended at
    instant since = 0;           // when it came there
#endif

    static void* operator new(std::size_t size) { return take_frame_memory(size); }
    static void operator delete(void* block, std::size_t size) noexcept { give_frame_memory(block, size); }

  protected:
    frame() noexcept = default;
    ~frame() = default;
    frame(const frame&) = delete;
    frame& operator=(const frame&) = delete;
};

/// How many frames may start inside each other before the loop is asked to go on. See benchmarks/README.md.
inline constexpr unsigned inline_depth = 32;

}  // namespace rill::inline RILL_ABI
