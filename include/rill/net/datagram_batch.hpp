// SPDX-License-Identifier: MIT
#pragma once

// Several datagrams at once: the entries of `recvfrom_many` and `sendto_many`, and their awaiters. What those promise
// stands at the members of udp_socket. A range of entries is anything contiguous: an array, a vector, a span.
//
//     std::array<rill::incoming_datagram, 2> entries{rill::incoming_datagram(one), rill::incoming_datagram(other)};
//     const std::size_t count = co_await socket.recvfrom_many(entries);

#include <cstddef>
#include <iterator>
#include <type_traits>

#include "buffer.hpp"
#include "socket_operation.hpp"

namespace rill::inline RILL_ABI {

/// Room for a datagram, and then what has come into it. The buffer is the user's, and outlives this.
class incoming_datagram {
  public:
    /// Without room: what comes is cut to nothing.
    incoming_datagram() noexcept = default;
    /// With a buffer, which is filled up to its size.
    template <class Buffer>
        requires(!std::is_same_v<std::remove_cvref_t<Buffer>, incoming_datagram>) && writable_buffer<Buffer>
    explicit incoming_datagram(Buffer&& room) noexcept {
        entry_.bytes = slice_to_fill(room);
    }

    /// What has come: the buffer, how many bytes of it, who sent them, and whether there were more, which are lost.
    [[nodiscard]] std::byte* data() const noexcept { return entry_.bytes.data; }
    [[nodiscard]] std::size_t size() const noexcept { return entry_.size; }
    [[nodiscard]] endpoint from() const { return endpoint(entry_.peer); }
    [[nodiscard]] bool truncated() const noexcept { return entry_.truncated; }

  private:
    backend::batch_entry entry_{};  // the only member: an array of these is one of entries
};

/// A datagram to send, to an endpoint or to the peer that the socket is connected to. The buffer outlives this.
class outgoing_datagram {
  public:
    /// Empty, to the peer that the socket is connected to.
    outgoing_datagram() noexcept = default;
    /// To the peer that the socket is connected to.
    template <class Buffer>
        requires(!std::is_same_v<std::remove_cvref_t<Buffer>, outgoing_datagram>) && readable_buffer<Buffer>
    explicit outgoing_datagram(Buffer&& bytes) noexcept {
        entry_.bytes = slice_to_send(bytes);
    }
    /// To an endpoint.
    template <readable_buffer Buffer>
    outgoing_datagram(Buffer&& bytes, const endpoint& to) noexcept {
        entry_.bytes = slice_to_send(bytes);
        entry_.peer = to.to_socket_address();
        entry_.addressed = true;
    }

  private:
    backend::batch_entry entry_{};  // the only member: an array of these is one of entries
};

static_assert(std::is_standard_layout_v<incoming_datagram> && std::is_standard_layout_v<outgoing_datagram>);
static_assert(sizeof(incoming_datagram) == sizeof(backend::batch_entry) &&
              sizeof(outgoing_datagram) == sizeof(backend::batch_entry));

template <class Range, class Entry>
concept range_of = requires(Range& each) {
    { std::data(each) } -> std::same_as<Entry*>;
    { std::size(each) } -> std::convertible_to<std::size_t>;
};

template <backend::verb Verb>
class [[nodiscard]] batch_operation final : public socket_operation {
  public:
    batch_operation(const socket& of, backend::batch_entry* entries, std::size_t count) noexcept
        : socket_operation(of, Verb) {
        operation_.batch = {entries, count, 0};
    }

    bool start(branch& on) noexcept {
        if (operation_.batch.count == 0) return refuse(on, to_backend_error(std::errc::invalid_argument));
        return begin<Verb>(on);
    }
    std::size_t result() const {
        throw_if_failed();
        return operation_.batch.done;
    }
};

}  // namespace rill::inline RILL_ABI
