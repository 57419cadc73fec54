// SPDX-License-Identifier: MIT
#include "threaded.hpp"

#include <rill/backend/internet_address.hpp>

#include "blocking_calls.hpp"

namespace threaded {
namespace {

using rill::backend::internet_address;

constexpr native_socket native_of(std::intptr_t each) noexcept { return static_cast<native_socket>(each); }

[[noreturn]] void fail(const char* what) { throw std::system_error(last_error(), what); }

template <class Result>
Result checked(Result result, const char* what) {
    if (result < 0) fail(what);
    return result;
}

/// Calls it again when a signal came in between.
template <class Call>
std::size_t transferred(const char* what, Call call) {
    for (;;) {
        const auto size = call();
        if (size >= 0) return static_cast<std::size_t>(size);
        if (!interrupted()) fail(what);
    }
}

native_socket open_for(const rill::endpoint& where, int type) {
    const native_socket made = open_socket(where.address().is_v6() ? AF_INET6 : AF_INET, type);
    if (made == static_cast<native_socket>(-1)) fail("socket");
    return made;
}

void bind_to(native_socket each, const rill::endpoint& where) {
    internet_address address(where.to_socket_address());
    if (::bind(each, address.data(), address.size) == 0) return;
    const std::error_code why = last_error();
    throw std::system_error(why, "bind " + to_string(where));
}

}  // namespace

socket::~socket() {
    if (native_ != -1) close_socket(native_of(native_));
}

rill::endpoint socket::local_endpoint() const {
    internet_address address;
    checked(::getsockname(native_of(native_), address.data(), &address.size), "getsockname");
    return rill::endpoint(address.get());
}

std::size_t tcp_stream::recv(std::span<char> to) {
    return transferred("recv",
                       [&] { return ::recv(native_of(native()), to.data(), static_cast<native_size>(to.size()), 0); });
}

void tcp_stream::send_all(std::string_view bytes) {
    while (!bytes.empty())
        bytes.remove_prefix(transferred("send", [&] {
            return ::send(native_of(native()), bytes.data(), static_cast<native_size>(bytes.size()), send_flags);
        }));
}

void tcp_stream::set(rill::option::linger option) {
    ::linger how{};
    how.l_onoff = option.native() >= 0 ? 1 : 0;
    how.l_linger = static_cast<decltype(how.l_linger)>(option.native() >= 0 ? option.native() : 0);
    checked(::setsockopt(native_of(native()), SOL_SOCKET, SO_LINGER, reinterpret_cast<const char*>(&how), sizeof how),
            "setsockopt");
}

bool tcp_stream::readable_within(std::chrono::milliseconds limit) {
    native_poll asked{};
    asked.fd = native_of(native());
    asked.events = POLLIN;
    return checked(poll_one(asked, static_cast<int>(limit.count())), "poll") > 0;
}

tcp_listener tcp_listener::bind(const rill::endpoint& where, rill::option::reuse_address reuse,
                                rill::option::backlog backlog) {
    tcp_listener made(static_cast<std::intptr_t>(open_for(where, SOCK_STREAM)));
    const native_socket native = native_of(made.native());
    if (reuse.value()) reuse_address(native);
    bind_to(native, where);
    checked(::listen(native, backlog.value()), "listen");
    return made;
}

tcp_stream tcp_listener::accept() {
    for (;;) {
        internet_address peer;
        const native_socket accepted = ::accept(native_of(native()), peer.data(), &peer.size);
        if (accepted == static_cast<native_socket>(-1)) {  // a client that has gone, or no room: the next one
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            continue;
        }
        refuse_signal(accepted);
        return {static_cast<std::intptr_t>(accepted), rill::endpoint(peer.get())};
    }
}

udp_socket udp_socket::bind(const rill::endpoint& where) {
    udp_socket made(static_cast<std::intptr_t>(open_for(where, SOCK_DGRAM)));
    bind_to(native_of(made.native()), where);
    return made;
}

udp_socket::datagram udp_socket::recvfrom(std::span<char> to) {
    internet_address from;
    const std::size_t size = transferred("recvfrom", [&] {
        return ::recvfrom(native_of(native()), to.data(), static_cast<native_size>(to.size()), 0, from.data(),
                          &from.size);
    });
    return {size, rill::endpoint(from.get())};
}

void udp_socket::sendto(std::string_view bytes, const rill::endpoint& to) {
    internet_address address(to.to_socket_address());
    transferred("sendto", [&] {
        return ::sendto(native_of(native()), bytes.data(), static_cast<native_size>(bytes.size()), send_flags,
                        address.data(), address.size);
    });
}

std::string recv_message(tcp_stream& from, std::size_t size_max) {
    constexpr std::chrono::milliseconds pause_behind_message{200};
    std::string message(size_max, '\0');
    std::size_t size = from.recv(message);
    while (size != 0 && size < size_max && from.readable_within(pause_behind_message)) {
        const std::size_t more = from.recv(std::span(message).subspan(size));
        if (more == 0) break;
        size += more;
    }
    message.resize(size);
    return message;
}

std::string recv_to_end(tcp_stream& from, std::size_t size_max) {
    std::string text(size_max + 1, '\0');
    for (std::size_t size = 0; size <= size_max;) {
        const std::size_t more = from.recv(std::span(text).subspan(size));
        size += more;
        if (more != 0) continue;
        text.resize(size);
        return text;
    }
    throw std::system_error(std::make_error_code(std::errc::message_size), "recv");
}

}  // namespace threaded
