// SPDX-License-Identifier: MIT
#pragma once

// The plain calls of POSIX that few programs make, compiled by those only: options, Unix names, pairs, handles that come
// from elsewhere or go there. getsockopt(2), socketpair(2), unix(7), fcntl(2).

#include <errno.h>
#include <fcntl.h>

#include "posix_options.hpp"
#include "posix_system.hpp"
#include "posix_unix_bind.hpp"

namespace rill::backend::inline RILL_ABI {

class posix_uncommon_calls final : public uncommon_calls {
  public:
    inline error open_pair(transport what, socket_state*& one, socket_state*& other) noexcept override;

    inline socket_state* adopt(std::intptr_t native, error& why) noexcept override;

    std::intptr_t release(socket_state* each) noexcept override {
        const std::intptr_t native = each->handle;
        end_socket_state(each);
        return native;
    }

    error connect(socket_state& each, const socket_address& whereto) noexcept override {
        native_address address(whereto);
        const error failed = error_of(::connect(descriptor_of(each), address.data(), address.size));
        if (!failed) each.remote = whereto;
        return failed;
    }

    error shutdown(socket_state& each, shutdown_direction which) noexcept override {
        const int how = which == shutdown_direction::receive ? SHUT_RD
                        : which == shutdown_direction::send  ? SHUT_WR
                                                             : SHUT_RDWR;
        return error_of(::shutdown(descriptor_of(each), how));
    }

    error bind_unix(socket_state& each, const unix_name& name) noexcept override {
        return error_of(bind_unix_name(descriptor_of(each), name));
    }

    error connect_unix(socket_state& each, const unix_name& whereto) noexcept override {
        native_address address(whereto);
        const error failed = error_of(::connect(descriptor_of(each), address.data(), address.size));
        if (!failed) each.remote = shown_of(whereto);
        return failed;
    }

    error name_of(const socket_state& each, side whose, unix_name& to) noexcept override {
        native_address address;
        const auto ask = whose == side::local ? &::getsockname : &::getpeername;
        const error failed = error_of(ask(descriptor_of(each), address.data(), &address.size));
        if (!failed) to = address.get_name();
        return failed;
    }

    error set_option(socket_state& each, option_name which, int value) noexcept override {
        return error_of(set_native_option(each, which, value));
    }

    error get_option(socket_state& each, option_name which, int& value) noexcept override {
        return error_of(get_native_option(each, which, value));
    }

    error set_raw_option(socket_state& each, int level, int name, const void* value,
                         std::size_t size) noexcept override {
        return error_of(::setsockopt(descriptor_of(each), level, name, value, static_cast<socklen_t>(size)));
    }

    error get_raw_option(socket_state& each, int level, int name, void* value, std::size_t& size) noexcept override {
        auto room = static_cast<socklen_t>(size);
        const error failed = error_of(::getsockopt(descriptor_of(each), level, name, value, &room));
        size = room;
        return failed;
    }

    error change_membership(socket_state& each, membership how, const socket_address& group,
                            std::uint32_t interface_number) noexcept override {
        return error_of(set_native_membership(each, how, group, interface_number));
    }

    void random(std::byte* to, std::size_t size) noexcept override { random_bytes(to, size); }
};

// ---- mechanism ----

inline error posix_uncommon_calls::open_pair(transport what, socket_state*& one, socket_state*& other) noexcept {
    error why;
    int both[2];
    one = make_socket_state(family::local, what, machine(), why);
    other = one == nullptr ? nullptr : make_socket_state(family::local, what, machine(), why);
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

inline socket_state* posix_uncommon_calls::adopt(std::intptr_t native, error& why) noexcept {
    const int descriptor = static_cast<int>(native);
    native_address local;
    local.storage.ss_family = AF_UNSPEC;
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
    socket_state* const made = make_socket_state(of, what, machine(), why);
    if (made == nullptr) return nullptr;
    const int status = ::fcntl(descriptor, F_GETFL);
    if (status < 0 || ::fcntl(descriptor, F_SETFL, status | O_NONBLOCK) < 0 ||
        ::fcntl(descriptor, F_SETFD, FD_CLOEXEC) < 0 || !silence(descriptor)) {
        why = last_error();
        end_socket_state(made);
        return nullptr;
    }
    native_address peer;  // without a name macOS fills in nothing, neither here nor above
    peer.storage.ss_family = local.storage.ss_family = static_cast<sa_family_t>(native_family(of));
    const bool connected = ::getpeername(descriptor, peer.data(), &peer.size) == 0;
    made->handle = native;
    if (connected || what == transport::stream) made->remote = connected ? peer.get() : local.get();
    return made;
}

[[nodiscard]] RILL_VISIBLE inline uncommon_calls& uncommon_calls_of_machine() noexcept {
    static posix_uncommon_calls calls;
    return calls;
}

}  // namespace rill::backend::inline RILL_ABI
