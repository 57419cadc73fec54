// SPDX-License-Identifier: MIT
// Counts the heap allocations of a program that was not written for it: loaded before the C library (LD_PRELOAD), it counts
// the calls of malloc and its kind in the first eight bytes of the file that RILL_ALLOCATIONS names, where others can read
// them meanwhile. What has an allocator of its own, as Go has, is not seen.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

// The C library's own, under the names that it exports for such a purpose.
extern "C" {
void* __libc_malloc(std::size_t) noexcept;
void* __libc_calloc(std::size_t, std::size_t) noexcept;
void* __libc_realloc(void*, std::size_t) noexcept;
void* __libc_memalign(std::size_t, std::size_t) noexcept;
}

namespace {

std::atomic<std::uint64_t> before_the_file{0};
std::atomic<std::uint64_t>* counter = &before_the_file;  // then in the file: set before main, on one thread

void count() noexcept { counter->fetch_add(1, std::memory_order_relaxed); }

[[gnu::constructor]] void open_file() noexcept {
    const char* const path = std::getenv("RILL_ALLOCATIONS");
    const int file = path == nullptr ? -1 : ::open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void* const mapped = ::mmap(nullptr, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    if (mapped != MAP_FAILED) counter = static_cast<std::atomic<std::uint64_t>*>(mapped);
}

}  // namespace

extern "C" {
void* malloc(std::size_t size) noexcept {
    count();
    return __libc_malloc(size);
}
void* calloc(std::size_t count_of, std::size_t size) noexcept {
    count();
    return __libc_calloc(count_of, size);
}
void* realloc(void* block, std::size_t size) noexcept {
    count();
    return __libc_realloc(block, size);
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
    count();
    return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
    count();
    return __libc_memalign(alignment, size);
}
int posix_memalign(void** block, std::size_t alignment, std::size_t size) noexcept {
    count();
    *block = __libc_memalign(alignment, size);
    return *block == nullptr ? 12 : 0;  // ENOMEM
}
}
