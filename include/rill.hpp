// SPDX-License-Identifier: MIT
#pragma once

// All of rill: coroutines, structured concurrency and sockets. Every header that it includes also compiles alone.
// <array> and <span> are what its users keep their bytes in.

#include <array>
#include <span>

#include "rill/core/as_result.hpp"
#include "rill/core/blocking.hpp"
#include "rill/core/finally.hpp"
#include "rill/core/first_success.hpp"
#include "rill/core/generator.hpp"
#include "rill/core/get_stop_token.hpp"
#include "rill/core/interval.hpp"
#include "rill/core/run.hpp"
#include "rill/core/shield.hpp"
#include "rill/core/signals.hpp"
#include "rill/core/sleep.hpp"
#include "rill/core/stop_token.hpp"
#include "rill/core/task.hpp"
#include "rill/core/task_dump.hpp"
#include "rill/core/task_group.hpp"
#include "rill/core/timeout.hpp"
#include "rill/core/when_all.hpp"
#include "rill/core/when_any.hpp"
#include "rill/core/with_stop.hpp"
#include "rill/net/connect.hpp"
#include "rill/net/console.hpp"
#include "rill/net/endpoint.hpp"
#include "rill/net/file_transfer.hpp"
#include "rill/net/interface_number.hpp"
#include "rill/net/ip_address.hpp"
#include "rill/net/line_reader.hpp"
#include "rill/net/option.hpp"
#include "rill/net/port_range.hpp"
#include "rill/net/resolve.hpp"
#include "rill/net/serve.hpp"
#include "rill/net/tcp_listener.hpp"
#include "rill/net/tcp_stream.hpp"
#include "rill/net/udp_socket.hpp"
#include "rill/net/unix_datagram_socket.hpp"
#include "rill/net/unix_listener.hpp"
#include "rill/net/unix_stream.hpp"
