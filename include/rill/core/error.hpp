// SPDX-License-Identifier: MIT
#pragma once

// Error codes and how they become exceptions.
//
// Codes of the system compare equal to std::errc conditions on every platform; `rill::errc` adds only what std::errc
// lacks. An error that an operation reports carries the operation and the peer as data, and becomes text only when it
// is thrown. For values instead of exceptions see `as_result` (result.hpp).

#include <string>
#include <system_error>

#include "../backend/contract.hpp"
#include "../backend/system_category.hpp"
#include "described_error.hpp"

namespace rill::inline RILL_ABI {

/// What std::errc has no word for.
enum class errc : int {
    end_of_stream = 1,  ///< the peer closed in the middle of what was to be read
    line_too_long,      ///< no line end within the given maximum
    host_not_found,     ///< the name does not resolve
    deadline_exceeded,  ///< our own `timeout` or `deadline`; compares equal to std::errc::timed_out
    service_not_found,  ///< no such service, so there is no port
};

/// The category of `errc`, one object a program.
[[nodiscard]] RILL_VISIBLE inline const std::error_category& rill_category() noexcept;

/// What makes an std::error_code of an `errc`, as the standard wants it.
[[nodiscard]] inline std::error_code make_error_code(errc code) noexcept {
    return {static_cast<int>(code), rill_category()};
}

/// An error of a backend as the standard's.
[[nodiscard]] inline std::error_code to_error_code(backend::error error) noexcept;

static_assert(static_cast<int>(errc::end_of_stream) == backend::end_in_the_middle.code);

/// An error of the library as a backend's.
[[nodiscard]] constexpr backend::error to_backend_error(errc code) noexcept {
    return {static_cast<int>(code), backend::error::domain::rill};
}
/// One of `std::errc`, whose numbers are errno's.
[[nodiscard]] constexpr backend::error to_backend_error(std::errc code) noexcept {
    return {static_cast<int>(code), backend::error::domain::generic};
}

/// Where an error came from, kept as data until somebody wants the text: "recv 127.0.0.1:5000".
struct error_origin {
    const char* operation = nullptr;
    void (*append_peer)(error_text& to, const backend::socket_address& peer) = nullptr;  // null: there is no peer
    backend::socket_address peer{};
    std::int64_t after_ns = -1;  // how long it was waited for; negative: nobody counted

    error_origin() noexcept = default;
    explicit error_origin(const char* verb) noexcept : operation(verb) {}
    error_origin(const char* verb, std::int64_t waited_ns) noexcept : operation(verb), after_ns(waited_ns) {}
    error_origin(const char* verb, void (*append)(error_text&, const backend::socket_address&),
                 const backend::socket_address& where) noexcept
        : operation(verb), append_peer(append), peer(where) {}
};

/// Throws a described_error.
[[noreturn]] inline void throw_error(std::error_code code, const error_origin& origin);

// ---- mechanism ----

class rill_error_category final : public std::error_category {
  public:
    const char* name() const noexcept override { return "rill"; }

    std::string message(int code) const override {
        switch (static_cast<errc>(code)) {
            case errc::end_of_stream:
                return "the stream ended before everything had arrived";
            case errc::line_too_long:
                return "no line end within the given maximum";
            case errc::host_not_found:
                return "host not found";
            case errc::deadline_exceeded:
                return "the deadline has passed";
            case errc::service_not_found:
                return "service not found";
        }
        return "unknown rill error";
    }

    std::error_condition default_error_condition(int code) const noexcept override {
        if (static_cast<errc>(code) == errc::deadline_exceeded) return std::errc::timed_out;
        return {code, *this};
    }
};

inline const std::error_category& rill_category() noexcept {
    static const rill_error_category category;
    return category;
}

inline std::error_code to_error_code(backend::error error) noexcept {
    switch (error.whose) {
        case backend::error::domain::rill:
            return {error.code, rill_category()};
        case backend::error::domain::generic:
            return {error.code, std::generic_category()};
        case backend::error::domain::system:
            break;
    }
    return {error.code, backend::system_category()};
}

inline void throw_error(std::error_code code, const error_origin& origin) {
    error_text doing;
    if (origin.operation != nullptr) doing.append(origin.operation);
    if (origin.append_peer != nullptr) origin.append_peer(doing.append(" "), origin.peer);
    if (origin.after_ns >= 0) doing.append(" after ").append_duration(origin.after_ns);
    // What the system calls these two tells of something else. It says the second one itself as well, in its own category.
    if (code == std::errc::operation_in_progress) doing.append(" while another one waits for it");
    if (code == std::make_error_code(std::errc::operation_not_permitted)) doing.append(" of another io_context");
    throw described_error(code, doing);
}

}  // namespace rill::inline RILL_ABI

template <>
struct std::is_error_code_enum<rill::errc> : std::true_type {};
