// SPDX-License-Identifier: MIT
#pragma once

// Errors of Windows: the numbers of GetLastError and WSAGetLastError, with what std::errc calls them.
//
// Run-time libraries differ in which of these numbers they map: that of mingw knows few, and takes some for others.
// So the category is our own; the text is that of the system. A number that nothing here knows equals no std::errc.
// No header of Windows is needed, since these numbers never change: winerror.h, "System Error Codes", WSAGetLastError.

#include <string>
#include <system_error>

#include "../config.hpp"

extern "C" __declspec(dllimport) unsigned long __stdcall FormatMessageA(unsigned long, const void*, unsigned long,
                                                                        unsigned long, char*, unsigned long, char**);

namespace rill::backend::inline RILL_ABI {

/// The category of the numbers that the system reports; one object a program.
[[nodiscard]] RILL_VISIBLE inline const std::error_category& system_category() noexcept;

/// What std::errc calls a number of the system; a value of zero: it has no word for it.
[[nodiscard]] inline std::errc errc_of_windows(int code) noexcept;

// ---- mechanism ----

struct windows_error_name {
    int code;
    std::errc name;
};

inline constexpr windows_error_name windows_error_names[] = {
    {1, std::errc::function_not_supported},              // ERROR_INVALID_FUNCTION
    {2, std::errc::no_such_file_or_directory},           // ERROR_FILE_NOT_FOUND
    {3, std::errc::no_such_file_or_directory},           // ERROR_PATH_NOT_FOUND
    {4, std::errc::too_many_files_open},                 // ERROR_TOO_MANY_OPEN_FILES
    {5, std::errc::permission_denied},                   // ERROR_ACCESS_DENIED
    {6, std::errc::bad_file_descriptor},                 // ERROR_INVALID_HANDLE
    {8, std::errc::not_enough_memory},                   // ERROR_NOT_ENOUGH_MEMORY
    {14, std::errc::not_enough_memory},                  // ERROR_OUTOFMEMORY
    {19, std::errc::permission_denied},                  // ERROR_WRITE_PROTECT
    {32, std::errc::device_or_resource_busy},            // ERROR_SHARING_VIOLATION
    {33, std::errc::no_lock_available},                  // ERROR_LOCK_VIOLATION
    {38, std::errc::no_message_available},               // ERROR_HANDLE_EOF
    {39, std::errc::no_space_on_device},                 // ERROR_HANDLE_DISK_FULL
    {50, std::errc::not_supported},                      // ERROR_NOT_SUPPORTED
    {64, std::errc::connection_reset},                   // ERROR_NETNAME_DELETED: the peer gave up
    {80, std::errc::file_exists},                        // ERROR_FILE_EXISTS
    {87, std::errc::invalid_argument},                   // ERROR_INVALID_PARAMETER
    {109, std::errc::broken_pipe},                       // ERROR_BROKEN_PIPE
    {112, std::errc::no_space_on_device},                // ERROR_DISK_FULL
    {120, std::errc::function_not_supported},            // ERROR_CALL_NOT_IMPLEMENTED
    {121, std::errc::timed_out},                         // ERROR_SEM_TIMEOUT
    {123, std::errc::no_such_file_or_directory},         // ERROR_INVALID_NAME
    {183, std::errc::file_exists},                       // ERROR_ALREADY_EXISTS
    {206, std::errc::filename_too_long},                 // ERROR_FILENAME_EXCED_RANGE
    {232, std::errc::broken_pipe},                       // ERROR_NO_DATA
    {233, std::errc::not_connected},                     // ERROR_PIPE_NOT_CONNECTED
    {234, std::errc::message_size},                      // ERROR_MORE_DATA
    {267, std::errc::not_a_directory},                   // ERROR_DIRECTORY
    {995, std::errc::operation_canceled},                // ERROR_OPERATION_ABORTED
    {998, std::errc::bad_address},                       // ERROR_NOACCESS
    {1113, std::errc::illegal_byte_sequence},            // ERROR_NO_UNICODE_TRANSLATION
    {1214, std::errc::invalid_argument},                 // ERROR_INVALID_NETNAME
    {1225, std::errc::connection_refused},               // ERROR_CONNECTION_REFUSED
    {1227, std::errc::address_in_use},                   // ERROR_ADDRESS_ALREADY_ASSOCIATED
    {1228, std::errc::address_not_available},            // ERROR_ADDRESS_NOT_ASSOCIATED
    {1229, std::errc::not_connected},                    // ERROR_CONNECTION_INVALID
    {1231, std::errc::network_unreachable},              // ERROR_NETWORK_UNREACHABLE
    {1232, std::errc::host_unreachable},                 // ERROR_HOST_UNREACHABLE
    {1233, std::errc::network_unreachable},              // ERROR_PROTOCOL_UNREACHABLE
    {1234, std::errc::connection_refused},               // ERROR_PORT_UNREACHABLE
    {1235, std::errc::operation_canceled},               // ERROR_REQUEST_ABORTED
    {1236, std::errc::connection_aborted},               // ERROR_CONNECTION_ABORTED
    {1450, std::errc::no_buffer_space},                  // ERROR_NO_SYSTEM_RESOURCES
    {1460, std::errc::timed_out},                        // ERROR_TIMEOUT
    {1816, std::errc::no_buffer_space},                  // ERROR_NOT_ENOUGH_QUOTA
    {10004, std::errc::interrupted},                     // WSAEINTR
    {10009, std::errc::bad_file_descriptor},             // WSAEBADF
    {10013, std::errc::permission_denied},               // WSAEACCES
    {10014, std::errc::bad_address},                     // WSAEFAULT
    {10022, std::errc::invalid_argument},                // WSAEINVAL
    {10024, std::errc::too_many_files_open},             // WSAEMFILE
    {10035, std::errc::operation_would_block},           // WSAEWOULDBLOCK
    {10036, std::errc::operation_in_progress},           // WSAEINPROGRESS
    {10037, std::errc::connection_already_in_progress},  // WSAEALREADY
    {10038, std::errc::not_a_socket},                    // WSAENOTSOCK
    {10039, std::errc::destination_address_required},    // WSAEDESTADDRREQ
    {10040, std::errc::message_size},                    // WSAEMSGSIZE
    {10041, std::errc::wrong_protocol_type},             // WSAEPROTOTYPE
    {10042, std::errc::no_protocol_option},              // WSAENOPROTOOPT
    {10043, std::errc::protocol_not_supported},          // WSAEPROTONOSUPPORT
    {10044, std::errc::not_supported},                   // WSAESOCKTNOSUPPORT
    {10045, std::errc::operation_not_supported},         // WSAEOPNOTSUPP
    {10046, std::errc::address_family_not_supported},    // WSAEPFNOSUPPORT
    {10047, std::errc::address_family_not_supported},    // WSAEAFNOSUPPORT
    {10048, std::errc::address_in_use},                  // WSAEADDRINUSE
    {10049, std::errc::address_not_available},           // WSAEADDRNOTAVAIL
    {10050, std::errc::network_down},                    // WSAENETDOWN
    {10051, std::errc::network_unreachable},             // WSAENETUNREACH
    {10052, std::errc::network_reset},                   // WSAENETRESET
    {10053, std::errc::connection_aborted},              // WSAECONNABORTED
    {10054, std::errc::connection_reset},                // WSAECONNRESET
    {10055, std::errc::no_buffer_space},                 // WSAENOBUFS
    {10056, std::errc::already_connected},               // WSAEISCONN
    {10057, std::errc::not_connected},                   // WSAENOTCONN
    {10058, std::errc::broken_pipe},                     // WSAESHUTDOWN: what POSIX says of a send after shutdown
    {10060, std::errc::timed_out},                       // WSAETIMEDOUT
    {10061, std::errc::connection_refused},              // WSAECONNREFUSED
    {10062, std::errc::too_many_symbolic_link_levels},   // WSAELOOP
    {10063, std::errc::filename_too_long},               // WSAENAMETOOLONG
    {10064, std::errc::host_unreachable},                // WSAEHOSTDOWN
    {10065, std::errc::host_unreachable},                // WSAEHOSTUNREACH
};

inline std::errc errc_of_windows(int code) noexcept {
    for (const windows_error_name& each : windows_error_names)
        if (each.code == code) return each.name;
    return std::errc();
}

class windows_error_category final : public std::error_category {
  public:
    const char* name() const noexcept override { return "windows"; }
    std::string message(int code) const override {
        char text[512];
        unsigned long size = ::FormatMessageA(0x1200, nullptr, static_cast<unsigned long>(code), 0, text, sizeof text,
                                              nullptr);  // of the system, with nothing inserted
        while (size != 0 && (text[size - 1] == '\n' || text[size - 1] == '\r' || text[size - 1] == '.')) --size;
        return size != 0 ? std::string(text, size) : "Windows error " + std::to_string(code);
    }
    std::error_condition default_error_condition(int code) const noexcept override {
        const std::errc known = errc_of_windows(code);
        return known == std::errc() ? std::error_condition(code, *this) : std::make_error_condition(known);
    }
};

inline const std::error_category& system_category() noexcept {
    static const windows_error_category category;
    return category;
}

}  // namespace rill::backend::inline RILL_ABI
