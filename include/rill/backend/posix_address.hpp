// SPDX-License-Identifier: MIT
#pragma once

// Addresses as POSIX has them: sockaddr_in and sockaddr_in6, to and from `socket_address`; sockaddr_un, to and from
// `unix_name`. ip(7), ipv6(7), unix(7).

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

#include "contract.hpp"

namespace rill::backend::inline RILL_ABI {

/// Room for any address that the library knows, with the size that the system wants beside it.
struct native_address {
    sockaddr_storage storage;
    socklen_t size = sizeof(sockaddr_storage);

    native_address() noexcept {}  // the storage is filled by the system
    explicit native_address(const socket_address& from) noexcept { assign(from); }
    explicit native_address(const unix_name& from) noexcept { assign(from); }

    [[nodiscard]] sockaddr* data() noexcept { return reinterpret_cast<sockaddr*>(&storage); }

    void assign(const socket_address& from) noexcept {
        if (from.family == family::v4) {
            sockaddr_in four{};
            four.sin_family = AF_INET;
            four.sin_port = htons(from.port);
            std::memcpy(&four.sin_addr, from.bytes.data(), sizeof four.sin_addr);
            std::memcpy(&storage, &four, size = sizeof four);
        } else {
            sockaddr_in6 six{};
            six.sin6_family = AF_INET6;
            six.sin6_port = htons(from.port);
            six.sin6_scope_id = from.scope_id;
            std::memcpy(&six.sin6_addr, from.bytes.data(), sizeof six.sin6_addr);
            std::memcpy(&storage, &six, size = sizeof six);
        }
    }

    void assign(const unix_name& from) noexcept {
        sockaddr_un local{};
        local.sun_family = AF_UNIX;
        const bool is_path = from.size != 0 && from.bytes[0] != '\0';  // which has a zero behind it
        const std::size_t count = from.size + (is_path ? 1U : 0U);
        size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + count);
        if (count > sizeof local.sun_path) return;  // the system says that it is too long, for `size` is
        std::memcpy(local.sun_path, from.bytes.data(), count);
        std::memcpy(&storage, &local, sizeof local);
    }

    /// The name of a Unix socket that the system has filled in; empty if it has none.
    [[nodiscard]] unix_name get_name() const noexcept {
        unix_name to;
        if (storage.ss_family != AF_UNIX || size <= offsetof(sockaddr_un, sun_path)) return to;
        std::size_t count = size - offsetof(sockaddr_un, sun_path);
        if (count > to.bytes.size()) count = to.bytes.size();
        std::memcpy(to.bytes.data(), reinterpret_cast<const char*>(&storage) + offsetof(sockaddr_un, sun_path), count);
        if (to.bytes[0] != '\0') count = ::strnlen(to.bytes.data(), count);  // of a path, without its zero
        to.size = static_cast<std::uint8_t>(count);
        return to;
    }

    /// What the system has filled in; all zero for a family that the library does not know.
    [[nodiscard]] socket_address get() const noexcept {
        socket_address to{};
        if (storage.ss_family == AF_INET) {
            sockaddr_in four;
            std::memcpy(&four, &storage, sizeof four);
            to.family = family::v4;
            to.port = ntohs(four.sin_port);
            std::memcpy(to.bytes.data(), &four.sin_addr, sizeof four.sin_addr);
        } else if (storage.ss_family == AF_INET6) {
            sockaddr_in6 six;
            std::memcpy(&six, &storage, sizeof six);
            to.family = family::v6;
            to.port = ntohs(six.sin6_port);
            to.scope_id = six.sin6_scope_id;
            std::memcpy(to.bytes.data(), &six.sin6_addr, sizeof six.sin6_addr);
        } else if (storage.ss_family == AF_UNIX) {
            return shown_of(get_name());
        }
        return to;
    }
};

}  // namespace rill::backend::inline RILL_ABI
