// SPDX-License-Identifier: MIT
// GetProcessHandleCount is no help: wine says 0, and the run-time library keeps handles of its own. So the sockets and
// the ports are looked for, by number.
#include <rill/backend/windows_headers.hpp>

#include <cstdint>

#include <winternl.h>

#include "support/descriptors.hpp"

namespace support {

namespace {

bool is_socket(HANDLE each) {
    int type = 0;
    int size = sizeof type;
    return ::getsockopt(reinterpret_cast<SOCKET>(each), SOL_SOCKET, SO_TYPE, reinterpret_cast<char*>(&type), &size) ==
           0;
}

bool is_port(HANDLE each) {
    using query_port = LONG(NTAPI*)(HANDLE, int, void*, ULONG, ULONG*);
    static const auto query = reinterpret_cast<query_port>(
        reinterpret_cast<void*>(::GetProcAddress(::GetModuleHandleW(L"ntdll.dll"), "NtQueryIoCompletion")));
    LONG depth = 0;
    return query != nullptr && query(each, 0, &depth, sizeof depth, nullptr) >= 0;
}

}  // namespace

std::vector<std::string> open_descriptors() {
    constexpr int gap_max = 256;  // the lowest free number is taken first: behind such a gap there is nothing
    int gap = 0;
    std::vector<std::string> found;
    for (std::uintptr_t number = 4; gap < gap_max; number += 4, ++gap) {
        const auto each = reinterpret_cast<HANDLE>(number);
        DWORD flags = 0;
        if (::GetHandleInformation(each, &flags) == 0) continue;
        gap = 0;
        if (is_socket(each)) {
            found.push_back(std::to_string(number) + " socket:");
        } else if (is_port(each)) {
            found.push_back(std::to_string(number) + " port");
        }
    }
    return found;
}

}  // namespace support
