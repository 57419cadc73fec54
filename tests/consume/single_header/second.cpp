// SPDX-License-Identifier: MIT
// Another translation unit with the same header: whatever is defined once too often does not link.
#include <rill.hpp>

rill::task<> second_session(rill::tcp_stream client) { co_await client.send_all("second"); }
