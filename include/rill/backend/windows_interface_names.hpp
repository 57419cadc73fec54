// SPDX-License-Identifier: MIT
#pragma once

// Numbers of network interfaces by if_nametoindex of Windows, which knows names such as `ethernet_32768`. Included by
// interface_names.hpp. The library it is in is not among those that programs link, so it is asked for when it is needed.

#include <errno.h>

#include "interface_names.hpp"
#include "windows_calls.hpp"

namespace rill::backend::inline RILL_ABI {

inline error find_interface(const char* name, std::uint32_t& number) noexcept {
    using function = unsigned long(WINAPI*)(const char*);
    const HMODULE library = ::LoadLibraryExW(L"iphlpapi.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (library == nullptr) return last_system_error();
    const auto find = reinterpret_cast<function>(reinterpret_cast<void*>(::GetProcAddress(library, "if_nametoindex")));
    number = find == nullptr ? 0 : find(name);
    ::FreeLibrary(library);
    return number != 0 ? error() : error{ENODEV, error::domain::generic};
}

}  // namespace rill::backend::inline RILL_ABI
