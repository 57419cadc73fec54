// SPDX-License-Identifier: MIT
#pragma once

// `socket`: what all sockets have in common: an open handle with one owner, its options, and its end.
//
// Movable, not copyable; closes when it is destroyed. It belongs to the io_context of the coroutine that first uses it
// for an operation, and to the thread of that. Not yet used, or after its context has ended, it belongs to none, and may
// go anywhere. A socket that was moved from, or closed, is closed: operations fail with bad_file_descriptor.
// The verbs are in tcp_stream.hpp and tcp_listener.hpp.
//
//     client.set(rill::option::no_delay{true});
//     client.close();

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "../core/io_context.hpp"
#include "endpoint.hpp"
#include "option.hpp"

namespace rill::inline RILL_ABI {

class socket {
  public:
    /// Closed.
    socket() noexcept : state_(&closed_state()) {}
    /// Takes over the state of an open socket.
    explicit socket(backend::socket_state* open) noexcept : state_(open) {}
    socket(socket&& other) noexcept : state_(other.state_) { other.state_ = &closed_state(); }
    socket& operator=(socket&& other) noexcept {
        if (this != &other) {
            close();
            state_ = other.state_;
            other.state_ = &closed_state();
        }
        return *this;
    }
    ~socket() { close(); }

    /// Not after `close`, `release` or a move.
    [[nodiscard]] bool is_open() const noexcept { return state_->now != backend::socket_state::phase::closed; }
    /// The address that it is bound to. Throws std::system_error.
    [[nodiscard]] endpoint local_endpoint() const;
    /// The handle of the system, which stays this socket's: for calls that the library does not have.
    [[nodiscard]] std::intptr_t native_handle() const noexcept { return state_->handle; }

    /// Sets an option. Throws std::system_error: not_supported where the platform lacks it.
    template <named_option Option>
    void set(Option option) {
        throw_if(option::set_on(open_state(option::text_of(Option::name)), option), option::text_of(Option::name));
    }
    template <class Value>
    void set(option::raw<Value> option) {
        throw_if(option::set_on(open_state("option raw"), option), "option raw");
    }
    /// Asks for an option. Throws std::system_error.
    template <named_option Option>
    [[nodiscard]] Option get() const {
        int value = 0;
        throw_if(backend::uncommon(*state_).get_option(open_state(option::text_of(Option::name)), Option::name, value),
                 option::text_of(Option::name));
        return Option::from_native(value);
    }
    /// Asks for an option by the system's own numbers; the value that is given says only of what type it is.
    template <class Value>
    [[nodiscard]] option::raw<Value> get(option::raw<Value> asked) const {
        Value value = asked.value();
        std::size_t size = sizeof value;
        throw_if(backend::uncommon(*state_).get_raw_option(open_state("option raw"), asked.level(), asked.number(),
                                                           &value, size),
                 "option raw");
        return {asked.level(), asked.number(), value};
    }

    /// Closes. What is pending ends with operation_canceled, in the loop's next turn. Closing twice does nothing.
    void close() noexcept {
        if (is_open()) close_open();
    }
    /// Gives the handle to the caller, who closes it. Throws std::system_error with device_or_resource_busy while an
    /// operation is pending, and where the system can't take a handle out of its loop.
    [[nodiscard]] std::intptr_t release();

    /// For the operations of the library.
    [[nodiscard]] backend::socket_state& state() const noexcept { return *state_; }
    /// The state that all closed sockets share; nobody writes to it.
    [[nodiscard]] RILL_VISIBLE static backend::socket_state& closed_state() noexcept;

  protected:
    /// The plain calls that a socket made here and now uses: those of the running context, else the machine's.
    [[nodiscard]] static backend::system& calls_here() noexcept {
        return running_context != nullptr ? running_context->reactor().calls() : backend::machine();
    }
    /// Takes over a handle of the system, which is closed by the caller only if this throws: it is not what is wanted.
    [[nodiscard]] static backend::socket_state* adopt_handle(std::intptr_t native, backend::transport wanted,
                                                             bool of_this_machine);
    [[nodiscard]] backend::socket_state& open_state(const char* verb) const {
        if (!is_open()) throw_if(to_backend_error(std::errc::bad_file_descriptor), verb);
        return *state_;
    }
    void throw_if(backend::error failed, const char* verb) const {
        if (failed) raise(failed, verb);
    }

  private:
    RILL_APART void close_open() noexcept {
        if (state_->now == backend::socket_state::phase::attached) {
            state_->joined->detach(state_, backend::detach_how::close);
        } else {
            state_->calls->close(state_);
        }
        state_ = &closed_state();
    }
    [[noreturn]] void raise(backend::error failed, const char* verb) const;

    backend::socket_state* state_;  // never null
};

/// Whether an operation has a peer that a message can name.
[[nodiscard]] inline bool has_peer(const backend::socket_address& peer) noexcept {
    return peer.port != 0 || peer.family == family::local;
}

/// Appends an address to the text of an error.
inline void append_address(error_text& to, const backend::socket_address& address) {
    if (address.family == family::local) {
        std::size_t size = sizeof address.bytes;  // of the end of its name, which may begin with a zero
        while (size != 0 && address.bytes[size - 1] == 0) --size;
        if (size == 0) to.append("(unix)");
        if (size == sizeof address.bytes) to.append("...");
        if (size != 0) to.append_quoted({reinterpret_cast<const char*>(address.bytes), size});
    } else {
        endpoint::text_buffer buffer{};
        const std::string_view text = endpoint(address).format_to(buffer);
        to.append(text.data(), text.size());
    }
}

// ---- mechanism ----

inline backend::socket_state& socket::closed_state() noexcept {
    static backend::socket_state closed = [] {
        backend::socket_state made(-1, family::v4, backend::transport::stream, backend::machine(),
                                   &backend::no_context);
        made.now = backend::socket_state::phase::closed;
        return made;
    }();
    return closed;
}

inline void socket::raise(backend::error failed, const char* verb) const {
    throw_error(to_error_code(failed),
                error_origin(verb, has_peer(state_->remote) ? &append_address : nullptr, state_->remote));
}

inline endpoint socket::local_endpoint() const {
    backend::socket_address local;
    throw_if(state_->calls->local_address(open_state("local_endpoint"), local), "local_endpoint");
    return endpoint(local);
}

inline std::intptr_t socket::release() {
    backend::socket_state& mine = open_state("release");
    if (mine.reader != nullptr || mine.writer != nullptr)
        throw_if(to_backend_error(std::errc::device_or_resource_busy), "release");
    if (mine.now == backend::socket_state::phase::attached)
        throw_if(mine.joined->detach(&mine, backend::detach_how::keep), "release");
    state_ = &closed_state();
    return backend::uncommon(mine).release(&mine);
}

inline backend::socket_state* socket::adopt_handle(std::intptr_t native, backend::transport wanted,
                                                   bool of_this_machine) {
    backend::error why;
    backend::socket_state* const made = backend::uncommon(calls_here()).adopt(native, why);
    if (made != nullptr && made->carries != wanted) why = to_backend_error(std::errc::wrong_protocol_type);
    if (made != nullptr && (made->addresses == family::local) != of_this_machine)
        why = to_backend_error(std::errc::address_family_not_supported);
    if (!why) return made;
    if (made != nullptr) static_cast<void>(backend::uncommon(*made).release(made));
    throw_error(to_error_code(why), error_origin("adopt"));
}

}  // namespace rill::inline RILL_ABI
