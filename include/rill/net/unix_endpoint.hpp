// SPDX-License-Identifier: MIT
#pragma once

// The name of a Unix socket: a path, or an abstract name of Linux, or none. A value of fixed size that owns its bytes.
//
// Made from anything that is a path (`std::string`, a literal, `std::filesystem::path`) wherever one is wanted. It is
// relative to the current directory at the time of each call. For Internet addresses see endpoint.hpp.

#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

#include "../backend/address.hpp"
#include "../config.hpp"
#include "socket.hpp"

namespace rill::inline RILL_ABI {

/// What has a text as `c_str()`.
template <class Path>
concept has_text = requires(const Path& each) { std::string_view(each.c_str()); };

/// A text, or what has one as `c_str()`; or as `u8string()`, as the std::filesystem::path of Windows has.
template <class Path>
concept unix_path = std::is_convertible_v<const Path&, std::string_view> || has_text<Path> ||
                    requires(const Path& each) { each.u8string(); };

/// The name of a Unix socket.
class unix_endpoint {
  public:
    /// How many bytes a path may have.
    static constexpr std::size_t path_size_max = backend::unix_name::path_size_max;

    /// No name: of a socket that nobody has bound.
    constexpr unix_endpoint() noexcept = default;

    /// A path.
    ///
    /// Errors   filename_too_long  it has more bytes than `path_size_max`; some systems allow a few less, and then
    ///                             whoever uses it gets this error, or invalid_argument (FreeBSD, OpenBSD)
    ///          invalid_argument   it is empty, or has a zero byte inside
    template <class Path>
        requires(!std::is_same_v<Path, unix_endpoint>) && unix_path<Path>
    unix_endpoint(const Path& path) {
        if constexpr (std::is_convertible_v<const Path&, std::string_view>) {
            set_path(path);
        } else if constexpr (has_text<Path>) {
            set_path(path.c_str());
        } else {
            const auto text = path.u8string();
            set_path({reinterpret_cast<const char*>(text.data()), text.size()});
        }
    }
    /// An abstract name, which is no file and ends with its sockets: Linux only. Any bytes, at most `path_size_max`.
    [[nodiscard]] static unix_endpoint abstract(std::string_view name);
    /// From what a backend reports.
    constexpr explicit unix_endpoint(const backend::unix_name& name) noexcept : name_(name) {}

    /// Which of the three it is; a path if neither.
    [[nodiscard]] constexpr bool is_unnamed() const noexcept { return name_.size == 0; }
    [[nodiscard]] constexpr bool is_abstract() const noexcept { return backend::is_abstract(name_); }
    /// The path; empty if it is none. (With another type than std::size_t, g++ 12 spends milliseconds on concepts.)
    [[nodiscard]] constexpr std::string_view path() const noexcept {
        return is_abstract() ? std::string_view() : std::string_view(name_.bytes, std::size_t{name_.size});
    }
    /// The abstract name without its zero; empty if it is none.
    [[nodiscard]] constexpr std::string_view abstract_name() const noexcept {
        return is_abstract() ? std::string_view(name_.bytes + 1, name_.size - std::size_t{1}) : std::string_view();
    }

    /// What a backend takes.
    [[nodiscard]] constexpr const backend::unix_name& to_unix_name() const noexcept { return name_; }

    constexpr bool operator==(const unix_endpoint& other) const noexcept { return name_ == other.name_; }

  private:
    void set_path(std::string_view path);
    constexpr void set(std::size_t from, std::string_view bytes) noexcept {
        for (std::size_t index = 0; index < bytes.size(); ++index) name_.bytes[from + index] = bytes[index];
        name_.size = static_cast<std::uint8_t>(from + bytes.size());
    }

    backend::unix_name name_;
};

/// The path; of an abstract name, an `@` and the name, as tools show it; empty if there is none.
[[nodiscard]] inline std::string to_string(const unix_endpoint& each) {
    const backend::unix_name& name = each.to_unix_name();
    std::string text(std::string_view(name.bytes, std::size_t{name.size}));
    if (each.is_abstract()) text[0] = '@';
    return text;
}

/// What a message shows of where something goes.
[[nodiscard]] inline backend::socket_address shown_of(const unix_endpoint& whereto) noexcept {
    return backend::shown_of(whereto.to_unix_name());
}

/// What a Unix socket is called at one of its ends. Throws std::system_error.
[[nodiscard]] inline unix_endpoint name_of(const socket& each, backend::side end);

// ---- mechanism ----

inline unix_endpoint name_of(const socket& each, backend::side end) {
    backend::unix_name name;
    backend::error failed = to_backend_error(std::errc::bad_file_descriptor);
    if (each.is_open()) failed = backend::uncommon(each.state()).name_of(each.state(), end, name);
    if (failed)
        throw_error(to_error_code(failed),
                    error_origin(end == backend::side::local ? "local_endpoint" : "remote_endpoint"));
    return unix_endpoint(name);
}

inline void unix_endpoint::set_path(std::string_view path) {
    if (path.size() > path_size_max)
        throw described_error(std::errc::filename_too_long,
                              error_text("a Unix socket's path of more than 107 bytes, ").append_quoted(path));
    bool whole = !path.empty();
    for (const char each : path) whole = whole && each != '\0';
    if (!whole)
        throw described_error(std::errc::invalid_argument, error_text("a Unix socket's path, ").append_quoted(path));
    set(0, path);
}

inline unix_endpoint unix_endpoint::abstract(std::string_view name) {
    if (name.size() > path_size_max)
        throw described_error(std::errc::filename_too_long,
                              error_text("an abstract name of more than 107 bytes, ").append_quoted(name));
    unix_endpoint made;
    made.set(1, name);
    return made;
}

}  // namespace rill::inline RILL_ABI
