// SPDX-License-Identifier: MIT
#pragma once

// What tests do to handles of the system behind the library's back. The one place with the system's own socket calls.

#include <cstdint>
#include <string>
#include <utility>

#include <rill/net/socket.hpp>

namespace support::native {

/// Its close becomes a reset of the connection: nothing is sent on, and the peer is told so.
void reset_when_closed(const rill::socket& each);
/// Small buffers in the kernel, so that a few bytes fill them.
void keep_buffers_small(const rill::socket& each);
/// Sends one byte as urgent data.
void send_urgent(const rill::socket& each, char byte);
/// Sends as much as goes without waiting; says how much that was.
std::size_t fill_up(const rill::socket& each);
/// What has to wait on a socket that is filled up: loopback may hand on a little later, and then there is room again.
constexpr std::size_t more_than_fits = 8'000'000;
/// Sends all of a short text, at once.
void send_text(const rill::socket& each, const std::string& text);
/// Takes what is there, without waiting.
std::string take_all(const rill::socket& each);

[[nodiscard]] bool is_open(std::intptr_t handle);
[[nodiscard]] bool is_closed_on_exec(std::intptr_t handle);
[[nodiscard]] bool waits(std::intptr_t handle);  // is in blocking mode
void close_handle(std::intptr_t handle);
/// The lowest free number for the same socket.
[[nodiscard]] std::intptr_t duplicate(std::intptr_t handle);
/// The given number, which must be free, for the same socket. False: this system chooses the numbers.
[[nodiscard]] bool duplicate_to(std::intptr_t handle, std::intptr_t number);

/// Two ends of a TCP connection that the library has not seen: they wait, and would be inherited by a new program.
[[nodiscard]] std::pair<std::intptr_t, std::intptr_t> foreign_pair();
/// A handle that is no socket: of a file.
[[nodiscard]] std::intptr_t open_file();

/// Locks a directory for all others until the handle is closed; -1 where the system can't.
[[nodiscard]] std::intptr_t lock_directory(const std::string& path);

/// What the system calls the option that asks idle peers: its level and its name.
[[nodiscard]] std::pair<int, int> keep_alive_numbers();

/// Whether one who reads after a reset has come is told of it. wine tells only who waits for it.
[[nodiscard]] bool tells_late_resets();

/// Whether SIGPIPE has its default action, which ends the process.
[[nodiscard]] bool broken_pipes_kill();

}  // namespace support::native
