// SPDX-License-Identifier: MIT
#pragma once

// Memory for coroutine frames and for the nodes of task groups: taken from a list of the thread, given back to one.
//
// A block is in one of two states: in use, or in the list of the thread that gave it back last; it may travel between
// threads in use, so no lock is needed. Each list keeps at most `bytes_kept` bytes a size, so that a crowd that has
// left does not hold its memory for ever. It never zeroes a block. Under AddressSanitizer nothing is kept (config.hpp).

#include <cstddef>
#include <new>

#include "../config.hpp"

namespace rill::inline RILL_ABI {

/// Takes a block of at least `size` bytes, aligned as by `operator new`. Throws std::bad_alloc. Any thread.
[[nodiscard]] inline void* take_frame_memory(std::size_t size);

/// Gives back a block that `take_frame_memory(size)` returned, on any thread.
inline void give_frame_memory(void* block, std::size_t size) noexcept;

// ---- mechanism ----

/// The blocks that one thread keeps. Trivial, so that frames which end after the thread's destructors still find it.
struct frame_memory_lists {
    struct block {
        block* next;
    };
    struct list {
        block* first;
        std::size_t bytes;
    };

    static constexpr std::size_t granule = 64;           // sizes up to fine_limit differ by this much,
    static constexpr std::size_t fine_limit = 2048;      // larger ones by a power of two
    static constexpr std::size_t coarse_limit = 131072;  // and what is larger still is never kept
    static constexpr std::size_t fine_count = fine_limit / granule;
    static constexpr std::size_t bytes_kept = 1024UL * 1024;

    list fine[fine_count];  // blocks of granule * (index + 1) bytes
    list coarse[6];         // blocks of fine_limit * 2 ^ (index + 1) bytes
    enum class phase : unsigned char { untouched, keeping, closed } now;  // closed: the thread is ending

    struct place {
        list* kept;
        std::size_t size;
    };

    /// The list for blocks of `size` bytes and the size that its blocks really have; no list: do not keep.
    place find(std::size_t size) noexcept {
        if (size <= fine_limit) {
            const std::size_t index = (size - 1) / granule;
            return {&fine[index], (index + 1) * granule};
        }
        if (size > coarse_limit) return {nullptr, size};
        std::size_t index = 0;
        while ((fine_limit << (index + 1)) < size) ++index;
        return {&coarse[index], fine_limit << (index + 1)};
    }

    void drop(list& kept) noexcept {
        while (block* each = kept.first) {
            kept.first = each->next;
            ::operator delete(each);
        }
        kept.bytes = 0;
    }

    void close() noexcept {
        now = phase::closed;
        for (list& each : fine) drop(each);
        for (list& each : coarse) drop(each);
    }
};

RILL_VISIBLE inline constinit thread_local frame_memory_lists this_thread_frame_memory{};

/// Empties the lists of its thread when that ends.
struct frame_memory_closer {
    frame_memory_closer() noexcept { this_thread_frame_memory.now = frame_memory_lists::phase::keeping; }
    ~frame_memory_closer() { this_thread_frame_memory.close(); }
    frame_memory_closer(const frame_memory_closer&) = delete;
    frame_memory_closer& operator=(const frame_memory_closer&) = delete;
};

/// Sees to it that what this thread keeps is dropped when it ends. False: it is ending.
RILL_COLD inline bool begin_to_keep_frame_memory() noexcept {
    using phase = frame_memory_lists::phase;
    if (this_thread_frame_memory.now == phase::untouched) static thread_local frame_memory_closer closer;
    return this_thread_frame_memory.now == phase::keeping;
}

/// Whether blocks may be kept.
inline bool may_keep_frame_memory() noexcept {
    if (this_thread_frame_memory.now == frame_memory_lists::phase::keeping) [[likely]]
        return true;
    return begin_to_keep_frame_memory();
}

inline void* take_frame_memory(std::size_t size) {
#if RILL_RECYCLE_FRAMES
    const auto [kept, real_size] = this_thread_frame_memory.find(size);
    if (kept != nullptr && kept->first != nullptr) {
        frame_memory_lists::block* const taken = kept->first;
        kept->first = taken->next;
        kept->bytes -= real_size;
        return taken;
    }
    return ::operator new(real_size);
#else
    return ::operator new(size);
#endif
}

inline void give_frame_memory(void* block, [[maybe_unused]] std::size_t size) noexcept {
#if RILL_RECYCLE_FRAMES
    const auto [kept, real_size] = this_thread_frame_memory.find(size);
    if (kept != nullptr && kept->bytes < frame_memory_lists::bytes_kept && may_keep_frame_memory()) {
        kept->first = ::new (block) frame_memory_lists::block{kept->first};
        kept->bytes += real_size;
        return;
    }
#endif
    ::operator delete(block);
}

}  // namespace rill::inline RILL_ABI
