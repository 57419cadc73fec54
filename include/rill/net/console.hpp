// SPDX-License-Identifier: MIT
#pragma once

// `console`: lines from standard input, without blocking the loop, whether it is a terminal, a pipe, a file or closed.
//
// It is a line_reader, so what stands there is true here. One thread a process reads, only while somebody wants to, and
// the end of the process does not wait for it. A stop lets go at once; what the thread then still gets is kept for whoever
// asks next, of whatever console. A line that a console has read ahead is its own: make one, and keep it. Standard
// input is left as it is: its mode, which other processes share, too.
//
//     rill::console input;
//     while (const auto line = co_await input.read_line(1000)) co_await stream.send_all(*line, "\n");

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <thread>

#include "../backend/atomic_wait.hpp"
#include "../backend/console_calls.hpp"
#include "../core/awaitable.hpp"
#include "../core/handed_in.hpp"
#include "../core/io_context.hpp"
#include "../core/short_lock.hpp"
#include "line_reader.hpp"

namespace rill::inline RILL_ABI {

template <std::size_t ChunkMax>
class console_reader;

/// Lines from standard input. It is a template behind this name so that only those who use it compile it.
using console = console_reader<4096>;

/// Standard input as a byte_source: one a process, which is never destroyed.
///
/// | state   | entered when                                                | next                                         |
/// |---------|-------------------------------------------------------------|----------------------------------------------|
/// | idle    | nothing is there, and nobody has asked                      | reading: somebody asks                       |
/// | reading | the thread reads; perhaps for nobody, if they were stopped  | there: something, the end or an error came   |
/// | there   | it waits to be taken                                        | idle: all is taken; there: some is           |
template <std::size_t ChunkMax>
class console_input {
  public:
    class recv_operation;

    [[nodiscard]] RILL_VISIBLE static console_input& shared();

    console_input(const console_input&) = delete;
    console_input& operator=(const console_input&) = delete;

    /// Receives what has been typed or piped, up to the size of the buffer: how many bytes, and 0 at the end.
    ///
    /// Stopped  nothing was taken.
    /// Errors   bad_file_descriptor if this process was started without standard input; operation_in_progress beside
    ///          another one; invalid_argument for an empty buffer; what the system says if it gives no thread.
    /// Thread   any with an io_context.
    /// Cost     two switches between threads.
    template <writable_buffer Buffer>
    [[nodiscard]] recv_operation recv(Buffer&& to) noexcept {
        return recv_operation(*this, slice_to_fill(to));
    }

  private:
    enum class state : std::uint8_t { idle, reading, there };

    console_input() noexcept = default;

    void ask();
    void work() noexcept;
    std::size_t take(backend::slice to) noexcept;

    short_lock lock_;
    std::atomic<unsigned> questions_{0};  // counts what the thread waits for; written under the lock
    // Under the lock:
    state now_ = state::idle;
    recv_operation* waiting_ = nullptr;  // who waits, from its start until it has its bytes
    bool has_thread_ = false;
    // Of the thread while it is reading, else under the lock:
    std::byte chunk_[ChunkMax];
    std::size_t begin_ = 0, end_ = 0;  // what is not taken of the chunk
    backend::error failed_;
};

template <std::size_t ChunkMax>
class console_reader : public line_reader<console_input<ChunkMax>> {
  public:
    console_reader() : line_reader<console_input<ChunkMax>>(console_input<ChunkMax>::shared()) {}
};

// ---- mechanism ----

template <std::size_t ChunkMax>
class [[nodiscard]] console_input<ChunkMax>::recv_operation final : public suspension, private handed_in {
  public:
    recv_operation(console_input& from, backend::slice to) noexcept : from_(from), to_(to) {}
    recv_operation(recv_operation&& other) noexcept : suspension(), handed_in(), from_(other.from_), to_(other.to_) {}

    bool start(branch& on) noexcept;
    [[nodiscard]] bool failed() const noexcept { return static_cast<bool>(why_); }
    [[nodiscard]] error_report report() const noexcept { return {why_, error_origin("read standard input")}; }
    std::size_t result() const {
        if (why_) report().raise();
        return size_;
    }

  private:
    friend console_input;

    bool cancel() noexcept override {
        const short_lock_guard locked(from_.lock_);
        if (from_.now_ == state::there) return false;  // it is in the inbox, or on its way
        from_.waiting_ = nullptr;
        return true;
    }
    void taken_in() noexcept override {
        {
            const short_lock_guard locked(from_.lock_);
            finish();
        }
        on_->unpark();
    }
    /// Under the lock.
    void finish() noexcept {
        why_ = to_error_code(from_.failed_);
        size_ = from_.take(to_);
        from_.waiting_ = nullptr;
    }
    bool refuse(std::error_code why) noexcept {
        why_ = why;
        return true;
    }

    console_input& from_;
    backend::slice to_;
    branch* on_ = nullptr;
    std::size_t size_ = 0;
    std::error_code why_;
};

template <std::size_t ChunkMax>
console_input<ChunkMax>& console_input<ChunkMax>::shared() {
    static console_input& input = *new console_input;
    return input;
}

template <std::size_t ChunkMax>
bool console_input<ChunkMax>::recv_operation::start(branch& on) noexcept {
    if (!on.open()) return on.refuse();
    if (to_.size == 0) return refuse(std::make_error_code(std::errc::invalid_argument));
    on_ = &on;
    const short_lock_guard locked(from_.lock_);
    if (from_.waiting_ != nullptr) return refuse(std::make_error_code(std::errc::operation_in_progress));
    if (from_.now_ == state::there) {
        finish();
        return true;
    }
    try {
        from_.ask();
    } catch (const std::system_error& error) {
        return refuse(error.code());
    } catch (...) {
        return refuse(std::make_error_code(std::errc::not_enough_memory));
    }
    from_.waiting_ = this;
    on.parked = this;
    return false;
}

/// Has the thread read, unless it does. Under the lock.
template <std::size_t ChunkMax>
void console_input<ChunkMax>::ask() {
    if (now_ == state::reading) return;
    if (!has_thread_) std::thread([this] { work(); }).detach();
    has_thread_ = true;
    now_ = state::reading;
    questions_.fetch_add(1, std::memory_order_release);
    backend::wake_one(questions_);
}

template <std::size_t ChunkMax>
void console_input<ChunkMax>::work() noexcept {
    for (unsigned answered = 0;; ++answered) {
        backend::wait_while(questions_, answered);
        static_cast<void>(questions_.load(std::memory_order_acquire));  // pairs with `ask`
        std::size_t size = 0;
        const backend::error failed = backend::read_standard_input({chunk_, ChunkMax}, size);
        recv_operation* told = nullptr;
        {
            const short_lock_guard locked(lock_);
            begin_ = 0;
            end_ = size;
            failed_ = failed;
            now_ = state::there;
            told = waiting_;
        }
        // Race: a stop asks under the lock too. It came before, and there is nobody to tell; or it finds that this is on its
        // way, and what waits stays where it is until it has been handed in.
        if (told != nullptr) told->on_->context->hand_in(*told);
    }
}

/// Takes of what is there. Under the lock.
template <std::size_t ChunkMax>
std::size_t console_input<ChunkMax>::take(backend::slice to) noexcept {
    const std::size_t left = end_ - begin_, size = left < to.size ? left : to.size;
    if (size != 0) std::memcpy(to.data, chunk_ + begin_, size);
    begin_ += size;
    if (begin_ == end_) {  // also an end, and an error, are told once, and then asked for again
        now_ = state::idle;
        failed_ = {};
    }
    return size;
}

}  // namespace rill::inline RILL_ABI
