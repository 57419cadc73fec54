// SPDX-License-Identifier: MIT
#pragma once

// A buffer of any size. A large one begins at a page: from another place the kernel copies large pieces 10 to 25 % slower,
// and that would be a difference between allocators, not between servers. A small one is as small as it was asked for.

#include <cstddef>
#include <cstdlib>
#include <new>
#include <span>

namespace server_support {

class page_buffer {
  public:
    explicit page_buffer(std::size_t size)
        : size_(size),
          memory_(size <= page ? std::malloc(size) : std::aligned_alloc(page, (size + page - 1) / page * page)) {
        if (memory_ == nullptr) throw std::bad_alloc();
    }
    ~page_buffer() { std::free(memory_); }
    page_buffer(const page_buffer&) = delete;
    page_buffer& operator=(const page_buffer&) = delete;

    [[nodiscard]] std::byte* data() const noexcept { return static_cast<std::byte*>(memory_); }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::span<std::byte> first(std::size_t count) const noexcept { return {data(), count}; }

  private:
    static constexpr std::size_t page = 4096;

    std::size_t size_;
    void* memory_;
};

}  // namespace server_support
