// SPDX-License-Identifier: MIT
// What is special about Windows: the names of its errors, its completion port, what its headers leave behind.

#include "support/catch.hpp"

#ifndef _WIN32

TEST_CASE("what is special about Windows is tested on Windows", "[windows]") { WARN("skipped: this is no Windows"); }

#else

#include <rill.hpp>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "support/every_backend.hpp"

namespace {

// Names that <windows.h> takes as macros, unless somebody sees to it that it does not.
enum class words { min, max, near, far, small, interface, ERROR, IGNORE, OPAQUE, ABSOLUTE, RELATIVE };

std::error_code of_the_system(int code) { return rill::to_error_code({code, rill::backend::error::domain::system}); }

}  // namespace

TEST_CASE("the headers of Windows leave ordinary words to the program", "[windows]") {
    const auto min = words::min, max = words::max, small = words::small, interface = words::interface;
    const auto ERROR = words::ERROR, near = words::near, far = words::far;
    CHECK(near != far);
    CHECK(min != max);
    CHECK(small != interface);
    CHECK(ERROR == words::ERROR);
    CHECK(std::max(1, 2) == 2);
}

TEST_CASE("what the calls of Windows answer equals what other systems say", "[windows]") {
    struct {
        int code;
        std::errc same;
    } const all[] = {
        {WSAECONNREFUSED, std::errc::connection_refused},
        {ERROR_CONNECTION_REFUSED, std::errc::connection_refused},
        {WSAECONNRESET, std::errc::connection_reset},
        {ERROR_NETNAME_DELETED, std::errc::connection_reset},
        {WSAECONNABORTED, std::errc::connection_aborted},
        {WSAESHUTDOWN, std::errc::broken_pipe},
        {WSAENOTCONN, std::errc::not_connected},
        {WSAETIMEDOUT, std::errc::timed_out},
        {ERROR_SEM_TIMEOUT, std::errc::timed_out},
        {WSAENETUNREACH, std::errc::network_unreachable},
        {ERROR_NETWORK_UNREACHABLE, std::errc::network_unreachable},
        {WSAEHOSTUNREACH, std::errc::host_unreachable},
        {ERROR_HOST_UNREACHABLE, std::errc::host_unreachable},
        {WSAEADDRINUSE, std::errc::address_in_use},
        {WSAEADDRNOTAVAIL, std::errc::address_not_available},
        {WSAEAFNOSUPPORT, std::errc::address_family_not_supported},
        {WSAEACCES, std::errc::permission_denied},
        {WSAEMFILE, std::errc::too_many_files_open},
        {WSAENOBUFS, std::errc::no_buffer_space},
        {ERROR_NOT_ENOUGH_MEMORY, std::errc::not_enough_memory},
        {WSAENOTSOCK, std::errc::not_a_socket},
        {WSAEBADF, std::errc::bad_file_descriptor},
        {ERROR_INVALID_HANDLE, std::errc::bad_file_descriptor},
        {WSAEINVAL, std::errc::invalid_argument},
        {WSAEMSGSIZE, std::errc::message_size},
        {WSAENOPROTOOPT, std::errc::no_protocol_option},
        {WSAEOPNOTSUPP, std::errc::operation_not_supported},
        {WSAEDESTADDRREQ, std::errc::destination_address_required},
        {WSAEISCONN, std::errc::already_connected},
        {ERROR_OPERATION_ABORTED, std::errc::operation_canceled},
        {ERROR_FILE_NOT_FOUND, std::errc::no_such_file_or_directory},
        {ERROR_ACCESS_DENIED, std::errc::permission_denied},
        {ERROR_DISK_FULL, std::errc::no_space_on_device},
    };
    for (const auto& each : all) {
        INFO("code " << each.code);
        CHECK(of_the_system(each.code) == each.same);
        CHECK(of_the_system(each.code).value() == each.code);
    }
}

TEST_CASE("a number of the system is not taken for one of errno, nor the other way round", "[windows]") {
    CHECK(of_the_system(ECANCELED) != std::errc::operation_canceled);  // 105: ERROR_SEM_OWNER_DIED
    CHECK(rill::to_error_code(rill::to_backend_error(std::errc::bad_file_descriptor)) ==
          std::errc::bad_file_descriptor);
    CHECK(of_the_system(static_cast<int>(std::errc::bad_file_descriptor)) != std::errc::bad_file_descriptor);
    CHECK(of_the_system(12'345) != std::errc::operation_canceled);
}

TEST_CASE("a listener's address can't be taken over by SO_REUSEADDR", "[windows]") {
    ON_EVERY_BACKEND(backend);
    const auto listener = rill::tcp_listener::bind({"127.0.0.1", 0});
    const SOCKET thief = ::socket(AF_INET, SOCK_STREAM, 0);
    const BOOL yes = TRUE;
    REQUIRE(::setsockopt(thief, SOL_SOCKET, SO_REUSEADDR, reinterpret_cast<const char*>(&yes), sizeof yes) == 0);
    rill::backend::native_address where(listener.local_endpoint().to_socket_address());
    CHECK(::bind(thief, where.data(), where.size) != 0);
    ::closesocket(thief);
}

TEST_CASE("a transfer of more than 32 bits of length is cut, and so is the sum of its pieces", "[windows]") {
    std::byte byte{};
    rill::backend::operation each(rill::backend::verb::send);
    const rill::backend::slice more[] = {{&byte, std::size_t{3} << 30}, {&byte, 5}};
    each.transfer.now = {&byte, 10};
    each.transfer.more = more;
    each.more_count = 2;
    const rill::backend::pieces_left left(each);
    std::size_t sum = 0;
    for (DWORD index = 0; index < left.count; ++index) sum += left.pieces[index].len;
    CHECK(left.pieces[0].len == 10);
    CHECK(sum == rill::backend::pieces_left::size_max);
}

#endif
