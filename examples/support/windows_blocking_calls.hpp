// SPDX-License-Identifier: MIT
#pragma once

// See blocking_calls.hpp. Windows.

#include <rill/backend/windows_headers.hpp>

#include <system_error>

namespace threaded {

using native_socket = SOCKET;
using native_size = int;
using native_poll = WSAPOLLFD;

inline bool interrupted() noexcept { return false; }
/// With the few codes that the programs ask for as the standard knows them.
inline std::error_code last_error() {
    const int code = ::WSAGetLastError();
    if (code == WSAECONNRESET) return std::make_error_code(std::errc::connection_reset);
    if (code == WSAECONNABORTED) return std::make_error_code(std::errc::connection_aborted);
    return {code, std::system_category()};
}
inline native_socket open_socket(int family, int type) noexcept {
    WSADATA data;
    ::WSAStartup(MAKEWORD(2, 2), &data);
    return ::socket(family, type, 0);
}
inline void close_socket(native_socket each) noexcept { ::closesocket(each); }
inline int poll_one(native_poll& each, int milliseconds) noexcept { return ::WSAPoll(&each, 1, milliseconds); }

inline constexpr int send_flags = 0;
inline void refuse_signal(native_socket) noexcept {}
/// Windows gives an address free at once; its option of that name lets others take it.
inline void reuse_address(native_socket) noexcept {}

}  // namespace threaded
