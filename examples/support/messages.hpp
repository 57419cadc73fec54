// SPDX-License-Identifier: MIT
#pragma once

// The notes put bare texts on a stream, without a length or an end. What one `recv` gives is not a message: it may be a
// part of one, or several. What one can go by is that the peer pauses, or closes.

#include <chrono>
#include <cstddef>
#include <iostream>
#include <rill.hpp>
#include <span>
#include <string>
#include <system_error>

namespace example {

/// How long a peer is silent behind a message.
inline constexpr std::chrono::milliseconds pause_behind_message{200};

/// Whether an error says that the peer has gone without a word.
inline bool is_gone(const std::error_code& error) {
    return error == std::errc::connection_reset || error == std::errc::connection_aborted ||
           error == std::errc::broken_pipe || error == std::errc::not_connected;
}

/// A message: what comes until the peer pauses or closes, or until it is too long. Empty: it has closed.
inline rill::task<std::string> recv_message(rill::tcp_stream& from, std::size_t size_max = 1024) {
    std::string message(size_max, '\0');
    std::size_t size = co_await from.recv(message);
    while (size != 0 && size < size_max) {
        const auto more =
            co_await rill::as_result(rill::timeout(pause_behind_message, from.recv(std::span(message).subspan(size))));
        if (more.error() == rill::errc::deadline_exceeded || more.value() == 0) break;
        size += more.value();
    }
    message.resize(size);
    co_return message;
}

/// All that comes until the peer closes, or goes without a word.
inline rill::task<std::string> recv_to_end(rill::tcp_stream& from, std::size_t size_max = 64 * 1024) {
    std::string text(size_max + 1, '\0');
    for (std::size_t size = 0; size <= size_max;) {
        const auto more = co_await rill::as_result(from.recv(std::span(text).subspan(size)));
        if (is_gone(more.error()) || more.value() == 0) {
            text.resize(size);
            co_return text;
        }
        size += more.value();
    }
    throw std::system_error(std::make_error_code(std::errc::message_size), "recv");
}

/// What serves one peer. That the peer goes without a word is an end too, and told on stderr.
inline rill::task<> until_gone(rill::task<> session) {
    const auto ended = co_await rill::as_result(std::move(session));
    if (is_gone(ended.error())) {
        std::cerr << ended.error().message() << '\n';
    } else {
        ended.value();
    }
}

}  // namespace example
