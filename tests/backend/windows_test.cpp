// SPDX-License-Identifier: MIT
// What is special about Windows: the names of its errors, its completion port, what its headers leave behind.

#include "support/catch.hpp"

#ifndef _WIN32

TEST_CASE("what is special about Windows is tested on Windows", "[windows]") { WARN("skipped: this is no Windows"); }

#else

#include <rill.hpp>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

#include "support/error_of.hpp"
#include "support/every_backend.hpp"
#include "support/native_socket.hpp"
#include "support/scratch_folder.hpp"
#include "support/unix_sockets.hpp"

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
        {ERROR_HANDLE_DISK_FULL, std::errc::no_space_on_device},
        {ERROR_PATH_NOT_FOUND, std::errc::no_such_file_or_directory},
        {ERROR_INVALID_NAME, std::errc::no_such_file_or_directory},
        {ERROR_FILENAME_EXCED_RANGE, std::errc::filename_too_long},
        {ERROR_DIRECTORY, std::errc::not_a_directory},
        {ERROR_NO_UNICODE_TRANSLATION, std::errc::illegal_byte_sequence},
        {ERROR_NOACCESS, std::errc::bad_address},
        {ERROR_WRITE_PROTECT, std::errc::permission_denied},
        {ERROR_LOCK_VIOLATION, std::errc::no_lock_available},
        {ERROR_SHARING_VIOLATION, std::errc::device_or_resource_busy},
        {ERROR_FILE_EXISTS, std::errc::file_exists},
        {ERROR_ALREADY_EXISTS, std::errc::file_exists},
        {ERROR_INVALID_FUNCTION, std::errc::function_not_supported},
        {ERROR_CALL_NOT_IMPLEMENTED, std::errc::function_not_supported},
        {ERROR_NOT_SUPPORTED, std::errc::not_supported},
        {ERROR_INVALID_PARAMETER, std::errc::invalid_argument},
        {ERROR_TOO_MANY_OPEN_FILES, std::errc::too_many_files_open},
        {ERROR_OUTOFMEMORY, std::errc::not_enough_memory},
        {ERROR_NO_SYSTEM_RESOURCES, std::errc::no_buffer_space},
        {ERROR_NOT_ENOUGH_QUOTA, std::errc::no_buffer_space},
        {ERROR_BROKEN_PIPE, std::errc::broken_pipe},
        {ERROR_NO_DATA, std::errc::broken_pipe},
        {ERROR_PIPE_NOT_CONNECTED, std::errc::not_connected},
        {ERROR_MORE_DATA, std::errc::message_size},
        {ERROR_ADDRESS_ALREADY_ASSOCIATED, std::errc::address_in_use},
        {ERROR_ADDRESS_NOT_ASSOCIATED, std::errc::address_not_available},
        {ERROR_CONNECTION_INVALID, std::errc::not_connected},
        {ERROR_CONNECTION_ABORTED, std::errc::connection_aborted},
        {ERROR_PORT_UNREACHABLE, std::errc::connection_refused},
        {ERROR_PROTOCOL_UNREACHABLE, std::errc::network_unreachable},
        {ERROR_REQUEST_ABORTED, std::errc::operation_canceled},
        {ERROR_TIMEOUT, std::errc::timed_out},
        {WSAEINTR, std::errc::interrupted},
        {WSAEFAULT, std::errc::bad_address},
        {WSAEWOULDBLOCK, std::errc::operation_would_block},
        {WSAEINPROGRESS, std::errc::operation_in_progress},
        {WSAEALREADY, std::errc::connection_already_in_progress},
        {WSAEPROTOTYPE, std::errc::wrong_protocol_type},
        {WSAEPROTONOSUPPORT, std::errc::protocol_not_supported},
        {WSAESOCKTNOSUPPORT, std::errc::not_supported},
        {WSAEPFNOSUPPORT, std::errc::address_family_not_supported},
        {WSAENETDOWN, std::errc::network_down},
        {WSAENETRESET, std::errc::network_reset},
        {WSAEHOSTDOWN, std::errc::host_unreachable},
        {WSAENAMETOOLONG, std::errc::filename_too_long},
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

TEST_CASE("a datagram of more than 32 bits of length is too long, and nothing of it is sent", "[windows]") {
    std::vector<std::byte> begin(2 * rill::backend::pieces_left::size_max);
    auto from = rill::udp_socket::bind({"127.0.0.1", 0});
    rill::backend::batch_entry entry{};
    entry.bytes = {begin.data(), (std::size_t{1} << 32) + 5};
    entry.peer = from.local_endpoint().to_socket_address();
    entry.addressed = true;
    const rill::backend::error failed = rill::backend::transmit_entry(from.state(), entry);
    CHECK(rill::to_error_code(failed) == std::errc::message_size);
    CHECK(support::native::take_all(from).empty());
}

TEST_CASE("a file that was opened for overlapped operations is waited for", "[windows]") {
    const support::scratch_folder folder;
    constexpr DWORD how = FILE_FLAG_OVERLAPPED | FILE_ATTRIBUTE_NORMAL;
    const rill::owned_handle file(reinterpret_cast<std::intptr_t>(
        ::CreateFileA((folder / "f").c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, CREATE_ALWAYS, how, nullptr)));
    std::string out = "hello", in(8, '\0');
    const auto slice_of = [](std::string& of) {
        return rill::backend::slice{reinterpret_cast<std::byte*>(of.data()), of.size()};
    };
    std::size_t done = 0;
    CHECK_FALSE(rill::backend::write_file(file.get(), 3, slice_of(out), done));
    CHECK(done == 5);
    CHECK_FALSE(rill::backend::read_file(file.get(), 3, slice_of(in), done));
    CHECK(in.substr(0, done) == "hello");
    CHECK_FALSE(rill::backend::read_file(file.get(), 8, slice_of(in), done));
    CHECK(done == 0);
}

TEST_CASE("Unix sockets talk where the system has them, and elsewhere each way to them is refused", "[windows]") {
    ON_EVERY_BACKEND(backend);
    const support::scratch_folder folder;
    const std::string path = folder / "s";
    const auto listener = [&] { return rill::unix_listener::bind(path); };
    const bool there = support::has_unix_streams();
    backend.run([&]() -> rill::task<> {
        if (!there) {
            CHECK(support::error_of(listener) == std::errc::address_family_not_supported);
            const auto refused = co_await rill::as_result(rill::unix_stream::connect(path));
            CHECK(refused.error() == std::errc::address_family_not_supported);
        } else {
            auto here = listener();
            auto [server, client] = co_await rill::when_all(here.accept(), rill::unix_stream::connect(path));
            co_await client.send_all("hello");
            std::string text(5, '\0');
            co_await server.recv_exactly(text);
            CHECK(text == "hello");
            CHECK(support::error_of(listener) == std::errc::address_in_use);
        }
        const auto abstract = co_await rill::as_result(rill::unix_stream::connect(rill::unix_endpoint::abstract("a")));
        CHECK((abstract.error() == std::errc::not_supported || !there));
    });
    CHECK(support::error_of([] { static_cast<void>(rill::socket_pair()); }) == std::errc::not_supported);
    CHECK(support::error_of([] { static_cast<void>(rill::unix_datagram_socket::open()); }) == std::errc::not_supported);
}

TEST_CASE("a socket and a port that are left open are seen by the guard of the tests", "[windows]") {
    const auto before = support::open_descriptors();
    {
        const rill::io_context context;
        const auto socket = rill::udp_socket::bind({"127.0.0.1", 0});
        CHECK(support::open_descriptors().size() == before.size() + 2);
    }
    CHECK(support::open_descriptors() == before);
}

#endif
