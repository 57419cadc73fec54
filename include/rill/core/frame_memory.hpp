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

    struct place {
        list& kept;
        std::size_t size;  // that its blocks really have
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

    /// For blocks of `size` bytes, up to fine_limit.
    place find_fine(std::size_t size) noexcept {
        const std::size_t index = (size + granule - 1 - spare) / granule;
        return {fine[index], index * granule + spare};
    }
    /// Up to coarse_limit.
    place find(std::size_t size) noexcept {
        if (size <= fine_limit) return find_fine(size);
        std::size_t index = 0;
        while ((std::size_t{4096} << index) < size) ++index;
        return {coarse[index], std::size_t{4096} << index};
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

/// A block of a list, or null.
inline void* take_from(frame_memory_lists::place from) noexcept {
    frame_memory_lists::block* const taken = from.kept.first;
    if (taken != nullptr) {
        from.kept.first = taken->next;
        from.kept.room += from.size;
    }
    return taken;
}

/// False: there is no room.
inline bool give_to(frame_memory_lists::place to, void* block) noexcept {
    if (to.kept.room < to.size) return false;
    to.kept.first = ::new (block) frame_memory_lists::block{to.kept.first};
    to.kept.room -= to.size;
    return true;
}

/// What is large, or finds its list empty or full: apart, so that the short way needs no registers for it.
RILL_APART inline void* take_elsewhere(std::size_t size) {
    if (size > frame_memory_lists::coarse_limit) return ::operator new(size);
    const frame_memory_lists::place from = this_thread_frame_memory.find(size);
    void* const taken = take_from(from);
    return taken != nullptr ? taken : ::operator new(from.size);
}
RILL_APART inline void give_elsewhere(void* block, std::size_t size) noexcept {
    if (size <= frame_memory_lists::coarse_limit) {
        if (this_thread_frame_memory.now == frame_memory_lists::phase::untouched) {
            static thread_local frame_memory_closer closer;
        }
        if (give_to(this_thread_frame_memory.find(size), block)) return;
    }
    ::operator delete(block);
}

inline void* take_frame_memory(std::size_t size) {
#if RILL_RECYCLE_FRAMES
    if (size <= frame_memory_lists::fine_limit) [[likely]] {
        if (void* const taken = take_from(this_thread_frame_memory.find_fine(size))) return taken;
    }
    return take_elsewhere(size);
#else
    return ::operator new(size);
#endif
}

inline void give_frame_memory(void* block, [[maybe_unused]] std::size_t size) noexcept {
#if RILL_RECYCLE_FRAMES
    if (size <= frame_memory_lists::fine_limit && give_to(this_thread_frame_memory.find_fine(size), block)) [[likely]]
        return;
    give_elsewhere(block, size);
#else
    ::operator delete(block);
#endif
}

}  // namespace rill::inline RILL_ABI
