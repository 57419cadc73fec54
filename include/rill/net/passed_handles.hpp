// SPDX-License-Identifier: MIT
#pragma once

// `bytes_with_handles`, and the awaiters that pass handles over a Unix stream. What they promise stands at the members of
// unix_stream.
//
//     const auto [size, handles] = co_await local.recv_with_handles(buffer, room);

#include <cstddef>
#include <cstdint>

#include "message_operation.hpp"
#include "owned_handle.hpp"

namespace rill::inline RILL_ABI {

/// What has come with handles beside it.
struct bytes_with_handles {
    std::size_t size = 0;     ///< how many bytes; 0: the end of the stream
    std::size_t handles = 0;  ///< how many handles
    bool truncated = false;   ///< there were more handles than there was room for
};

template <std::size_t Count>
class [[nodiscard]] send_handles_operation final : public message_operation<Count> {
  public:
    send_handles_operation(const socket& of, const std::intptr_t* handles, std::size_t count,
                           const backend::slice (&slices)[Count]) noexcept
        : message_operation<Count>(backend::verb::send_message, of, slices), fits_(count <= backend::handles_max) {
        this->message_.handle_count = static_cast<std::uint16_t>(fits_ ? count : 0);
        for (std::size_t index = 0; index < this->message_.handle_count; ++index) handles_[index] = handles[index];
    }

    bool start(branch& on) noexcept {
        if (this->empty() || !fits_ || this->message_.handle_count == 0)
            return this->refuse(on, to_backend_error(std::errc::invalid_argument));
        this->message_.handles = handles_;
        return this->template begin_message<backend::verb::send_message>(on);
    }
    std::size_t result() const {
        this->throw_if_failed();
        return this->message_.size;
    }

  private:
    std::intptr_t handles_[backend::handles_max];
    bool fits_;
};

template <std::size_t Count>
class [[nodiscard]] recv_handles_operation final : public message_operation<Count> {
  public:
    recv_handles_operation(const socket& of, owned_handle* to, std::size_t room,
                           const backend::slice (&slices)[Count]) noexcept
        : message_operation<Count>(backend::verb::recv_message, of, slices), to_(to) {
        this->message_.handle_count =
            static_cast<std::uint16_t>(room < backend::handles_max ? room : backend::handles_max);
    }
    recv_handles_operation(recv_handles_operation&& other) noexcept = default;  // only before it starts
    ~recv_handles_operation() {
        if (this->operation_.state == backend::operation_state::done && !this->failed()) take([](owned_handle) {});
    }

    bool start(branch& on) noexcept {
        if (this->empty()) return this->refuse(on, to_backend_error(std::errc::invalid_argument));
        this->message_.handles = handles_;
        return this->template begin_message<backend::verb::recv_message>(on);
    }
    bytes_with_handles result() {
        this->throw_if_failed();
        const std::size_t count = this->message_.handle_count;
        take([to = to_](owned_handle each) mutable { *to++ = std::move(each); });
        return {this->message_.size, count, this->message_.truncated};
    }

  private:
    /// Each is taken once, by whoever comes first.
    template <class Function>
    void take(Function function) {
        const std::size_t count = std::exchange(this->message_.handle_count, std::uint16_t{0});
        for (std::size_t index = 0; index < count; ++index) function(owned_handle(handles_[index]));
    }

    owned_handle* to_;
    std::intptr_t handles_[backend::handles_max];
};

}  // namespace rill::inline RILL_ABI
