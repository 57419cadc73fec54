// SPDX-License-Identifier: MIT
#pragma once

// The server of the demonstration, in a process of its own: an echo server that prints its address.

namespace demo {

/// Serves until SIGTERM or SIGINT; returns the exit status: 1 when a session failed.
int serve();

}  // namespace demo
