// SPDX-License-Identifier: MIT
#pragma once

// The plain calls of Windows: sockets are opened, bound, asked and closed here; nothing here waits.
//
// Winsock 2, BCryptGenRandom, QueryPerformanceCounter by way of std::chrono::steady_clock, so that users' time points
// and the loop's are the same. What Winsock spells its own way is in windows_calls.hpp.
//
// Unix sockets are there since Windows 10 (2018), as streams with a path; wine has none. There are no datagrams, pairs
// and abstract names. A file that an earlier program has left is not replaced: whether somebody still has it can't be
// asked without becoming their client, and it can be deleted though they do ("AF_UNIX comes to Windows").

#include <cerrno>
#include <chrono>
#include <exception>

#include "socket_memory.hpp"
#include "system_address.hpp"
#include "windows_calls.hpp"
#include "windows_options.hpp"
#include "windows_signals.hpp"

#include <bcrypt.h>  // needs windows_headers.hpp before it

namespace rill::backend::inline RILL_ABI {

class windows_system final : public system, public uncommon_calls {
  public:
    /// Winsock stays until the process ends: a socket may be closed by the last destructor of all.
    windows_system() noexcept {
        WSADATA about;
        ::WSAStartup(MAKEWORD(2, 2), &about);  // what fails is told by the first call: WSANOTINITIALISED
    }

    socket_state* open(family of, transport what, error& why) noexcept override;
    error open_pair(transport, socket_state*&, socket_state*&) noexcept override { return not_supported_here; }
    socket_state* adopt(std::intptr_t native, error& why) noexcept override;

    /// Nobody else may bind what is bound here, not even with SO_REUSEADDR, which on Windows takes an address away from
    /// those who have it. Connections that linger in TIME_WAIT do not keep the address here.
    error prepare_listener(socket_state& each) noexcept override {
        if (each.addresses == family::local) return {};
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
        if (failed && failed.code != WSAEINVAL) return failed;
        to = failed ? socket_address() : address.get();
        if (failed) to.family = each.addresses;  // it is bound to nothing yet: other systems show that as port 0
        return {};
    }

    error connect(socket_state& each, const socket_address& whereto) noexcept override {
        native_address address(whereto);
        const error failed = check(::connect(native_socket_of(each), address.data(), address.size));
        if (!failed) each.remote = whereto;
        return failed;
    }

    error bind_unix(socket_state& each, const unix_name& name) noexcept override {
        if (is_abstract(name)) return not_supported_here;
        native_address address(name);
        return check(::bind(native_socket_of(each), address.data(), address.size));
    }
    error connect_unix(socket_state&, const unix_name&) noexcept override {
        return not_supported_here;
    }  // of datagrams
    error name_of(const socket_state& each, side whose, unix_name& to) noexcept override {
        native_address address;
        const auto ask = whose == side::local ? &::getsockname : &::getpeername;
        const error failed = check(ask(native_socket_of(each), address.data(), &address.size));
        if (failed && (failed.code != WSAEINVAL || whose == side::remote)) return failed;
        to = failed ? unix_name() : address.get_name();  // it is bound to nothing yet
        return {};
    }

    error shutdown(socket_state& each, shutdown_direction which) noexcept override {
        const int how = which == shutdown_direction::receive ? SD_RECEIVE
                        : which == shutdown_direction::send  ? SD_SEND
                                                             : SD_BOTH;
        return check(::shutdown(native_socket_of(each), how));
    }

    error set_option(socket_state& each, option_name which, int value) noexcept override {
        return set_native_option(each, which, value);
    }
    error get_option(socket_state& each, option_name which, int& value) noexcept override {
        return get_native_option(each, which, value);
    }
    error set_raw_option(socket_state& each, int level, int name, const void* value,
                         std::size_t size) noexcept override {
        return check(
            ::setsockopt(native_socket_of(each), level, name, static_cast<const char*>(value), static_cast<int>(size)));
    }
    error get_raw_option(socket_state& each, int level, int name, void* value, std::size_t& size) noexcept override {
        int room = static_cast<int>(size);
        const error failed = check(::getsockopt(native_socket_of(each), level, name, static_cast<char*>(value), &room));
        size = static_cast<std::size_t>(room);
        return failed;
    }
    error change_membership(socket_state& each, membership how, const socket_address& group,
                            std::uint32_t interface_number) noexcept override {
        return set_native_membership(each, how, group, interface_number);
    }

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
    static error prepare_datagrams(SOCKET native) noexcept;
    static error check(int answer) noexcept { return answer != 0 ? last_socket_error() : error(); }
};

// ---- mechanism ----

/// What the network says of one datagram must not be the error of another, to somebody else.
inline error windows_system::prepare_datagrams(SOCKET native) noexcept {
    BOOL no = FALSE;
    DWORD none = 0;
    constexpr DWORD connection_reset = SIO_UDP_CONNRESET;
    constexpr DWORD network_reset = _WSAIOW(IOC_VENDOR, 15);  // SIO_UDP_NETRESET
    if (::WSAIoctl(native, connection_reset, &no, sizeof no, nullptr, 0, &none, nullptr, nullptr) != 0)
        return last_socket_error();
    ::WSAIoctl(native, network_reset, &no, sizeof no, nullptr, 0, &none, nullptr, nullptr);  // older systems lack it
    return {};
}

inline socket_state* windows_system::open(family of, transport what, error& why) noexcept {
    const bool stream = what == transport::stream;
    if (of == family::local && !stream) {
        why = not_supported_here;
        return nullptr;
    }
    socket_state* const made = make_socket_state(of, what, *this, why);
    if (made == nullptr) return nullptr;
    const SOCKET native = new_socket(native_family(of), stream ? SOCK_STREAM : SOCK_DGRAM, why);
    if (native != INVALID_SOCKET && !stream && (why = prepare_datagrams(native))) ::closesocket(native);
    if (why) {
        end_socket_state(made);
        return nullptr;
    }
    made->handle = static_cast<std::intptr_t>(native);
    return made;
}

inline socket_state* windows_system::adopt(std::intptr_t native, error& why) noexcept {
    const auto handle = static_cast<SOCKET>(native);
    WSAPROTOCOL_INFOW about;
    int size = sizeof about;
    if (::getsockopt(handle, SOL_SOCKET, SO_PROTOCOL_INFOW, reinterpret_cast<char*>(&about), &size) != 0) {
        why = last_socket_error();
        DWORD flags = 0;  // the error is the same for what is no handle at all
        const bool is_handle =
            handle != INVALID_SOCKET && ::GetHandleInformation(reinterpret_cast<HANDLE>(native), &flags);
        if (why.code == WSAENOTSOCK && !is_handle) why = {EBADF, error::domain::generic};
        return nullptr;
    }
    const bool stream = about.iSocketType == SOCK_STREAM;
    const int number = about.iAddressFamily;
    const family of = number == AF_INET ? family::v4 : number == AF_INET6 ? family::v6 : family::local;
    if (native_family(of) != number || (!stream && about.iSocketType != SOCK_DGRAM)) {
        why = {EPROTOTYPE, error::domain::generic};
        return nullptr;
    }
    socket_state* const made = make_socket_state(of, stream ? transport::stream : transport::datagram, *this, why);
    if (made == nullptr) return nullptr;
    made->handle = native;
    why = never_block(handle);
    if (!why && !stream) why = prepare_datagrams(handle);
    if (!why && !::SetHandleInformation(native_handle_of(*made), HANDLE_FLAG_INHERIT, 0)) why = last_system_error();
    if (why) {
        end_socket_state(made);
        return nullptr;
    }
    native_address peer;
    native_address local;
    if (::getpeername(handle, peer.data(), &peer.size) == 0) {
        made->remote = peer.get();
    } else if (stream && ::getsockname(handle, local.data(), &local.size) == 0) {
        made->remote = local.get();  // a listener's errors name its own address
    }
    return made;
}

[[nodiscard]] RILL_VISIBLE inline windows_system& windows_calls() noexcept {
    static windows_system calls;
    return calls;
}

inline system& machine() noexcept { return windows_calls(); }

/// Not by std::getenv, of which MSVC warns whoever calls it. What is too long is as good as any other wrong word.
inline void read_environment(const char* name, char* to, std::size_t room) noexcept {
    const DWORD size = ::GetEnvironmentVariableA(name, to, static_cast<DWORD>(room));
    if (size >= room) to[0] = '?', to[1] = '\0';
    if (size == 0) to[0] = '\0';
}
inline uncommon_calls& uncommon_calls_of_machine() noexcept { return windows_calls(); }

}  // namespace rill::backend::inline RILL_ABI
