// SPDX-License-Identifier: MIT
#include "support/allocations.hpp"

#include <cstdlib>
#include <new>

#include <rill/core/frame_memory.hpp>

namespace {

constexpr std::size_t never = static_cast<std::size_t>(-1);

thread_local constinit std::size_t count = 0;
thread_local constinit std::size_t fails_at = never;  // counts down
thread_local constinit bool failed = false;

#if RILL_TEST_WATCHES_ALLOCATIONS
void* allocate(std::size_t size) {
    ++count;
    if (fails_at != never && fails_at-- == 0) {
        failed = true;
        throw std::bad_alloc();
    }
    if (void* const block = std::malloc(size == 0 ? 1 : size)) return block;
    throw std::bad_alloc();
}
#endif

}  // namespace

namespace support {

namespace {

/// Makes this thread do once what a run-time library may allocate for: note that something is to be destroyed at its end.
void warm_up() noexcept {
    static thread_local constinit bool warm = false;
    if (warm) return;
    warm = true;
    constexpr std::size_t unusual = 100'000;  // no frame of a test has this size
    rill::give_frame_memory(rill::take_frame_memory(unusual), unusual);
}

}  // namespace

std::size_t allocation_count() noexcept {
    warm_up();
    return count;
}

failing_allocation::failing_allocation(std::size_t number) noexcept {
    warm_up();
    fails_at = number;
    failed = false;
}
failing_allocation::~failing_allocation() { fails_at = never; }
bool failing_allocation::happened() const noexcept { return failed; }

}  // namespace support

#if RILL_TEST_WATCHES_ALLOCATIONS
void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    try {
        return allocate(size);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}
void* operator new[](std::size_t size, const std::nothrow_t& tag) noexcept { return operator new(size, tag); }
void operator delete(void* block) noexcept { std::free(block); }
void operator delete[](void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
void operator delete[](void* block, std::size_t) noexcept { std::free(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { std::free(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { std::free(block); }
#endif
