// SPDX-License-Identifier: MIT
#pragma once

// `datagram`: what has been received as a value, and the awaiters of the verbs of datagrams. What those promise stands at
// the members of datagram_socket.
//
//     const auto [size, from, truncated] = co_await socket.recvfrom(buffer);

#include <cstddef>
#include <utility>

#include "message_operation.hpp"
#include "unix_endpoint.hpp"

namespace rill::inline RILL_ABI {

/// What has been received: how many bytes are in the buffer, who sent them, and whether there were more, which are lost.
template <class Endpoint>
struct datagram_from {
    std::size_t size = 0;
    Endpoint from;
    bool truncated = false;
};
/// From an Internet peer, and from one on this machine.
using datagram = datagram_from<endpoint>;
using unix_datagram = datagram_from<unix_endpoint>;

/// Where a message keeps an address of each kind.
class endpoint_place {
  public:
    endpoint_place() noexcept = default;
    explicit endpoint_place(const endpoint& given) noexcept : given_(given) {}

    void put_into(backend::message& to) const noexcept { to.peer = given_.to_socket_address(); }
    static void make_room(backend::message&) noexcept {}
    [[nodiscard]] static endpoint got(const backend::message& from) { return endpoint(from.peer); }
    [[nodiscard]] backend::socket_address shown() const noexcept { return given_.to_socket_address(); }

  private:
    endpoint given_;
};
class unix_endpoint_place {
  public:
    unix_endpoint_place() noexcept = default;
    explicit unix_endpoint_place(const unix_endpoint& given) noexcept : name_(given.to_unix_name()) {}

    void put_into(backend::message& to) noexcept { to.name = &name_; }
    void make_room(backend::message& to) noexcept { to.name = &name_; }
    [[nodiscard]] unix_endpoint got(const backend::message&) const noexcept { return unix_endpoint(name_); }
    [[nodiscard]] backend::socket_address shown() const noexcept { return backend::shown_of(name_); }

  private:
    backend::unix_name name_;
};
template <class Endpoint>
struct endpoint_place_of;
template <>
struct endpoint_place_of<endpoint> {
    using type = endpoint_place;
};
template <>
struct endpoint_place_of<unix_endpoint> {
    using type = unix_endpoint_place;
};

template <class Endpoint, std::size_t Count>
class [[nodiscard]] recvfrom_operation final : public message_operation<Count> {
  public:
    recvfrom_operation(const socket& of, const backend::slice (&slices)[Count]) noexcept
        : message_operation<Count>(backend::verb::recv_message, of, slices) {}

    bool start(branch& on) noexcept {
        from_.make_room(this->message_);
        return this->template begin_message<backend::verb::recv_message>(on);
    }
    datagram_from<Endpoint> result() const {
        this->throw_if_failed();
        return {this->message_.size, from_.got(this->message_), this->message_.truncated};
    }

  private:
    typename endpoint_place_of<Endpoint>::type from_;
};

template <class Endpoint>
class [[nodiscard]] sendto_operation final : public message_operation<1> {
  public:
    sendto_operation(const socket& of, const backend::slice (&slices)[1], const Endpoint& to) noexcept
        : message_operation<1>(backend::verb::send_message, of, slices), to_(to) {}

    bool start(branch& on) noexcept {
        to_.put_into(message_);
        message_.addressed = true;
        return begin_message<backend::verb::send_message>(on);
    }
    [[nodiscard]] error_report report() noexcept {
        operation_.peer = to_.shown();  // and not to whom the socket may be connected
        return message_operation<1>::report();
    }
    std::size_t result() {
        if (failed()) operation_.peer = to_.shown();
        throw_if_failed();
        return message_.size;
    }

  private:
    typename endpoint_place_of<Endpoint>::type to_;
};

/// From the peer that the socket is connected to. There is no place to tell that something was cut off: an error says so.
template <std::size_t Count>
class [[nodiscard]] recv_datagram_operation final : public message_operation<Count> {
  public:
    recv_datagram_operation(const socket& of, const backend::slice (&slices)[Count]) noexcept
        : message_operation<Count>(backend::verb::recv_message, of, slices) {}

    bool start(branch& on) noexcept { return this->template begin_message<backend::verb::recv_message>(on); }
    [[nodiscard]] bool failed() const noexcept {
        return message_operation<Count>::failed() || this->message_.truncated;
    }
    [[nodiscard]] error_report report() noexcept {
        note_failure();
        return message_operation<Count>::report();
    }
    std::size_t result() {
        note_failure();
        this->throw_if_failed();
        return this->message_.size;
    }

  private:
    void note_failure() noexcept {
        if (!failed()) return;
        this->operation_.what = backend::verb::recv;
        if (message_operation<Count>::failed()) return;
        this->operation_.failure = to_backend_error(std::errc::message_size);
        this->operation_.peer = {};  // the socket may be gone by now
    }
};

template <std::size_t Count>
class [[nodiscard]] send_datagram_operation final : public message_operation<Count> {
  public:
    send_datagram_operation(const socket& of, const backend::slice (&slices)[Count]) noexcept
        : message_operation<Count>(backend::verb::send_message, of, slices) {}

    bool start(branch& on) noexcept { return this->template begin_message<backend::verb::send_message>(on); }
    [[nodiscard]] error_report report() noexcept {
        this->operation_.what = backend::verb::send;
        return message_operation<Count>::report();
    }
    std::size_t result() {
        if (this->failed()) this->operation_.what = backend::verb::send;
        this->throw_if_failed();
        return this->message_.size;
    }
};

}  // namespace rill::inline RILL_ABI
