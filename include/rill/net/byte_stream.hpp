// SPDX-License-Identifier: MIT
#pragma once

// What readers, writers and files work on: the concepts `byte_source` (it has `recv`), `byte_sink` (it has `send_all`),
// and `byte_stream` (both).
//
// A tcp_stream is one, and so is whatever has these two members: an encrypted stream, a compressed one, the double of a
// test. What they give may be awaitables of the library, tasks, or awaitables of another library.
//
// recv(span)      at least one byte, from the front; 0 only at the end of the stream. Stopped, it took nothing.
// send_all(span)  sends all of it. Stopped or failed, how much is out is not known.

#include <cstddef>
#include <span>
#include <type_traits>

#include "../core/awaitable.hpp"
#include "../core/foreign.hpp"

namespace rill::inline RILL_ABI {

/// What `co_await` of something gives, in a coroutine of the library.
template <any_awaitable Given>
using awaited = await_result<kept_awaitable<Given>>;

/// Bytes come from it.
template <class Stream>
concept byte_source = requires(Stream& from, std::span<std::byte> room) {
    requires any_awaitable<decltype(from.recv(room))>;
    requires std::is_same_v<awaited<decltype(from.recv(room))>, std::size_t>;
};

/// Bytes go to it.
template <class Stream>
concept byte_sink =
    requires(Stream& to, std::span<const std::byte> bytes) { requires any_awaitable<decltype(to.send_all(bytes))>; };

/// Bytes come from it, and go to it.
template <class Stream>
concept byte_stream = byte_source<Stream> && byte_sink<Stream>;

}  // namespace rill::inline RILL_ABI
