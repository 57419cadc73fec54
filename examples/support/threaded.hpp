// SPDX-License-Identifier: MIT
#pragma once

// Blocking sockets with the verbs of rill, for the programs in examples/threaded/: the same text without `co_await`, and
// `serve` has a thread for each client. To compare with, not to be used: nothing here can be stopped or timed out.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <iostream>
#include <rill/backend/file_calls.hpp>
#include <rill/net/endpoint.hpp>
#include <rill/net/option.hpp>
#include <rill/net/owned_handle.hpp>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace threaded {

class socket {
  public:
    socket(socket&& other) noexcept : native_(std::exchange(other.native_, -1)) {}
    socket& operator=(socket&&) = delete;
    ~socket();

    [[nodiscard]] rill::endpoint local_endpoint() const;

  protected:
    explicit socket(std::intptr_t native) noexcept : native_(native) {}
    [[nodiscard]] std::intptr_t native() const noexcept { return native_; }

  private:
    std::intptr_t native_;
};

class tcp_stream : public socket {
  public:
    tcp_stream(std::intptr_t native, const rill::endpoint& peer) noexcept : socket(native), peer_(peer) {}

    [[nodiscard]] rill::endpoint remote_endpoint() const { return peer_; }
    /// How many bytes have come; 0 at the end. Throws std::system_error, as all of these.
    std::size_t recv(std::span<char> to);
    void send_all(std::string_view bytes);
    void send_all(std::string_view first, std::string_view second) { send_all(std::string(first).append(second)); }
    void set(rill::option::linger option);
    /// Whether something has come, or the end, within this time.
    [[nodiscard]] bool readable_within(std::chrono::milliseconds limit);

  private:
    rill::endpoint peer_;
};

class tcp_listener : public socket {
  public:
    [[nodiscard]] static tcp_listener bind(const rill::endpoint& where, rill::option::reuse_address reuse,
                                           rill::option::backlog backlog);
    [[nodiscard]] static tcp_listener bind(const rill::endpoint& where, rill::option::backlog backlog) {
        return bind(where, rill::option::reuse_address(true), backlog);
    }
    [[nodiscard]] tcp_stream accept();

  private:
    using socket::socket;
};

class udp_socket : public socket {
  public:
    struct datagram {
        std::size_t size;
        rill::endpoint from;
    };

    [[nodiscard]] static udp_socket bind(const rill::endpoint& where);
    datagram recvfrom(std::span<char> to);
    void sendto(std::string_view bytes, const rill::endpoint& to);

  private:
    using socket::socket;
};

// ---- mechanism ----

/// Calls `session(stream)` on a thread of its own for each client, for ever. What goes wrong ends that session only.
template <class Session>
[[noreturn]] void serve(tcp_listener& listener, Session session) {
    const auto run = [session](tcp_stream client) {
        try {
            session(std::move(client));
        } catch (const std::exception& error) {
            std::fprintf(stderr, "session: %s\n", error.what());
        }
    };
    for (;;) {
        try {
            std::thread(run, listener.accept()).detach();
        } catch (const std::system_error& error) {  // no more threads
            std::fprintf(stderr, "serve: %s\n", error.what());
        }
    }
}

/// As in messages.hpp.
std::string recv_message(tcp_stream& from, std::size_t size_max = 1024);
std::string recv_to_end(tcp_stream& from, std::size_t size_max = 64 * 1024);

/// Calls `session(stream)`, for which a peer that goes without a word has left.
template <class Session>
void until_gone(Session session, tcp_stream client) {
    try {
        session(std::move(client));
    } catch (const std::system_error& error) {
        if (error.code() != std::errc::connection_reset && error.code() != std::errc::broken_pipe) throw;
        std::cerr << error.code().message() << '\n';
    }
}

/// Prints a line as one, for other threads print too.
template <class... Texts>
void print(const Texts&... texts) {
    std::cout << ((std::string(texts) + ...) + '\n') << std::flush;
}

inline std::uint64_t send_file(tcp_stream& to, const rill::owned_handle& file) {
    std::array<char, 64UL * 1024> piece;
    for (std::uint64_t sent = 0;;) {
        std::size_t size = 0;
        const rill::backend::slice room{reinterpret_cast<std::byte*>(piece.data()), piece.size()};
        if (rill::backend::read_file(file.get(), sent, room, size))
            throw std::system_error(std::make_error_code(std::errc::io_error), "read_file");
        if (size == 0) return sent;
        to.send_all({piece.data(), size});
        sent += size;
    }
}

inline std::uint64_t recv_file(tcp_stream& from, const rill::owned_handle& file) {
    std::array<char, 64UL * 1024> piece;
    std::uint64_t received = 0;
    while (const std::size_t size = from.recv(piece)) {
        std::size_t done = 0;
        const rill::backend::slice bytes{reinterpret_cast<std::byte*>(piece.data()), size};
        if (rill::backend::write_file(file.get(), received, bytes, done))
            throw std::system_error(std::make_error_code(std::errc::io_error), "write_file");
        received += size;
    }
    return received;
}

}  // namespace threaded
