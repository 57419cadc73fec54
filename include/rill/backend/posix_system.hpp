// SPDX-License-Identifier: MIT
#pragma once

// The plain calls of POSIX: sockets are opened, bound, asked and closed here; nothing here waits.
//
// socket(7), tcp(7), ipv6(7), fcntl(2), close(2). What each system spells its own way: native_calls.hpp.

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "native_calls.hpp"
#include "posix_address.hpp"
#include "posix_options.hpp"
#include "posix_signals.hpp"
#include "posix_unix_bind.hpp"
#include "socket_memory.hpp"

namespace rill::backend::inline RILL_ABI {

/// The error of the call that has just failed.
[[nodiscard]] inline error last_error() noexcept { return {errno, error::domain::system}; }

[[nodiscard]] inline int descriptor_of(const socket_state& each) noexcept { return static_cast<int>(each.handle); }

class posix_system final : public system {
  public:
    socket_state* open(family of, transport what, error& why) noexcept override {
        socket_state* const made = make_socket_state(of, what, *this, why);
        if (made == nullptr) return nullptr;
        made->handle = new_socket(native_family(of), native_type(what));
        if (made->handle >= 0) return made;
        why = last_error();
        end_socket_state(made);
        return nullptr;
    }
    inline error open_pair(transport what, socket_state*& one, socket_state*& other) noexcept override;

    inline socket_state* adopt(std::intptr_t native, error& why) noexcept override;

    error prepare_listener(socket_state& each) noexcept override {
        if (const error failed = set_option(each, option_name::reuse_address, 1)) return failed;
        return each.addresses == family::v6 ? set_option(each, option_name::v6_only, 1) : error();
    }

    error bind(socket_state& each, const socket_address& where) noexcept override {
        native_address address(where);
        return check(::bind(descriptor_of(each), address.data(), address.size));
    }

    error listen(socket_state& each, int backlog) noexcept override {
        return check(::listen(descriptor_of(each), backlog));
    }

    error local_address(socket_state& each, socket_address& to) noexcept override {
        native_address address;
        const error failed = check(::getsockname(descriptor_of(each), address.data(), &address.size));
        if (!failed) to = address.get();
        return failed;
    }

    error connect(socket_state& each, const socket_address& whereto) noexcept override {
        native_address address(whereto);
        const error failed = check(::connect(descriptor_of(each), address.data(), address.size));
        if (!failed) each.remote = whereto;
        return failed;
    }

    error bind_unix(socket_state& each, const unix_name& name) noexcept override {
        return check(bind_unix_name(descriptor_of(each), name));
    }

    error connect_unix(socket_state& each, const unix_name& whereto) noexcept override {
        native_address address(whereto);
        const error failed = check(::connect(descriptor_of(each), address.data(), address.size));
        if (!failed) each.remote = shown_of(whereto);
        return failed;
    }

    error name_of(const socket_state& each, side whose, unix_name& to) noexcept override {
        native_address address;
        const auto ask = whose == side::local ? &::getsockname : &::getpeername;
        const error failed = check(ask(descriptor_of(each), address.data(), &address.size));
        if (!failed) to = address.get_name();
        return failed;
    }

    error shutdown(socket_state& each, shutdown_direction which) noexcept override {
        const int how = which == shutdown_direction::receive ? SHUT_RD
                        : which == shutdown_direction::send  ? SHUT_WR
                                                             : SHUT_RDWR;
        return check(::shutdown(descriptor_of(each), how));
    }

    error set_option(socket_state& each, option_name which, int value) noexcept override {
        return check(set_native_option(each, which, value));
    }

    error get_option(socket_state& each, option_name which, int& value) noexcept override {
        return check(get_native_option(each, which, value));
    }

    error set_raw_option(socket_state& each, int level, int name, const void* value,
                         std::size_t size) noexcept override {
        return check(::setsockopt(descriptor_of(each), level, name, value, static_cast<socklen_t>(size)));
    }

    error get_raw_option(socket_state& each, int level, int name, void* value, std::size_t& size) noexcept override {
        auto room = static_cast<socklen_t>(size);
        const error failed = check(::getsockopt(descriptor_of(each), level, name, value, &room));
        size = room;
        return failed;
    }

    error change_membership(socket_state& each, membership how, const socket_address& group,
                            std::uint32_t interface_number) noexcept override {
        return check(set_native_membership(each, how, group, interface_number));
    }

    void close(socket_state* each) noexcept override {
        ::close(descriptor_of(*each));  // EINTR: it is closed all the same
        end_socket_state(each);
    }

    std::intptr_t release(socket_state* each) noexcept override {
        const std::intptr_t native = each->handle;
        end_socket_state(each);
        return native;
    }

    error watch(signal_watch& each) noexcept override { return posix_signals::shared().add(each); }
    void unwatch(signal_watch& each) noexcept override { posix_signals::shared().remove(each); }

    instant now() noexcept override {
        timespec now{};
        ::clock_gettime(steady_clock_id, &now);
        return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
    }
    void random(std::byte* to, std::size_t size) noexcept override { random_bytes(to, size); }

  private:
    static int native_family(family of) noexcept {
        return of == family::v4 ? AF_INET : of == family::v6 ? AF_INET6 : AF_UNIX;
    }
    static int native_type(transport what) noexcept { return what == transport::stream ? SOCK_STREAM : SOCK_DGRAM; }
    static error check(int answer) noexcept { return answer < 0 ? last_error() : error(); }
};

// ---- mechanism ----

inline error posix_system::open_pair(transport what, socket_state*& one, socket_state*& other) noexcept {
    error why;
    int both[2];
    one = make_socket_state(family::local, what, *this, why);
    other = one == nullptr ? nullptr : make_socket_state(family::local, what, *this, why);
    if (other != nullptr && new_pair(native_type(what), both) < 0) why = last_error();
    if (why) {
        if (one != nullptr) end_socket_state(one);
        if (other != nullptr) end_socket_state(other);
        return why;
    }
    one->handle = both[0];
    other->handle = both[1];
    one->remote.family = other->remote.family = family::local;
    return {};
}

inline socket_state* posix_system::adopt(std::intptr_t native, error& why) noexcept {
    const int descriptor = static_cast<int>(native);
    native_address local;
    int type = 0;
    socklen_t size = sizeof type;
    if (::getsockname(descriptor, local.data(), &local.size) < 0 ||
        ::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) < 0) {
        why = last_error();
        return nullptr;
    }
    const family of = local.storage.ss_family == AF_INET    ? family::v4
                      : local.storage.ss_family == AF_INET6 ? family::v6
                                                            : family::local;
    if (type != SOCK_STREAM && type != SOCK_DGRAM) {
        why = {EPROTOTYPE, error::domain::system};
        return nullptr;
    }
    const transport what = type == SOCK_STREAM ? transport::stream : transport::datagram;
    socket_state* const made = make_socket_state(of, what, *this, why);
    if (made == nullptr) return nullptr;
    const int status = ::fcntl(descriptor, F_GETFL);
    if (status < 0 || ::fcntl(descriptor, F_SETFL, status | O_NONBLOCK) < 0 ||
        ::fcntl(descriptor, F_SETFD, FD_CLOEXEC) < 0 || !silence(descriptor)) {
        why = last_error();
        end_socket_state(made);
        return nullptr;
    }
    native_address peer;
    const bool connected = ::getpeername(descriptor, peer.data(), &peer.size) == 0;
    made->handle = native;
    if (connected || what == transport::stream) made->remote = connected ? peer.get() : local.get();
    return made;
}

[[nodiscard]] RILL_VISIBLE inline system& machine() noexcept {
    static posix_system calls;
    return calls;
}

}  // namespace rill::backend::inline RILL_ABI
