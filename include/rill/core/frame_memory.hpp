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
        std::size_t room;  // for so many more bytes: none before the thread begins to keep, and when it is ending
    };

    // Sizes are 8 more than a multiple of 16, up to fine_limit: so they fill the pieces that the usual allocators cut, which
    // need 8 for themselves. Larger ones are doubled from one to the next, and what is larger still is never kept.
    static constexpr std::size_t granule = 16;
    static constexpr std::size_t spare = 8;
    static constexpr std::size_t fine_limit = 2048 + spare;
    static constexpr std::size_t coarse_limit = 131072;
    static constexpr std::size_t fine_count = fine_limit / granule + 1;
    static constexpr std::size_t bytes_kept = 1024UL * 1024;

    list fine[fine_count];                                                // blocks of granule * index + spare bytes
    list coarse[6];                                                       // blocks of 2048 * 2 ^ (index + 1) bytes
    enum class phase : unsigned char { untouched, keeping, closed } now;  // closed: the thread is ending

    struct place {
        list* kept;
        std::size_t size;
    };

    /// The list for blocks of `size` bytes and the size that its blocks really have; no list: do not keep.
    place find(std::size_t size) noexcept {
        if (size <= fine_limit) {
            const std::size_t index = (size + granule - 1 - spare) / granule;
            return {&fine[index], index * granule + spare};
        }
        if (size > coarse_limit) return {nullptr, size};
        std::size_t index = 0;
        while ((std::size_t{4096} << index) < size) ++index;
        return {&coarse[index], std::size_t{4096} << index};
    }

    void open() noexcept {
        now = phase::keeping;
        for (list& each : fine) each.room = bytes_kept;
        for (list& each : coarse) each.room = bytes_kept;
    }

    void drop(list& kept) noexcept {
        while (block* each = kept.first) {
            kept.first = each->next;
            ::operator delete(each);
        }
        kept.room = 0;
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
    frame_memory_closer() noexcept { this_thread_frame_memory.open(); }
    ~frame_memory_closer() { this_thread_frame_memory.close(); }
    frame_memory_closer(const frame_memory_closer&) = delete;
    frame_memory_closer& operator=(const frame_memory_closer&) = delete;
};

/// There is no room for a block. If that is because the thread has kept none yet, it begins to, and there is room.
RILL_COLD inline bool begin_to_keep_frame_memory() noexcept {
    if (this_thread_frame_memory.now != frame_memory_lists::phase::untouched) return false;
    static thread_local frame_memory_closer closer;
    return true;
}

inline void* take_frame_memory(std::size_t size) {
#if RILL_RECYCLE_FRAMES
    const auto [kept, real_size] = this_thread_frame_memory.find(size);
    if (kept != nullptr && kept->first != nullptr) {
        frame_memory_lists::block* const taken = kept->first;
        kept->first = taken->next;
        kept->room += real_size;
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
    if (kept != nullptr && (kept->room >= real_size || begin_to_keep_frame_memory())) {
        kept->first = ::new (block) frame_memory_lists::block{kept->first};
        kept->room -= real_size;
        return;
    }
#endif
    ::operator delete(block);
}

}  // namespace rill::inline RILL_ABI
