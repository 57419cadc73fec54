// SPDX-License-Identifier: MIT
#pragma once

// The awaiters of a stream's verbs, and `lent_buffer`, what `recv_lent` gives. What they promise stands where a user finds
// them: at the members of tcp_stream.
//
//     const rill::lent_buffer bytes = co_await client.recv_lent();

#include <cstddef>
#include <type_traits>
#include <utility>

#include "buffer.hpp"
#include "socket_operation.hpp"

namespace rill::inline RILL_ABI {

/// The buffers after the first.
template <std::size_t Count>
struct further_slices {
    backend::slice each[Count];
};
template <>
struct further_slices<0> {};

/// An operation with buffers: their addresses are kept here, the buffers are the user's.
template <std::size_t Count>
class buffers_operation : public socket_operation {
    static_assert(Count >= 1 && Count <= backend::slices_max, "rill: an operation takes 1 to 16 buffers");

  protected:
    buffers_operation(backend::verb verb, const socket& of, const backend::slice (&slices)[Count]) noexcept
        : socket_operation(of, verb) {
        operation_.transfer.now = slices[0];
        operation_.more_count = Count - 1;
        if constexpr (Count > 1)
            for (std::size_t index = 1; index < Count; ++index) more_.each[index - 1] = slices[index];
    }
    buffers_operation(const buffers_operation&) noexcept = default;
    ~buffers_operation() = default;

    template <backend::verb Verb>
    bool begin_with_buffers(branch& on) noexcept {
        if constexpr (Count > 1) operation_.transfer.more = more_.each;  // it does not move any more
        return begin<Verb>(on);
    }
    /// Whether the buffers hold nothing at all, or nothing more.
    [[nodiscard]] bool empty() const noexcept {
        std::size_t any = operation_.transfer.now.size;
        if constexpr (Count > 1)
            for (std::uint32_t left = operation_.more_count; left != 0; --left)
                any |= more_.each[Count - 1 - left].size;
        return any == 0;
    }

  private:
    RILL_NO_UNIQUE_ADDRESS further_slices<Count - 1> more_;
};

template <std::size_t Count>
class [[nodiscard]] recv_operation final : public buffers_operation<Count> {
  public:
    recv_operation(const socket& of, const backend::slice (&slices)[Count]) noexcept
        : buffers_operation<Count>(backend::verb::recv, of, slices) {}

    bool start(branch& on) noexcept {
        if (this->empty()) return this->refuse(on, to_backend_error(std::errc::invalid_argument));
        return this->template begin_with_buffers<backend::verb::recv>(on);
    }
    std::size_t result() const {
        this->throw_if_failed();
        return this->operation_.transfer.done;
    }
};

/// Fills its buffers. The backend tells an end of the stream before the first byte by none being done; that is an error
/// unless `Optional`.
template <std::size_t Count, bool Optional>
class [[nodiscard]] filling_operation final : public buffers_operation<Count> {
  public:
    filling_operation(const socket& of, const backend::slice (&slices)[Count]) noexcept
        : buffers_operation<Count>(backend::verb::recv_all, of, slices) {
        this->operation_.transfer.done = 0;
    }

    bool start(branch& on) noexcept {
        if (this->empty()) return on.open() || on.refuse();  // nothing is wanted: so it is done
        return this->template begin_with_buffers<backend::verb::recv_all>(on);
    }
    [[nodiscard]] bool failed() const noexcept {
        return buffers_operation<Count>::failed() || (!Optional && ended_before());
    }
    [[nodiscard]] error_report report() noexcept {
        note_end();
        return buffers_operation<Count>::report();
    }
    auto result() {
        note_end();
        this->throw_if_failed();
        if constexpr (Optional) return !ended_before();
    }

  private:
    [[nodiscard]] bool ended_before() const noexcept { return !this->empty() && this->operation_.transfer.done == 0; }
    void note_end() noexcept {
        if (Optional || buffers_operation<Count>::failed() || !ended_before()) return;
        this->operation_.failure = to_backend_error(errc::end_of_stream);
        this->operation_.peer = {};  // the socket may be gone by now
    }
};

template <std::size_t Count>
class [[nodiscard]] send_operation final : public buffers_operation<Count> {
  public:
    send_operation(const socket& of, const backend::slice (&slices)[Count]) noexcept
        : buffers_operation<Count>(backend::verb::send, of, slices) {
        this->operation_.transfer.done = 0;
    }

    bool start(branch& on) noexcept {
        if (this->empty()) return on.open() || on.refuse();
        return this->template begin_with_buffers<backend::verb::send>(on);
    }
    std::size_t result() const {
        this->throw_if_failed();
        return this->operation_.transfer.done;
    }
};

template <std::size_t Count>
class [[nodiscard]] send_all_operation final : public buffers_operation<Count> {
  public:
    send_all_operation(const socket& of, const backend::slice (&slices)[Count]) noexcept
        : buffers_operation<Count>(backend::verb::send_all, of, slices) {}

    bool start(branch& on) noexcept {
        if (this->empty()) return on.open() || on.refuse();
        return this->template begin_with_buffers<backend::verb::send_all>(on);
    }
    void result() const { this->throw_if_failed(); }
};

class [[nodiscard]] readable_operation final : public socket_operation {
  public:
    explicit readable_operation(const socket& of) noexcept : socket_operation(of, backend::verb::readable) {}

    bool start(branch& on) noexcept { return begin<backend::verb::readable>(on); }
    void result() const { throw_if_failed(); }
};

/// Bytes in memory that the loop lends: given back when this is destroyed, on the thread of the loop.
class lent_buffer {
  public:
    /// Empty.
    lent_buffer() noexcept = default;
    /// For the operation that lends it.
    lent_buffer(io_context& lender, std::byte* memory, std::size_t size) noexcept
        : lender_(&lender), memory_(memory), size_(size) {}
    lent_buffer(lent_buffer&& other) noexcept { swap(other); }
    lent_buffer& operator=(lent_buffer&& other) noexcept {
        swap(other);
        return *this;
    }
    ~lent_buffer() {
        if (lender_ != nullptr) lender_->reactor().give_back(memory_);
    }

    [[nodiscard]] std::byte* data() const noexcept { return memory_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::byte* begin() const noexcept { return data(); }
    [[nodiscard]] std::byte* end() const noexcept { return data() + size(); }

  private:
    void swap(lent_buffer& other) noexcept {
        std::swap(lender_, other.lender_);
        std::swap(memory_, other.memory_);
        std::swap(size_, other.size_);
    }

    io_context* lender_ = nullptr;  // null: nothing is lent
    std::byte* memory_ = nullptr;
    std::size_t size_ = 0;
};

class [[nodiscard]] recv_lent_operation final : public socket_operation {
  public:
    explicit recv_lent_operation(const socket& of) noexcept : socket_operation(of, backend::verb::recv_lent) {
        operation_.lent = {nullptr, 0};
    }
    recv_lent_operation(recv_lent_operation&& other) noexcept = default;
    ~recv_lent_operation() { static_cast<void>(take()); }

    bool start(branch& on) noexcept { return begin<backend::verb::recv_lent>(on); }
    lent_buffer result() {
        throw_if_failed();
        return take();
    }

  private:
    lent_buffer take() noexcept {
        const backend::operation::lent_memory lent = operation_.lent;
        if (failed() || lent.memory == nullptr) return {};
        operation_.lent.memory = nullptr;
        return {*operation_.owner->context, lent.memory, lent.size};
    }
};

}  // namespace rill::inline RILL_ABI
