// SPDX-License-Identifier: MIT
#pragma once

// What each connection sends, and so must get back: an endless stream of bytes, another for each connection, so that an
// echo that is wrong, doubled, lost or another's is noticed at the first byte.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "failure.hpp"

namespace load {

class pattern {
  public:
    /// How many bytes are there in one piece from any position.
    static constexpr std::size_t piece = 64UL * 1024;

    explicit pattern(std::size_t connection) noexcept : begin_(connection * 7'919) {}

    /// The bytes from a position of the stream: at least `piece` of them.
    [[nodiscard]] const std::byte* from(std::uint64_t position) const noexcept {
        return bytes().data() + (begin_ + position) % period;
    }
    /// Throws unless these are the bytes from that position.
    void check(std::uint64_t position, const std::byte* got, std::size_t size) const {
        if (std::memcmp(got, from(position), size) != 0) throw wrong_answer("an echo is not what was sent");
    }

  private:
    static constexpr std::size_t period = 65'521;  // a prime, so that no size of a message repeats it
    using table = std::array<std::byte, period + piece>;

    static const table& bytes() noexcept {
        static const table made = [] {
            table all{};
            std::uint64_t state = 1;
            for (std::size_t index = 0; index < all.size(); ++index) {
                state = state * 6364136223846793005U + 1442695040888963407U;
                all[index] = index < period ? static_cast<std::byte>(state >> 56) : all[index - period];
            }
            return all;
        }();
        return made;
    }

    std::uint64_t begin_;
};

}  // namespace load
