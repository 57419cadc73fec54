// SPDX-License-Identifier: MIT
// rill as a module: `import rill;` instead of `#include <rill.hpp>`. What a program names is exported, by hand; macros are not, so the switches of
// config.hpp are set for the whole build. The standard headers that a program uses are still its own to include, before the import.
module;

#include "rill.hpp"

export module rill;

// Coroutines, structured concurrency, time.
export namespace rill {
using rill::all_failed;
using rill::any_awaitable;
using rill::as_result;
using rill::awaitable;
using rill::awaited;
using rill::blocking;
using rill::blocking_threads;
using rill::deadline;
using rill::described_error;
using rill::dump_on;
using rill::errc;
using rill::finally;
using rill::first_success;
using rill::generator;
using rill::get_stop_token;
using rill::interval;
using rill::io_context;
using rill::io_thread;
using rill::make_error_code;
using rill::now;
using rill::on;
using rill::result;
using rill::rill_category;
using rill::run;
using rill::run_per_core;
using rill::shield;
using rill::signals;
using rill::sleep_for;
using rill::sleep_until;
using rill::spawned;
using rill::stop_callback;
using rill::stop_on;
using rill::stop_source;
using rill::stop_token;
using rill::task;
using rill::task_group;
using rill::this_context;
using rill::time_point;
using rill::timeout;
using rill::when_all;
using rill::when_any;
using rill::with_stop;
using rill::with_task_group;
using rill::yield;
namespace backend {
using rill::backend::epoll;
using rill::backend::io_uring;
using rill::backend::iocp;
using rill::backend::kind;
using rill::backend::kqueue;
using rill::backend::simulated;
}  // namespace backend
}  // namespace rill

// Addresses, sockets, streams, names.
export namespace rill {
using rill::byte_sink;
using rill::byte_source;
using rill::byte_stream;
using rill::bytes_with_handles;
using rill::connect;
using rill::console;
using rill::datagram;
using rill::endpoint;
using rill::endpoint_list;
using rill::family;
using rill::file_range;
using rill::incoming_datagram;
using rill::interface_number;
using rill::ip_address;
using rill::lent_buffer;
using rill::line_reader;
using rill::outgoing_datagram;
using rill::owned_handle;
using rill::port_range;
using rill::port_range_of;
using rill::readable_buffer;
using rill::recv_file;
using rill::resolve;
using rill::send_file;
using rill::serve;
using rill::serve_options;
using rill::socket_option;
using rill::socket_pair;
using rill::tcp_listener;
using rill::tcp_stream;
using rill::to_string;
using rill::udp_socket;
using rill::unix_datagram;
using rill::unix_datagram_socket;
using rill::unix_endpoint;
using rill::unix_listener;
using rill::unix_stream;
using rill::writable_buffer;
namespace option {
using rill::option::backlog;
using rill::option::broadcast;
using rill::option::fast_open;
using rill::option::fast_open_connect;
using rill::option::keep_alive;
using rill::option::keep_alive_count;
using rill::option::keep_alive_idle;
using rill::option::keep_alive_interval;
using rill::option::linger;
using rill::option::multicast_interface;
using rill::option::multicast_loop;
using rill::option::multicast_ttl;
using rill::option::no_delay;
using rill::option::raw;
using rill::option::receive_buffer;
using rill::option::reuse_address;
using rill::option::reuse_port;
using rill::option::send_buffer;
using rill::option::ttl;
using rill::option::user_timeout;
using rill::option::v6_only;
}  // namespace option
}  // namespace rill

// Shared state, and what coroutines and threads wait for each other with.
export namespace rill {
using rill::broadcast;
using rill::channel;
using rill::event;
using rill::guarded;
using rill::latch;
using rill::lock_all;
using rill::mutex;
using rill::semaphore;
using rill::shared_mutex;
using rill::watch;
using rill::with_all;
}  // namespace rill
