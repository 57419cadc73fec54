// SPDX-License-Identifier: MIT
#pragma once

// The plain calls of POSIX that a server makes: sockets are opened, bound, asked and closed here; nothing here waits. The
// others are in posix_uncommon_calls.hpp.
//
// socket(7), tcp(7), ipv6(7), fcntl(2), close(2). What each system spells its own way: native_calls.hpp.

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "native_calls.hpp"
#include "posix_signals.hpp"
#include "socket_memory.hpp"
#include "system_address.hpp"

namespace rill::backend::inline RILL_ABI {

/// The error of the call that has just failed.
[[nodiscard]] inline error last_error() noexcept { return {errno, error::domain::system}; }

[[nodiscard]] inline int descriptor_of(const socket_state& each) noexcept { return static_cast<int>(each.handle); }

/// What a call has answered: an error if it is negative.
[[nodiscard]] inline error error_of(int answer) noexcept { return answer < 0 ? last_error() : error(); }

[[nodiscard]] inline int native_family(family of) noexcept {
    return of == family::v4 ? AF_INET : of == family::v6 ? AF_INET6 : AF_UNIX;
}
[[nodiscard]] inline int native_type(transport what) noexcept {
    return what == transport::stream ? SOCK_STREAM : SOCK_DGRAM;
}

class posix_system final : public system {
  public:
    socket_state* open(family of, transport what, error& why) noexcept override {
        socket_state* const made = make_socket_state(of, what, *this, why);
        if (made == nullptr) return nullptr;
        made->handle = new_socket(native_family(of), native_type(what));
        if (made->handle >= 0) return made;
        why = last_error();
        end_socket_state(made);
        return nullptr;
    }

    error prepare_listener(socket_state& each) noexcept override {
        const int descriptor = descriptor_of(each);
        const int yes = 1;
        if (::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0) return last_error();
        if (each.addresses != family::v6) return {};
        return error_of(::setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes));
    }

    error bind(socket_state& each, const socket_address& where) noexcept override {
        native_address address(where);
        return error_of(::bind(descriptor_of(each), address.data(), address.size));
    }

    error listen(socket_state& each, int backlog) noexcept override {
        return error_of(::listen(descriptor_of(each), backlog));
    }

    error local_address(socket_state& each, socket_address& to) noexcept override {
        native_address address;
        const error failed = error_of(::getsockname(descriptor_of(each), address.data(), &address.size));
        if (!failed) to = address.get();
        return failed;
    }

    void close(socket_state* each) noexcept override {
        ::close(descriptor_of(*each));  // EINTR: it is closed all the same
        end_socket_state(each);
    }

    error watch(signal_watch& each) noexcept override { return posix_signals::shared().add(each); }
    void unwatch(signal_watch& each) noexcept override { posix_signals::shared().remove(each); }

    instant now() noexcept override {
        timespec now{};
        ::clock_gettime(steady_clock_id, &now);
        return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
    }
};

// ---- mechanism ----

[[nodiscard]] RILL_VISIBLE inline system& machine() noexcept {
    static posix_system calls;
    return calls;
}

inline void read_environment(const char* name, char* to, std::size_t room) noexcept {
    const char* const found = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody here writes to it
    std::snprintf(to, room, "%s", found == nullptr ? "" : found);
}

}  // namespace rill::backend::inline RILL_ABI
