// SPDX-License-Identifier: MIT
#pragma once

// A stream of a pattern that is under way: so much of it was sent at one end, and so much was received at the other and compared. Whether
// both ends are the same socket, as with an echo, or two, as with a proxy, is up to whoever calls.

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "descriptor.hpp"
#include "failure.hpp"
#include "pattern.hpp"

namespace load {

class pattern_stream {
  public:
    explicit pattern_stream(std::size_t index) noexcept : pattern_(index) {}

    /// Sends until so many bytes have been sent in all. False: no more fits, and it goes on when the socket is writable.
    bool send_until(std::uint64_t wanted, const descriptor& socket) {
        while (sent_ < wanted) {
            const std::size_t size = std::min<std::uint64_t>(wanted - sent_, pattern::piece);
            const ssize_t count = ::send(socket.number(), pattern_.from(sent_), size, MSG_NOSIGNAL);
            if (count < 0 && (errno == EAGAIN || errno == EINPROGRESS)) return false;
            sent_ += static_cast<std::uint64_t>(checked(count, "send"));
        }
        return true;
    }
    /// Receives once, and compares: how many bytes; 0: the end of the stream; nothing: there are none yet.
    std::optional<std::size_t> receive(const descriptor& socket, std::size_t limit = pattern::piece) {
        alignas(4096) static std::array<std::byte, pattern::piece> buffer;
        const ssize_t count = ::recv(socket.number(), buffer.data(), std::min(limit, buffer.size()), 0);
        if (count < 0 && errno == EAGAIN) return std::nullopt;
        const auto size = static_cast<std::size_t>(checked(count, "recv"));
        if (received_ + size > sent_) throw wrong_answer("the server sent more than it was sent");
        pattern_.check(received_, buffer.data(), size);
        received_ += size;
        return size;
    }
    [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }
    [[nodiscard]] std::uint64_t received() const noexcept { return received_; }

  private:
    pattern pattern_;
    std::uint64_t sent_ = 0;
    std::uint64_t received_ = 0;
};

}  // namespace load
