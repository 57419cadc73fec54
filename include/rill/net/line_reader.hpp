// SPDX-License-Identifier: MIT
#pragma once

// `line_reader`: lines, what stands before a separator, and exact numbers of bytes, from any byte_source.
//
// It reads ahead, up to what its buffer holds, and keeps what is left over: `buffered` shows it, `recv` gives it before the
// stream is asked again, `consume` says that it was dealt with elsewhere. So a protocol can change in mid-stream, and a
// reader can be given to whatever takes a byte_source (recv_file). What it gives is shown, not copied: it is valid until
// the next read. Without a maximum there is no read. For fixed records without a buffer see tcp_stream::recv_exactly.
//
//     rill::line_reader reader(client);
//     while (const auto line = co_await reader.read_line(8192)) co_await client.send_all(*line, "\n");
//
// What all reads do: stopped, failed or ended, they used up nothing: what has arrived is still there, and the next read
// begins with it. Errors, besides those that are listed: those of the stream's `recv`; std::bad_alloc;
// operation_in_progress beside another read of the same reader, which is not disturbed. Thread: that of the stream. Cost:
// one block of 4 KiB a reader, made at the first read, which grows by doubling only when a piece does not fit, up to the
// largest maximum that was asked for; a frame if the piece is not there yet, and one `recv` a chunk.

#include <cstddef>
#include <exception>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include "../core/task.hpp"
#include "buffer.hpp"
#include "byte_stream.hpp"
#include "piece_search.hpp"
#include "read_buffer.hpp"
#include "socket.hpp"

namespace rill::inline RILL_ABI {

/// Reads pieces of a stream, which outlives it.
template <byte_source Stream>
class line_reader {
    template <class Search, class Value>
    class read_operation;
    class recv_operation;

  public:
    /// Reads from a stream that outlives it, and that nobody else reads from meanwhile.
    explicit line_reader(Stream& from) noexcept : from_(from) {}
    line_reader(const line_reader&) = delete;
    line_reader& operator=(const line_reader&) = delete;

    /// Reads a line of at most `size_max` bytes, which end with `\n` or `\r\n`; that is not part of it, and does not count.
    ///
    /// Result   a std::optional<std::string_view>; what stands behind the last line end is a line too, if there is any.
    ///          Empty at the end of the stream.
    /// Errors   errc::line_too_long: its beginning is in `buffered`, a read with a larger maximum may go on.
    [[nodiscard]] auto read_line(std::size_t size_max) noexcept {
        return read_operation<line_search, std::optional<std::string_view>>(*this, line_search(size_max));
    }
    /// Reads what stands before a separator, at most `size_max` bytes; the separator is used up as well.
    ///
    /// Result   as read_line, but the stream must not end before a separator, unless there is nothing at all.
    /// Buffer   the separator must live until the `co_await` ends.
    /// Errors   errc::line_too_long as in read_line; errc::end_of_stream; invalid_argument for an empty separator.
    [[nodiscard]] auto read_until(std::string_view separator, std::size_t size_max) noexcept {
        using search = separator_search;
        return read_operation<search, std::optional<std::string_view>>(*this, search(separator, size_max));
    }
    /// Reads exactly so many bytes, which are kept together in memory: for more than a block see `recv`.
    ///
    /// Result   a std::string_view of them.
    /// Errors   errc::end_of_stream if fewer come, or none.
    [[nodiscard]] auto read_exactly(std::size_t size) noexcept {
        return read_operation<size_search, std::string_view>(*this, size_search(size));
    }
    /// Takes what is buffered, or else receives from the stream, past the buffer: how many bytes, and 0 at the end.
    ///
    /// Errors   invalid_argument for an empty buffer.
    template <writable_buffer Buffer>
    [[nodiscard]] auto recv(Buffer&& to) noexcept {
        const backend::slice room = slice_to_fill(to);
        return recv_operation(*this, std::span(room.data, room.size));
    }

    /// What has arrived and is not used up. Valid until the next read.
    [[nodiscard]] std::string_view buffered() const noexcept { return buffer_.bytes(); }
    /// Uses up the first `size` bytes of what is buffered; all of it, if there are fewer.
    void consume(std::size_t size) noexcept { buffer_.consume(size < buffered().size() ? size : buffered().size()); }

  private:
    /// Receives until the search has come to an end.
    template <class Search>
    task<> fill(Search& wanted);
    /// Who the peer is, if the stream knows.
    [[nodiscard]] error_origin origin(const char* verb) const noexcept;

    Stream& from_;
    read_buffer buffer_;
    bool reading_ = false;  // an operation has been started, and has not given its result
};

// ---- mechanism ----

/// As a child of the reader: it says that it reads, from its start to its result or its end.
template <byte_source Stream>
template <class Search, class Value>
class [[nodiscard]] line_reader<Stream>::read_operation final {
  public:
    read_operation(line_reader& of, const Search& wanted) noexcept : of_(of), search_(wanted) {}
    read_operation(read_operation&& other) noexcept : of_(other.of_), search_(other.search_) {}
    ~read_operation() { finish(); }

    bool start(branch& on) noexcept;
    [[nodiscard]] bool failed() const noexcept { return code() || error_ || (filling_ && filling_.failed()); }
    [[nodiscard]] error_report report();
    Value result();

  private:
    [[nodiscard]] std::error_code code() const noexcept;
    bool refuse(std::errc why) noexcept {
        refused_ = why;
        return true;
    }
    void finish() noexcept {
        if (mine_) of_.reading_ = false;
        mine_ = false;
    }

    line_reader& of_;
    Search search_;
    task<> filling_;            // empty: the piece was there
    std::exception_ptr error_;  // of making it
    std::errc refused_{};       // why it was not started
    bool mine_ = false;         // whether `reading_` is about this one
};

template <byte_source Stream>
template <class Search, class Value>
bool line_reader<Stream>::read_operation<Search, Value>::start(branch& on) noexcept {
    if (!on.open()) return on.refuse();
    if (of_.reading_) return refuse(std::errc::operation_in_progress);
    if (!search_.possible()) return refuse(std::errc::invalid_argument);
    of_.reading_ = mine_ = true;
    search_.look(of_.buffered());
    if (search_.state() != search_state::open) {
        if (on.context->within_budget()) return true;
        on.context->make_deferred(on);
        return false;
    }
    try {
        filling_ = of_.fill(search_);
    } catch (...) {
        error_ = std::current_exception();
        return true;
    }
    return filling_.start(on);
}

template <byte_source Stream>
template <class Search, class Value>
std::error_code line_reader<Stream>::read_operation<Search, Value>::code() const noexcept {
    if (refused_ != std::errc()) return std::make_error_code(refused_);
    if (search_.state() == search_state::too_long) return make_error_code(errc::line_too_long);
    if (search_.state() == search_state::cut_short) return make_error_code(errc::end_of_stream);
    return {};
}

template <byte_source Stream>
template <class Search, class Value>
error_report line_reader<Stream>::read_operation<Search, Value>::report() {
    if (const std::error_code why = code()) return {why, of_.origin(Search::name)};
    try {
        if (error_) std::rethrow_exception(error_);
        filling_.result();
    } catch (const std::system_error& error) {
        return {error.code(), std::current_exception()};
    }
    std::terminate();  // it has failed, so one of them throws
}

template <byte_source Stream>
template <class Search, class Value>
Value line_reader<Stream>::read_operation<Search, Value>::result() {
    if (failed()) report().raise();
    finish();
    if constexpr (!std::is_same_v<Value, std::string_view>)
        if (search_.state() == search_state::nothing) return std::nullopt;
    const std::string_view piece = of_.buffered().substr(0, search_.size());
    of_.consume(search_.size_with_end());
    return piece;
}

/// From the buffer, or by the stream's own operation.
template <byte_source Stream>
class [[nodiscard]] line_reader<Stream>::recv_operation final {
    using from_stream = kept_awaitable<decltype(std::declval<Stream&>().recv(std::declval<std::span<std::byte>&>()))>;

  public:
    recv_operation(line_reader& of, std::span<std::byte> to)
        : of_(of), to_(to), direct_(as_awaitable(of.from_.recv(to_))) {}
    recv_operation(recv_operation&& other) noexcept
        : of_(other.of_), to_(other.to_), direct_(std::move(other.direct_)) {}

    bool start(branch& on) noexcept {
        if (!on.open()) return on.refuse();
        if (of_.reading_) {
            refused_ = std::errc::operation_in_progress;
        } else if (to_.empty()) {
            refused_ = std::errc::invalid_argument;
        } else if (of_.buffered().empty()) {
            return direct_.start(on);
        } else {
            taken_ = of_.buffered().copy(reinterpret_cast<char*>(to_.data()), to_.size());
            of_.consume(taken_);
        }
        return true;
    }
    [[nodiscard]] bool failed() const noexcept { return refused_ != std::errc() || (taken_ == 0 && direct_.failed()); }
    std::size_t result() {
        if (refused_ != std::errc()) throw_error(std::make_error_code(refused_), of_.origin("recv"));
        return taken_ != 0 ? taken_ : direct_.result();
    }

  private:
    line_reader& of_;
    std::span<std::byte> to_;
    from_stream direct_;
    std::size_t taken_ = 0;  // from the buffer
    std::errc refused_{};
};

template <byte_source Stream>
template <class Search>
task<> line_reader<Stream>::fill(Search& wanted) {
    while (wanted.state() == search_state::open) {
        buffer_.make_room(wanted.limit());
        std::span<std::byte> room(reinterpret_cast<std::byte*>(buffer_.room()), buffer_.room_size());
        const std::size_t size = co_await from_.recv(room);
        buffer_.add(size);
        if (size == 0) {
            wanted.end(buffered());
        } else {
            wanted.look(buffered());
        }
    }
}

template <byte_source Stream>
error_origin line_reader<Stream>::origin(const char* verb) const noexcept {
    if constexpr (std::is_base_of_v<socket, Stream>) {
        const backend::socket_address& peer = from_.state().remote;
        return {verb, has_peer(peer) ? &append_address : nullptr, peer};
    } else {
        return error_origin(verb);
    }
}

}  // namespace rill::inline RILL_ABI
