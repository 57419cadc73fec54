// SPDX-License-Identifier: MIT
#pragma once

// `send_file` and `recv_file`: a file to a stream, and what comes from a stream to a file.
//
//     co_await rill::send_file(client, "index.html");
//     co_await rill::recv_file(client, "upload.part", rill::file_range(0, announced));
//
// To a socket the system sends the file itself where it can; else, and to other streams, it is copied. Files have no
// "would block": the disk is waited for on the loop's thread, in pieces of at most 256 KiB, and all others have their turn
// after each. Where that is too long, let an io_thread do it.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "../core/as_result.hpp"
#include "../core/sleep.hpp"
#include "../core/task.hpp"
#include "byte_stream.hpp"
#include "owned_handle.hpp"
#include "stream_socket.hpp"

namespace rill::inline RILL_ABI {

/// Which part of a file: from an offset, so many bytes, or as many as there are.
class file_range {
  public:
    /// As a length: as many bytes as there are from the offset on.
    static constexpr std::uint64_t everything = ~std::uint64_t{0};

    /// The whole file, unless it is told from where, and how much.
    constexpr explicit file_range(std::uint64_t offset = 0, std::uint64_t length = everything) noexcept
        : offset_(offset), length_(length) {}

    /// In bytes, both.
    [[nodiscard]] constexpr std::uint64_t offset() const noexcept { return offset_; }
    [[nodiscard]] constexpr std::uint64_t length() const noexcept { return length_; }

  private:
    std::uint64_t offset_;
    std::uint64_t length_;
};

/// A path: anything with `c_str()`, or a text that ends with a zero.
template <class Path>
concept file_path = std::is_convertible_v<const Path&, const char*> || requires(const Path& each) { each.c_str(); };

/// Is told of nothing.
struct no_progress {
    constexpr void operator()(std::uint64_t) const noexcept {}
};

/// Sends a file, or a part of it: opens it, or takes one that is open for reading, whose own place is not used and not
/// moved. `progress(bytes)` is called after each piece with how many are sent so far.
///
/// Result   how many bytes were sent: fewer than the length of the range only where the file ended first.
/// Stopped  a part may be out, and how much is not known: the stream can't be used on. So it is after an error.
/// Errors   those of `send_all`, when the peer leaves in the middle; those of opening and reading the file, with its path:
///          no_such_file_or_directory, permission_denied, is_a_directory; invalid_seek of a FIFO or a terminal.
/// Cost     the frame, and a copy of the path; no allocation a piece.
/// Source   sendfile(2); where it can't, read and send.
template <byte_sink Stream, file_path Path, class Progress = no_progress>
[[nodiscard]] task<std::uint64_t> send_file(Stream& to, const Path& path, file_range range = file_range(),
                                            Progress&& progress = Progress());
template <byte_sink Stream, class Progress = no_progress>
[[nodiscard]] task<std::uint64_t> send_file(Stream& to, const owned_handle& file, file_range range = file_range(),
                                            Progress&& progress = Progress());

/// Receives into a file: until the end of the stream, or exactly as many bytes as the range says, and what comes behind
/// them stays in the stream. A path is made if it is not there, and emptied if the range begins at 0, or else kept, so that
/// a transfer can be taken up again. `progress(bytes)` is called after each piece with how many are written so far.
///
/// Result   how many bytes were received.
/// Stopped  what was received is in the file, except perhaps for the last piece: how much the peer has sent is not known.
/// Errors   errc::end_of_stream if it ends before so many have come; those of `recv`; those of opening and writing the
///          file, with its path: no_space_on_device, permission_denied; of a FIFO or a terminal, invalid_seek or
///          no_such_device_or_address. What has come by then is in the file.
/// Cost     the frame, which has a buffer of 64 KiB, and a copy of the path.
template <byte_source Stream, file_path Path, class Progress = no_progress>
[[nodiscard]] task<std::uint64_t> recv_file(Stream& from, const Path& path, file_range range = file_range(),
                                            Progress&& progress = Progress());
template <byte_source Stream, class Progress = no_progress>
[[nodiscard]] task<std::uint64_t> recv_file(Stream& from, const owned_handle& file, file_range range = file_range(),
                                            Progress&& progress = Progress());

// ---- mechanism ----

/// A piece, by the system itself.
class [[nodiscard]] send_file_operation final : public socket_operation {
  public:
    send_file_operation(const socket& to, std::intptr_t file, std::uint64_t offset, std::uint64_t size) noexcept
        : socket_operation(to, backend::verb::send_file) {
        constexpr std::uint64_t size_max = std::uint64_t{1} << 30;
        operation_.part = {file, offset, static_cast<std::size_t>(size < size_max ? size : size_max), 0};
    }

    bool start(branch& on) noexcept { return begin<backend::verb::send_file>(on); }
    std::size_t result() const {
        throw_if_failed();
        return operation_.part.done;
    }
};

/// The path of a file, in its own memory, or none; what is told of it names it.
template <class Path>
class transferred_path {
  public:
    explicit transferred_path(const Path& path) : text_(path) {}
    [[nodiscard]] owned_handle open(const char* verb, backend::file_access how) const {
        std::intptr_t opened = 0;
        fail_if(backend::open_file(text_.c_str(), how, opened), verb);
        return owned_handle(opened);
    }
    void fail_if(backend::error failed, const char* verb) const {
        if (!failed) return;
        error_text doing(verb);
        if constexpr (std::is_same_v<Path, std::string>) doing.append(" ").append_quoted(text_);
        throw described_error(to_error_code(failed), doing);
    }

  private:
    Path text_;
};
/// A file that is open: nobody knows its path.
struct unknown_path {
    static void fail_if(backend::error failed, const char* verb) {
        if (failed) throw described_error(to_error_code(failed), error_text(verb));
    }
};

/// The text of a path in its own memory, with the characters that this system's paths have.
template <file_path Path>
[[nodiscard]] auto path_text_of(const Path& path) {
    if constexpr (std::is_convertible_v<const Path&, const char*>) {
        return std::string(path);
    } else {
        return std::basic_string<std::remove_cvref_t<decltype(*path.c_str())>>(path.c_str());
    }
}

template <class Progress>
constexpr void check_progress() {
    static_assert(
        std::is_lvalue_reference_v<Progress> || std::is_trivially_copyable_v<Progress>,
        "rill: g++ 12 destroys a temporary lambda with such captures twice inside co_await: name it first, and "
        "give the name");
}

/// A socket that was closed between two pieces was closed under a transfer, which is not one that started afterwards.
template <class Stream>
void fail_if_closed([[maybe_unused]] const Stream& each, [[maybe_unused]] const char* verb) {
    if constexpr (std::is_base_of_v<stream_socket, Stream>)
        if (!each.is_open()) throw described_error(std::errc::operation_canceled, verb);
}

template <class Stream, class Path>
task<std::uint64_t> copy_file_to(Stream& to, std::intptr_t file, std::uint64_t offset, std::uint64_t length,
                                 const Path& path) {
    std::byte buffer[16UL * 1024];
    const std::uint64_t size = length < sizeof buffer ? length : sizeof buffer;
    std::size_t got = 0;
    path.fail_if(backend::read_file(file, offset, {buffer, static_cast<std::size_t>(size)}, got), "send_file");
    co_await to.send_all(std::span(buffer).first(got));
    co_return got;
}

template <class Stream, class Path, class Progress>
task<std::uint64_t> send_open_file(Stream& to, std::intptr_t file, file_range range, const Path& path,
                                   Progress& progress) {
    bool by_system = std::is_base_of_v<stream_socket, Stream>;
    std::uint64_t sent = 0;
    while (sent < range.length()) {
        const std::uint64_t offset = range.offset() + sent, left = range.length() - sent;
        std::uint64_t piece = 0;
        if constexpr (std::is_base_of_v<stream_socket, Stream>) {
            if (by_system) {
                const result<std::size_t> answer = co_await as_result(send_file_operation(to, file, offset, left));
                if (!answer && answer.error() == std::errc::not_supported) {
                    by_system = false;
                    continue;
                }
                piece = answer.value();
            }
        }
        if (!by_system) piece = co_await copy_file_to(to, file, offset, left, path);
        if (piece == 0) break;  // the end of the file
        sent += piece;
        progress(sent);
        co_await yield();
        if (sent < range.length()) fail_if_closed(to, "send_file");
    }
    co_return sent;
}

template <class Stream, class Path, class Progress>
task<std::uint64_t> recv_open_file(Stream& from, std::intptr_t file, file_range range, const Path& path,
                                   Progress& progress) {
    std::byte buffer[64UL * 1024];
    std::uint64_t received = 0;
    while (received < range.length()) {
        const std::uint64_t left = range.length() - received;
        const auto wanted = static_cast<std::size_t>(left < sizeof buffer ? left : sizeof buffer);
        const std::size_t got = co_await from.recv(std::span(buffer).first(wanted));
        if (got == 0) break;
        std::size_t done = 0;
        path.fail_if(backend::write_file(file, range.offset() + received, {buffer, got}, done), "recv_file");
        received += got;
        progress(received);
        co_await yield();
        if (received < range.length()) fail_if_closed(from, "recv_file");
    }
    if (received < range.length() && range.length() != file_range::everything)
        throw described_error(make_error_code(errc::end_of_stream), error_text("recv_file"));
    co_return received;
}

template <class Stream, class Text, class Progress>
task<std::uint64_t> send_named_file(Stream& to, transferred_path<Text> path, file_range range, Progress progress) {
    const owned_handle file = path.open("send_file", backend::file_access::read);
    co_return co_await send_open_file(to, file.get(), range, path, progress);
}
template <class Stream, class Text, class Progress>
task<std::uint64_t> recv_named_file(Stream& from, transferred_path<Text> path, file_range range, Progress progress) {
    const auto how = range.offset() == 0 ? backend::file_access::replace : backend::file_access::write;
    const owned_handle file = path.open("recv_file", how);
    co_return co_await recv_open_file(from, file.get(), range, path, progress);
}
template <class Stream, class Progress>
task<std::uint64_t> send_given_file(Stream& to, std::intptr_t file, file_range range, Progress progress) {
    const unknown_path path;
    co_return co_await send_open_file(to, file, range, path, progress);
}
template <class Stream, class Progress>
task<std::uint64_t> recv_given_file(Stream& from, std::intptr_t file, file_range range, Progress progress) {
    const unknown_path path;
    co_return co_await recv_open_file(from, file, range, path, progress);
}

template <byte_sink Stream, file_path Path, class Progress>
task<std::uint64_t> send_file(Stream& to, const Path& path, file_range range, Progress&& progress) {
    check_progress<Progress>();
    return send_named_file<Stream, decltype(path_text_of(path)), Progress>(to, transferred_path(path_text_of(path)),
                                                                           range, std::forward<Progress>(progress));
}
template <byte_sink Stream, class Progress>
task<std::uint64_t> send_file(Stream& to, const owned_handle& file, file_range range, Progress&& progress) {
    check_progress<Progress>();
    return send_given_file<Stream, Progress>(to, file.get(), range, std::forward<Progress>(progress));
}
template <byte_source Stream, file_path Path, class Progress>
task<std::uint64_t> recv_file(Stream& from, const Path& path, file_range range, Progress&& progress) {
    check_progress<Progress>();
    return recv_named_file<Stream, decltype(path_text_of(path)), Progress>(from, transferred_path(path_text_of(path)),
                                                                           range, std::forward<Progress>(progress));
}
template <byte_source Stream, class Progress>
task<std::uint64_t> recv_file(Stream& from, const owned_handle& file, file_range range, Progress&& progress) {
    check_progress<Progress>();
    return recv_given_file<Stream, Progress>(from, file.get(), range, std::forward<Progress>(progress));
}

}  // namespace rill::inline RILL_ABI
