// SPDX-License-Identifier: MIT
#pragma once

// `connect(host, service)`: a TCP connection to whoever has that name.
//
// Looks the name up and tries what is found by happy eyeballs: IPv6 and IPv4 in turn, the next attempt a quarter of a
// second after the last, or at once when that has failed; the first connection wins, the others are closed. So a path
// that is broken costs a quarter of a second. It has no limit of time of its own. To an endpoint: tcp_stream::connect.
//
//     auto stream = co_await rill::timeout(10s, rill::connect("example.org", "https"));

#include <string_view>

#include "../core/task.hpp"
#include "connect_race.hpp"
#include "resolve.hpp"

namespace rill::inline RILL_ABI {

/// Connects to a host, which is a name or an address, and a service, which is a port or a name; both are copied. The
/// options are set on each socket before it connects. Gives a tcp_stream.
///
/// Stopped  the lookup is let go of, the attempts are given up, their sockets closed.
/// Errors   those of `resolve`. When all attempts have failed, the error of the one that failed last: connection_refused,
///          timed_out (of the system), network_unreachable, host_unreachable, too_many_files_open.
/// Cost     as `resolve`; a frame, and an allocation for the attempts.
/// Source   RFC 8305.
template <service_name Service, socket_option... Options>
[[nodiscard]] task<tcp_stream> connect(std::string_view host, const Service& service, Options... options);

// ---- mechanism ----

template <socket_option... Options>
task<tcp_stream> connect_by_name(name_question asked, Options... options) {
    const endpoint_list found = co_await resolve_operation<endpoint_list>(asked);
    co_return co_await connect_race<Options...>(found, asked, options...);
}

template <service_name Service, socket_option... Options>
task<tcp_stream> connect(std::string_view host, const Service& service, Options... options) {
    return connect_by_name<Options...>(name_question(host, service), options...);
}

}  // namespace rill::inline RILL_ABI
