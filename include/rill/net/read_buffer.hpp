// SPDX-License-Identifier: MIT
#pragma once

// `read_buffer`: bytes that have arrived and are not used up, in one piece, with room for more behind them.
//
// The memory is one block, made when it is first needed. Bytes move to its front when less is left of them than was used
// up, so a stream of pieces is moved at most once a byte; it grows, by doubling, only for what does not fit otherwise, and
// never over the limit that `make_room` is given. For users: line_reader.hpp.

#include <cstddef>
#include <cstring>
#include <string_view>

namespace rill {

class read_buffer {
  public:
    read_buffer() noexcept = default;
    read_buffer(const read_buffer&) = delete;
    read_buffer& operator=(const read_buffer&) = delete;
    ~read_buffer() { delete[] memory_; }

    /// What is there. Valid until room is made.
    [[nodiscard]] std::string_view bytes() const noexcept { return {memory_ + begin_, end_ - begin_}; }
    /// Uses up the first `size` of them, which stay where they are until room is made.
    void consume(std::size_t size) noexcept { begin_ += size; }

    /// Room behind the bytes, at least one byte; the bytes may move. There are fewer than `limit` of them. Throws
    /// std::bad_alloc, and then nothing has changed.
    void make_room(std::size_t limit);
    [[nodiscard]] char* room() noexcept { return memory_ + end_; }
    [[nodiscard]] std::size_t room_size() const noexcept { return capacity_ - end_; }
    /// So much was written to the room.
    void add(std::size_t size) noexcept { end_ += size; }

    /// How large the block is at first, and stays if nothing longer is asked for.
    static constexpr std::size_t first_capacity = 4096;

  private:
    void move_to_front() noexcept;
    void grow(std::size_t limit);

    char* memory_ = nullptr;
    std::size_t begin_ = 0, end_ = 0, capacity_ = 0;  // begin_ <= end_ <= capacity_
};

// ---- mechanism ----

inline void read_buffer::make_room(std::size_t limit) {
    if (end_ - begin_ <= begin_) move_to_front();
    if (end_ == capacity_ && begin_ != 0 && capacity_ >= limit) move_to_front();
    if (end_ == capacity_) grow(limit);
}

inline void read_buffer::move_to_front() noexcept {
    if (begin_ != 0) std::memmove(memory_, memory_ + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
}

inline void read_buffer::grow(std::size_t limit) {
    std::size_t wanted = capacity_ < limit / 2 ? capacity_ * 2 : limit;
    if (wanted < first_capacity) wanted = first_capacity;
    char* const larger = new char[wanted];
    if (end_ != begin_) std::memcpy(larger, memory_ + begin_, end_ - begin_);
    delete[] memory_;
    memory_ = larger;
    end_ -= begin_;
    begin_ = 0;
    capacity_ = wanted;
}

}  // namespace rill
