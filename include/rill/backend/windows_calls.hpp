// SPDX-License-Identifier: MIT
#pragma once

// What Winsock spells its own way: sockets that no child inherits, the calls that are looked up at run time, 32-bit
// lengths.
//
// WSASocketW, SetHandleInformation, ioctlsocket, WSAIoctl with SIO_GET_EXTENSION_FUNCTION_POINTER, WSARecv, WSASend.

#include <cstddef>
#include <cstdint>

#include "contract.hpp"
#include "windows_headers.hpp"

namespace rill::backend::inline RILL_ABI {

inline constexpr error not_supported_here{ERROR_NOT_SUPPORTED, error::domain::system};

/// The error of the call of Winsock, or of the system, that has just failed.
[[nodiscard]] inline error last_socket_error() noexcept { return {::WSAGetLastError(), error::domain::system}; }
[[nodiscard]] inline error last_system_error() noexcept {
    return {static_cast<std::int32_t>(::GetLastError()), error::domain::system};
}

[[nodiscard]] inline SOCKET native_socket_of(const socket_state& each) noexcept {
    return static_cast<SOCKET>(each.handle);
}
[[nodiscard]] inline HANDLE native_handle_of(const socket_state& each) noexcept {
    return reinterpret_cast<HANDLE>(each.handle);  // NOLINT(performance-no-int-to-ptr): that is what a HANDLE is
}

[[nodiscard]] inline int native_family(family of) noexcept {
    return of == family::v4 ? AF_INET : of == family::v6 ? AF_INET6 : AF_UNIX;
}

/// Makes a socket non-blocking for calls that the library does not make itself.
[[nodiscard]] inline error never_block(SOCKET each) noexcept {
    u_long yes = 1;
    return ::ioctlsocket(each, static_cast<long>(FIONBIO), &yes) == 0 ? error() : last_socket_error();
}

/// A new socket for overlapped operations, non-blocking and not inherited; INVALID_SOCKET with `why` set.
[[nodiscard]] inline SOCKET new_socket(int domain, int type, error& why) noexcept {
    const SOCKET made = ::WSASocketW(domain, type, 0, nullptr, 0, WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    if (made == INVALID_SOCKET) {
        why = last_socket_error();
    } else if ((why = never_block(made))) {
        ::closesocket(made);
        return INVALID_SOCKET;
    }
    return made;
}

/// Looks a call up that is not exported by name; null with the error in `why`.
template <class Function>
[[nodiscard]] Function extension_call(SOCKET any, GUID name, error& why) noexcept {
    Function found = nullptr;
    DWORD size = 0;
    const int answer = ::WSAIoctl(any, SIO_GET_EXTENSION_FUNCTION_POINTER, &name, sizeof name,
                                  static_cast<void*>(&found), sizeof found, &size, nullptr, nullptr);
    if (answer != 0) {
        why = last_socket_error();
        return nullptr;
    }
    return found;
}

/// What is left of the slices of an operation, as the system takes it. Lengths have 32 bits there, and so has their sum:
/// this is the one place where a transfer is cut: to much less, since the kernel holds on to all of it meanwhile.
struct pieces_left {
    static constexpr std::size_t size_max = 16UL * 1024 * 1024;

    WSABUF pieces[slices_max];
    DWORD count = 0;

    explicit pieces_left(const operation& of, std::size_t room = size_max) noexcept {
        add(of.transfer.now, room);
        for (std::uint32_t index = 0; index < of.more_count && room != 0; ++index) add(of.transfer.more[index], room);
    }

  private:
    void add(const slice& each, std::size_t& room) noexcept {
        const std::size_t size = each.size < room ? each.size : room;
        pieces[count++] = {static_cast<ULONG>(size), reinterpret_cast<CHAR*>(each.data)};
        room -= size;
    }
};

/// Whether a transfer failed because the connection is over, in both directions.
[[nodiscard]] inline bool breaks_connection(error why) noexcept {
    if (why.whose != error::domain::system) return false;
    switch (why.code) {
        case ERROR_NETNAME_DELETED:
        case ERROR_SEM_TIMEOUT:
        case ERROR_CONNECTION_ABORTED:
        case WSAECONNRESET:
        case WSAECONNABORTED:
        case WSAETIMEDOUT:
        case WSAENETRESET:
        case WSAENETDOWN:
        case WSAEHOSTUNREACH:
        case WSAENETUNREACH:
            return true;
        default:
            return false;
    }
}

/// Whether an accept failed with what happened to one connection before it was taken: the next one is as good as any.
[[nodiscard]] inline bool accept_skips(error why) noexcept {
    return breaks_connection(why) || (why.whose == error::domain::system && why.code == WSAENOTCONN);
}

/// Whether there is no room for one more socket just now, or no memory: that passes.
[[nodiscard]] inline bool lacks_room(error why) noexcept {
    if (why.whose != error::domain::system) return true;  // ENOMEM of our own
    switch (why.code) {
        case WSAEMFILE:
        case WSAENOBUFS:
        case ERROR_TOO_MANY_OPEN_FILES:
        case ERROR_NOT_ENOUGH_MEMORY:
        case ERROR_OUTOFMEMORY:
        case ERROR_NO_SYSTEM_RESOURCES:
        case ERROR_NOT_ENOUGH_QUOTA:
            return true;
        default:
            return false;
    }
}

}  // namespace rill::backend::inline RILL_ABI
