// SPDX-License-Identifier: MIT
#pragma once

// A byte_source that gives its bytes in chunks of chosen sizes: the double of a stream, without a socket.

#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <rill/core/sleep.hpp>
#include <rill/core/task.hpp>

namespace support {

/// Gives a chunk a `recv`, or what there is room for, and lets others run before each; then it ends, or waits for ever.
class scripted_source {
  public:
    explicit scripted_source(std::vector<std::string> chunks) : chunks_(std::move(chunks)) {}

    rill::task<std::size_t> recv(std::span<std::byte> to) {
        ++receives;
        co_await rill::yield();
        if (next_ == chunks_.size()) {
            if (waits_at_end) co_await rill::sleep_for(std::chrono::hours(1));
            co_return std::size_t{0};
        }
        std::string& chunk = chunks_[next_];
        const std::size_t size = chunk.size() < to.size() ? chunk.size() : to.size();
        std::memcpy(to.data(), chunk.data(), size);
        chunk.erase(0, size);
        if (chunk.empty()) ++next_;
        co_return size;
    }

    int receives = 0;  // how often it was asked
    bool waits_at_end = false;

  private:
    std::vector<std::string> chunks_;
    std::size_t next_ = 0;
};

}  // namespace support
