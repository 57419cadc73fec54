// SPDX-License-Identifier: MIT
#pragma once

// Internet addresses as the systems have them, all alike: sockaddr_in and sockaddr_in6, to and from `socket_address`.
// ip(7), ipv6(7). What else a system knows is in its own file.

#include <cstring>

#include "contract.hpp"

#ifdef _WIN32
#include "windows_headers.hpp"
#else
#include <netinet/in.h>
#include <sys/socket.h>
#endif

namespace rill::backend::inline RILL_ABI {

/// Room for any address that the library knows, with the size that the system wants beside it.
struct internet_address {
    sockaddr_storage storage;
    socklen_t size = sizeof(sockaddr_storage);

    internet_address() noexcept {}  // the storage is filled by the system
    explicit internet_address(const socket_address& from) noexcept { assign(from); }

    [[nodiscard]] sockaddr* data() noexcept { return reinterpret_cast<sockaddr*>(&storage); }

    void assign(const socket_address& from) noexcept {
        if (from.family == family::v4) {
            sockaddr_in four{};
            four.sin_family = AF_INET;
            four.sin_port = htons(from.port);
            std::memcpy(&four.sin_addr, from.bytes, sizeof four.sin_addr);
            std::memcpy(&storage, &four, size = sizeof four);
            note_size(storage);
        } else {
            sockaddr_in6 six{};
            six.sin6_family = AF_INET6;
            six.sin6_port = htons(from.port);
            six.sin6_scope_id = from.scope_id;
            std::memcpy(&six.sin6_addr, from.bytes, sizeof six.sin6_addr);
            std::memcpy(&storage, &six, size = sizeof six);
            note_size(storage);
        }
    }

    /// The BSDs and macOS have the size in the address as well, and look at it where an address is part of an option.
    template <class Storage>
    void note_size(Storage& to) const noexcept {
        if constexpr (requires { to.ss_len; }) to.ss_len = static_cast<decltype(to.ss_len)>(size);
    }

    /// What the system has filled in; all zero for a family that the library does not know.
    [[nodiscard]] socket_address get() const noexcept {
        socket_address to{};
        if (storage.ss_family == AF_INET) {
            sockaddr_in four;
            std::memcpy(&four, &storage, sizeof four);
            to.family = family::v4;
            to.port = ntohs(four.sin_port);
            std::memcpy(to.bytes, &four.sin_addr, sizeof four.sin_addr);
        } else if (storage.ss_family == AF_INET6) {
            sockaddr_in6 six;
            std::memcpy(&six, &storage, sizeof six);
            to.family = family::v6;
            to.port = ntohs(six.sin6_port);
            to.scope_id = six.sin6_scope_id;
            std::memcpy(to.bytes, &six.sin6_addr, sizeof six.sin6_addr);
        }
        return to;
    }
};

}  // namespace rill::backend::inline RILL_ABI
