// SPDX-License-Identifier: MIT
#pragma once

// What `operator new` did on this thread, and how to make it fail at the n-th time. Linked into every test program.

#include <cstddef>

// The sanitizers of clang define `operator new` themselves, for good: there nothing is counted and nothing fails.
#if defined(__clang__) && defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define RILL_TEST_WATCHES_ALLOCATIONS 0
#endif
#endif
#ifndef RILL_TEST_WATCHES_ALLOCATIONS
#define RILL_TEST_WATCHES_ALLOCATIONS 1
#endif

namespace support {

/// Whether this build can count allocations. A test that needs it says aloud that it leaves something out.
inline constexpr bool allocations_are_watched = RILL_TEST_WATCHES_ALLOCATIONS != 0;

/// How often this thread has called `operator new` so far; what it does but once is done before.
[[nodiscard]] std::size_t allocation_count() noexcept;

/// As long as it lives, the allocation with this number (0: the next one) of this thread throws std::bad_alloc, once.
class failing_allocation {
  public:
    explicit failing_allocation(std::size_t number) noexcept;
    ~failing_allocation();
    failing_allocation(const failing_allocation&) = delete;
    failing_allocation& operator=(const failing_allocation&) = delete;

    /// Whether it has happened. Not so: the program under test needed fewer allocations.
    [[nodiscard]] bool happened() const noexcept;
};

}  // namespace support
