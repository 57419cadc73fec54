// SPDX-License-Identifier: MIT
#include <rill/backend/windows_headers.hpp>

#include <array>
#include <stdexcept>
#include <system_error>

#include <rill/backend/default_backend.hpp>
#include <rill/backend/system_category.hpp>

#include "support/native_socket.hpp"

namespace support::native {

namespace {

SOCKET socket_of(std::intptr_t handle) { return static_cast<SOCKET>(handle); }
SOCKET socket_of(const rill::socket& each) { return socket_of(each.native_handle()); }
HANDLE handle_of(std::intptr_t handle) { return reinterpret_cast<HANDLE>(handle); }

void must(bool good, const char* what) {
    if (!good) throw std::system_error(::WSAGetLastError(), rill::backend::system_category(), what);
}

template <class Value>
bool set(const rill::socket& each, int name, const Value& value) {
    return ::setsockopt(socket_of(each), SOL_SOCKET, name, reinterpret_cast<const char*>(&value), sizeof value) == 0;
}

}  // namespace

void reset_when_closed(const rill::socket& each) {
    const linger at_once{1, 0};
    must(set(each, SO_LINGER, at_once), "SO_LINGER");
}

void keep_buffers_small(const rill::socket& each) {
    const int size = 4096;
    must(set(each, SO_SNDBUF, size), "SO_SNDBUF");
    must(set(each, SO_RCVBUF, size), "SO_RCVBUF");
}

void send_urgent(const rill::socket& each, char byte) {
    must(::send(socket_of(each), &byte, 1, MSG_OOB) == 1, "send MSG_OOB");
}

std::size_t fill_up(const rill::socket& each) {
    static const std::array<char, 16384> block{};
    std::size_t sum = 0;
    for (;;) {
        const int put = ::send(socket_of(each), block.data(), static_cast<int>(block.size()), 0);
        if (put < 0) return sum;
        sum += static_cast<std::size_t>(put);
    }
}

void send_text(const rill::socket& each, const std::string& text) {
    const int put = ::send(socket_of(each), text.data(), static_cast<int>(text.size()), 0);
    must(put == static_cast<int>(text.size()), "send");
}

std::string take_all(const rill::socket& each) {
    std::string all;
    std::array<char, 16384> block;
    for (;;) {
        const int got = ::recv(socket_of(each), block.data(), static_cast<int>(block.size()), 0);
        if (got <= 0) return all;
        all.append(block.data(), static_cast<std::size_t>(got));
    }
}

bool is_open(std::intptr_t handle) {
    DWORD flags = 0;
    return ::GetHandleInformation(handle_of(handle), &flags) != 0;
}
/// On Windows: no new program inherits it.
bool is_closed_on_exec(std::intptr_t handle) {
    DWORD flags = 0;
    return ::GetHandleInformation(handle_of(handle), &flags) != 0 && (flags & HANDLE_FLAG_INHERIT) == 0;
}
/// Nobody can ask: a socket without anything to read is read from, with a limit of time for those that wait.
bool waits(std::intptr_t handle) {
    int type = 0;
    int size = sizeof type;
    if (::getsockopt(socket_of(handle), SOL_SOCKET, SO_TYPE, reinterpret_cast<char*>(&type), &size) != 0)
        return true;  // it is a file
    const DWORD limit_ms = 20;
    ::setsockopt(socket_of(handle), SOL_SOCKET, SO_RCVTIMEO, reinterpret_cast<const char*>(&limit_ms), sizeof limit_ms);
    char byte = 0;
    const bool waited = ::recv(socket_of(handle), &byte, 1, MSG_PEEK) < 0 && ::WSAGetLastError() == WSAETIMEDOUT;
    const DWORD none = 0;
    ::setsockopt(socket_of(handle), SOL_SOCKET, SO_RCVTIMEO, reinterpret_cast<const char*>(&none), sizeof none);
    return waited;
}
void close_handle(std::intptr_t handle) {
    if (::closesocket(socket_of(handle)) != 0) ::CloseHandle(handle_of(handle));
}
std::intptr_t duplicate(std::intptr_t handle) {
    HANDLE copy = nullptr;
    const HANDLE process = ::GetCurrentProcess();
    must(::DuplicateHandle(process, handle_of(handle), process, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS) != 0,
         "DuplicateHandle");
    return reinterpret_cast<std::intptr_t>(copy);
}

bool duplicate_to(std::intptr_t, std::intptr_t) { return false; }

std::pair<std::intptr_t, std::intptr_t> foreign_pair() {
    static_cast<void>(rill::backend::machine());  // Winsock is started
    const SOCKET listener = ::socket(AF_INET, SOCK_STREAM, 0);
    const SOCKET client = ::socket(AF_INET, SOCK_STREAM, 0);
    must(listener != INVALID_SOCKET && client != INVALID_SOCKET, "socket");
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int size = sizeof where;
    auto* const address = reinterpret_cast<sockaddr*>(&where);
    must(::bind(listener, address, size) == 0 && ::listen(listener, 1) == 0, "listen");
    must(::getsockname(listener, address, &size) == 0 && ::connect(client, address, size) == 0, "connect");
    const SOCKET server = ::accept(listener, nullptr, nullptr);
    must(server != INVALID_SOCKET, "accept");
    ::closesocket(listener);
    for (const SOCKET each : {server, client})
        ::SetHandleInformation(reinterpret_cast<HANDLE>(each), HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    return {static_cast<std::intptr_t>(server), static_cast<std::intptr_t>(client)};
}

std::intptr_t open_file() {
    std::array<wchar_t, 1024> path;
    ::GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size()));
    SECURITY_ATTRIBUTES inherited{sizeof inherited, nullptr, TRUE};
    const HANDLE file =
        ::CreateFileW(path.data(), GENERIC_READ, FILE_SHARE_READ, &inherited, OPEN_EXISTING, 0, nullptr);
    must(file != INVALID_HANDLE_VALUE, "open a file");
    return reinterpret_cast<std::intptr_t>(file);
}

std::intptr_t lock_directory(const std::string&) { return -1; }
std::pair<int, int> keep_alive_numbers() { return {SOL_SOCKET, SO_KEEPALIVE}; }

bool tells_late_resets() {
    const auto [one, two] = foreign_pair();
    const linger at_once{1, 0};
    ::setsockopt(socket_of(two), SOL_SOCKET, SO_LINGER, reinterpret_cast<const char*>(&at_once), sizeof at_once);
    ::closesocket(socket_of(two));
    char byte = 0;
    const int got = ::recv(socket_of(one), &byte, 1, 0);
    ::closesocket(socket_of(one));
    return got < 0;
}

/// There is no SIGPIPE: a send can't end the process.
bool broken_pipes_kill() { return true; }

}  // namespace support::native
