// SPDX-License-Identifier: MIT
#pragma once

// What the two shared libraries offer to each other and to the program: these functions, and nothing else, are visible.
#include <rill.hpp>

#include <cstdint>
#include <string>
#include <system_error>

#define IN_A_LIBRARY __attribute__((visibility("default")))

/// The context that code in `first` runs on.
IN_A_LIBRARY rill::task<rill::io_context*> context_in_first();
/// Waits for the event, and adds one to what it is given.
IN_A_LIBRARY rill::task<int> add_one_in_first(int to, rill::event& allowed);
/// Accepts a client, answers it, and ends with the client.
IN_A_LIBRARY rill::task<> serve_one_in_first(rill::tcp_listener& listener);
/// Throws rill::described_error, and rill::all_failed.
IN_A_LIBRARY rill::task<> fail_in_first();
IN_A_LIBRARY rill::task<> fail_twice_in_first();
IN_A_LIBRARY const std::error_category& category_in_first();

/// Awaits a task of `first` in a coroutine of `second`: whether both saw the same context.
IN_A_LIBRARY rill::task<bool> same_context_in_second();
/// As `add_one_in_first`, through a coroutine of `second`, with a time limit around it.
IN_A_LIBRARY rill::task<int> add_two_in_second(int to, rill::event& allowed);
/// Adds to what is guarded, while the caller holds nothing.
IN_A_LIBRARY void add_in_second(rill::guarded<int>& to);
/// Tries for the lock, which the caller may hold: then this thread would wait for itself, and is told so.
IN_A_LIBRARY std::error_code enter_in_second(rill::guarded<int>& to);
