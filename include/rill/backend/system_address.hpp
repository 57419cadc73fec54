// SPDX-License-Identifier: MIT
#pragma once

// Addresses as the systems have them: those of the Internet, and sockaddr_un, to and from `unix_name`. unix(7), afunix.h.

#include <cstddef>

#include "internet_address.hpp"

#ifdef _WIN32
#include <afunix.h>  // needs windows_headers.hpp before it
#else
#include <sys/un.h>
#endif

namespace rill::backend::inline RILL_ABI {

static_assert(offsetof(sockaddr_un, sun_path) + sizeof(unix_name::bytes) <= sizeof(sockaddr_storage));

struct native_address : internet_address {
    using internet_address::assign;

    native_address() noexcept = default;
    explicit native_address(const socket_address& from) noexcept : internet_address(from) {}
    explicit native_address(const unix_name& from) noexcept { assign(from); }

    void assign(const unix_name& from) noexcept {
        const bool is_path = from.size != 0 && from.bytes[0] != '\0';  // which has a zero behind it
        const std::size_t count = from.size + (is_path ? 1U : 0U);
        size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + count);
        storage.ss_family = AF_UNIX;
        note_size(storage);
        // Also where sun_path has less room: the system takes the whole of it (macOS), or refuses it as too long or as invalid.
        std::memcpy(reinterpret_cast<char*>(&storage) + offsetof(sockaddr_un, sun_path), from.bytes, count);
    }

    /// The name of a Unix socket that the system has filled in; empty if it has none.
    [[nodiscard]] unix_name get_name() const noexcept {
        unix_name to;
        const auto whole = static_cast<std::size_t>(size);
        if (storage.ss_family != AF_UNIX || whole <= offsetof(sockaddr_un, sun_path)) return to;
        std::size_t count = whole - offsetof(sockaddr_un, sun_path);
        if (count > sizeof to.bytes) count = sizeof to.bytes;
        std::memcpy(to.bytes, reinterpret_cast<const char*>(&storage) + offsetof(sockaddr_un, sun_path), count);
        if (to.bytes[0] != '\0') count = ::strnlen(to.bytes, count);  // of a path, without its zero
        if (to.bytes[0] == '\0' && !has_abstract_names(storage))
            return {};  // no name, and yet some zeros long: the BSDs
        to.size = static_cast<std::uint8_t>(count);
        return to;
    }

    /// The systems whose addresses have their size in them are those without abstract names.
    template <class Storage>
    static constexpr bool has_abstract_names(const Storage& of) noexcept {
        return !requires { of.ss_len; };
    }

    /// What the system has filled in; all zero for a family that the library does not know.
    [[nodiscard]] socket_address get() const noexcept {
        return storage.ss_family == AF_UNIX ? shown_of(get_name()) : internet_address::get();
    }
};

}  // namespace rill::backend::inline RILL_ABI
