// SPDX-License-Identifier: MIT
#pragma once

// The plain calls of Windows: sockets are opened, bound, asked and closed here; nothing here waits.
//
// Winsock 2, BCryptGenRandom, QueryPerformanceCounter by way of std::chrono::steady_clock, so that users' time points
// and the loop's are the same. What Winsock spells its own way is in windows_calls.hpp.

#include <chrono>
#include <exception>

#include "socket_memory.hpp"
#include "windows_address.hpp"
#include "windows_calls.hpp"
#include "windows_signals.hpp"

#include <bcrypt.h>  // needs windows_headers.hpp before it

namespace rill::backend::inline RILL_ABI {

class windows_system final : public system {
  public:
    /// Winsock stays until the process ends: a socket may be closed by the last destructor of all.
    windows_system() noexcept {
        WSADATA about;
        ::WSAStartup(MAKEWORD(2, 2), &about);  // what fails is told by the first call: WSANOTINITIALISED
    }

    socket_state* open_stream(family of, error& why) noexcept override {
        socket_state* const made = make_socket_state(of, *this, why);
        if (made == nullptr) return nullptr;
        const SOCKET native = new_socket(of == family::v4 ? AF_INET : AF_INET6, SOCK_STREAM, why);
        if (native == INVALID_SOCKET) {
            end_socket_state(made);
            return nullptr;
        }
        made->handle = static_cast<std::intptr_t>(native);
        return made;
    }

    socket_state* adopt(std::intptr_t native, error& why) noexcept override;

    /// Nobody else may bind what is bound here, not even with SO_REUSEADDR, which on Windows takes an address away from
    /// those who have it. Connections that linger in TIME_WAIT do not keep the address here.
    error prepare_listener(socket_state& each) noexcept override {
        if (const error failed = set_option(each, option_name::reuse_address, 0)) return failed;
        return each.addresses == family::v6 ? set_option(each, option_name::v6_only, 1) : error();
    }

    error bind(socket_state& each, const socket_address& where) noexcept override {
        native_address address(where);
        return check(::bind(native_socket_of(each), address.data(), address.size));
    }

    error listen(socket_state& each, int backlog) noexcept override {
        return check(::listen(native_socket_of(each), backlog));
    }

    error local_address(socket_state& each, socket_address& to) noexcept override {
        native_address address;
        const error failed = check(::getsockname(native_socket_of(each), address.data(), &address.size));
        if (!failed) to = address.get();
        return failed;
    }

    error shutdown(socket_state& each, shutdown_direction which) noexcept override {
        const int how = which == shutdown_direction::receive ? SD_RECEIVE
                        : which == shutdown_direction::send  ? SD_SEND
                                                             : SD_BOTH;
        return check(::shutdown(native_socket_of(each), how));
    }

    error set_option(socket_state& each, option_name which, int value) noexcept override;
    error get_option(socket_state& each, option_name which, int& value) noexcept override;

    void close(socket_state* each) noexcept override {
        ::closesocket(native_socket_of(*each));
        end_socket_state(each);
    }

    std::intptr_t release(socket_state* each) noexcept override {
        const std::intptr_t native = each->handle;
        end_socket_state(each);
        return native;
    }

    error watch(signal_watch& each) noexcept override { return windows_signals::shared().add(each); }
    void unwatch(signal_watch& each) noexcept override { windows_signals::shared().remove(each); }

    instant now() noexcept override {
        return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
    }
    void random(std::byte* to, std::size_t size) noexcept override {
        constexpr std::size_t most = 1UL << 30;
        while (size != 0) {
            const std::size_t part = size < most ? size : most;
            const NTSTATUS status = ::BCryptGenRandom(nullptr, reinterpret_cast<PUCHAR>(to), static_cast<ULONG>(part),
                                                      BCRYPT_USE_SYSTEM_PREFERRED_RNG);
            if (status < 0) std::terminate();  // what is not random must not be taken for it
            to += part;
            size -= part;
        }
    }

  private:
    struct level_and_name {
        int level;
        int name;
        bool inverted;  // the option is the opposite of what the system calls it
    };
    static level_and_name native_option(option_name which) noexcept {
        switch (which) {
            case option_name::reuse_address:
                return {SOL_SOCKET, SO_EXCLUSIVEADDRUSE, true};
            case option_name::reuse_port:
                break;  // Windows can't spread connections over several listeners
            case option_name::keep_alive:
                return {SOL_SOCKET, SO_KEEPALIVE, false};
            case option_name::no_delay:
                return {IPPROTO_TCP, TCP_NODELAY, false};
            case option_name::v6_only:
                return {IPPROTO_IPV6, IPV6_V6ONLY, false};
        }
        return {-1, 0, false};
    }
    static constexpr error no_such_option{WSAENOPROTOOPT, error::domain::system};
    static error check(int answer) noexcept { return answer != 0 ? last_socket_error() : error(); }
};

// ---- mechanism ----

inline error windows_system::set_option(socket_state& each, option_name which, int value) noexcept {
    const auto [level, name, inverted] = native_option(which);
    if (level < 0) return no_such_option;
    const BOOL native = inverted ? (value == 0 ? TRUE : FALSE) : value;
    return check(
        ::setsockopt(native_socket_of(each), level, name, reinterpret_cast<const char*>(&native), sizeof native));
}

inline error windows_system::get_option(socket_state& each, option_name which, int& value) noexcept {
    const auto [level, name, inverted] = native_option(which);
    if (level < 0) return no_such_option;
    DWORD native = 0;  // some options fill only the first byte
    int size = sizeof native;
    const error failed =
        check(::getsockopt(native_socket_of(each), level, name, reinterpret_cast<char*>(&native), &size));
    value = inverted ? (native == 0 ? 1 : 0) : static_cast<int>(native);
    return failed;
}

inline socket_state* windows_system::adopt(std::intptr_t native, error& why) noexcept {
    const auto handle = static_cast<SOCKET>(native);
    WSAPROTOCOL_INFOW about;
    int size = sizeof about;
    if (::getsockopt(handle, SOL_SOCKET, SO_PROTOCOL_INFOW, reinterpret_cast<char*>(&about), &size) != 0) {
        why = last_socket_error();
        return nullptr;
    }
    const family of = about.iAddressFamily == AF_INET    ? family::v4
                      : about.iAddressFamily == AF_INET6 ? family::v6
                                                         : family::local;
    socket_state* const made = make_socket_state(of, *this, why);
    if (made == nullptr) return nullptr;
    made->handle = native;
    why = never_block(handle);
    if (!why && !::SetHandleInformation(native_handle_of(*made), HANDLE_FLAG_INHERIT, 0)) why = last_system_error();
    if (why) {
        end_socket_state(made);
        return nullptr;
    }
    native_address peer;
    native_address local;
    if (::getpeername(handle, peer.data(), &peer.size) == 0) {
        made->remote = peer.get();
    } else if (::getsockname(handle, local.data(), &local.size) == 0) {
        made->remote = local.get();
    }
    return made;
}

[[nodiscard]] RILL_VISIBLE inline system& machine() noexcept {
    static windows_system calls;
    return calls;
}

}  // namespace rill::backend::inline RILL_ABI
