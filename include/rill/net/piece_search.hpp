// SPDX-License-Identifier: MIT
#pragma once

// What a piece of a stream is: a line, what stands before a separator, or a number of bytes. Each of the three looks at
// the bytes that have arrived, from the first that is not used up, and goes on where it was when there are more.
//
// What is found depends on the bytes alone, and never on the chunks in which they arrive. For users: line_reader.hpp.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rill {

/// What became of a search.
///
/// | state     | entered when                                                      | next                          |
/// |-----------|-------------------------------------------------------------------|-------------------------------|
/// | open      | constructed; more bytes are needed                                | any of the others             |
/// | found     | the piece is there, with its end                                  | none                          |
/// | nothing   | the stream has ended, and there is no byte left                   | none                          |
/// | cut_short | the stream has ended in the middle of a piece                     | none                          |
/// | too_long  | the piece is longer than its maximum                              | none                          |
enum class search_state : std::uint8_t { open, found, nothing, cut_short, too_long };

class piece_search {
  public:
    [[nodiscard]] search_state state() const noexcept { return state_; }
    /// How long the piece is, once it is found, and with its end.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t size_with_end() const noexcept { return size_ + end_size_; }

  protected:
    piece_search() noexcept = default;

    void find(std::size_t size, std::size_t end_size, std::size_t size_max) noexcept {
        size_ = size;
        end_size_ = end_size;
        state_ = size <= size_max ? search_state::found : search_state::too_long;
    }
    void finish(search_state how) noexcept { state_ = how; }
    /// Sums that can't be represented are as good as endless.
    static constexpr std::size_t sum(std::size_t a, std::size_t b) noexcept {
        return a > SIZE_MAX - b ? SIZE_MAX : a + b;
    }

  private:
    std::size_t size_ = 0, end_size_ = 0;
    search_state state_ = search_state::open;
};

/// A line, which ends with `\n` or `\r\n`, or with the stream. A `\r` elsewhere is a byte like any other.
class line_search final : public piece_search {
  public:
    explicit line_search(std::size_t size_max) noexcept : size_max_(size_max) {}

    static constexpr const char* name = "read_line";
    static constexpr bool possible() noexcept { return true; }
    /// With so many bytes it is never open.
    [[nodiscard]] std::size_t limit() const noexcept { return sum(size_max_, 2); }
    void look(std::string_view bytes) noexcept;
    void end(std::string_view bytes) noexcept;

  private:
    std::size_t size_max_;
    std::size_t seen_ = 0;  // no line end before this one
};

/// What stands before a separator.
class separator_search final : public piece_search {
  public:
    separator_search(std::string_view separator, std::size_t size_max) noexcept
        : separator_(separator), size_max_(size_max) {}

    static constexpr const char* name = "read_until";
    [[nodiscard]] bool possible() const noexcept { return !separator_.empty(); }
    [[nodiscard]] std::size_t limit() const noexcept { return sum(size_max_, separator_.size()); }
    void look(std::string_view bytes) noexcept;
    void end(std::string_view bytes) noexcept {
        finish(bytes.empty() ? search_state::nothing : search_state::cut_short);
    }

  private:
    std::string_view separator_;
    std::size_t size_max_;
    std::size_t seen_ = 0;  // no separator begins before this one
};

/// A number of bytes.
class size_search final : public piece_search {
  public:
    explicit size_search(std::size_t size) noexcept : wanted_(size) {}

    static constexpr const char* name = "read_exactly";
    static constexpr bool possible() noexcept { return true; }
    [[nodiscard]] std::size_t limit() const noexcept { return wanted_; }
    void look(std::string_view bytes) noexcept {
        if (bytes.size() >= wanted_) find(wanted_, 0, wanted_);
    }
    void end(std::string_view) noexcept { finish(search_state::cut_short); }

  private:
    std::size_t wanted_;
};

// ---- mechanism ----

inline void line_search::look(std::string_view bytes) noexcept {
    const std::size_t at = bytes.find('\n', seen_);
    if (at != bytes.npos) {
        const bool two = at != 0 && bytes[at - 1] == '\r';
        find(at - (two ? 1 : 0), two ? 2 : 1, size_max_);
        return;
    }
    seen_ = bytes.size();
    if (bytes.size() <= size_max_) return;
    // One more byte than there may be is no error yet if it may be the first half of a line end.
    if (bytes.size() - size_max_ > 1 || bytes.back() != '\r') finish(search_state::too_long);
}

inline void line_search::end(std::string_view bytes) noexcept {
    if (bytes.empty()) return finish(search_state::nothing);
    find(bytes.size(), 0, size_max_);
}

inline void separator_search::look(std::string_view bytes) noexcept {
    const std::size_t at = bytes.find(separator_, seen_);
    if (at != bytes.npos) return find(at, separator_.size(), size_max_);
    if (bytes.size() >= limit()) return finish(search_state::too_long);
    // Its first bytes may be there already.
    seen_ = bytes.size() < separator_.size() ? 0 : bytes.size() - separator_.size() + 1;
}

}  // namespace rill
