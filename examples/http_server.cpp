// SPDX-License-Identifier: MIT
// A small HTTP/1.1 server: keep-alive, pipelining, and limits for everything that a client might do without end.
//
//     http_server [host] [port]            127.0.0.1 13333 unless they are given; port 0 lets the system choose
//     curl http://127.0.0.1:13333/         prints: hello
//     wrk -c 50 http://127.0.0.1:13333/    in another terminal, how fast it is
//
// A head has 8 KiB (431) and five seconds from the answer before it (408), whether it comes slowly or not at all. Requests
// have no body here (413). Ctrl-C or SIGTERM end it; it gives the clients five seconds.
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <iostream>
#include <optional>
#include <rill.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "support/command_line.hpp"

using namespace std::chrono_literals;

constexpr std::size_t head_size_max = 8192;
constexpr auto head_limit = 5s;
constexpr auto send_limit = 30s;  // for an answer that the client does not read

struct request {
    std::string_view method, target;
    bool keep_alive = true, has_host = false, has_body = false;
};

bool same_letters(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

/// Takes what stands before a separator off the front of a text; all of it if there is none.
std::string_view take(std::string_view& text, std::string_view separator) {
    const std::size_t at = text.find(separator);
    const std::string_view taken = text.substr(0, at);
    text.remove_prefix(at == text.npos ? text.size() : at + separator.size());
    return taken;
}

/// Reads a head, without its empty line; nothing if it is none. It points into the head.
std::optional<request> parse(std::string_view head) {
    request parsed;
    std::string_view line = take(head, "\r\n");
    parsed.method = take(line, " ");
    parsed.target = take(line, " ");
    if (parsed.target.empty() || (line != "HTTP/1.1" && line != "HTTP/1.0")) return std::nullopt;
    const bool old = line == "HTTP/1.0";
    parsed.keep_alive = !old;
    parsed.has_host = old;  // for it needs none
    while (!head.empty()) {
        std::string_view value = take(head, "\r\n");
        const std::string_view name = take(value, ":");
        if (name.empty() || name.find_first_of(" \t\n") != name.npos) return std::nullopt;
        while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
        if (same_letters(name, "host")) parsed.has_host = true;
        if (same_letters(name, "transfer-encoding") || (same_letters(name, "content-length") && value != "0"))
            parsed.has_body = true;
        if (same_letters(name, "connection"))
            parsed.keep_alive = old ? same_letters(value, "keep-alive") : !same_letters(value, "close");
    }
    return parsed.has_host ? std::optional(parsed) : std::nullopt;
}

rill::task<> answer(rill::tcp_stream& to, std::string_view status, std::string_view body, bool keep_alive,
                    bool with_body = true) {
    std::string head = "HTTP/1.1 " + std::string(status) +
                       "\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size());
    head += keep_alive ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n";
    co_await rill::timeout(send_limit, to.send_all(head, with_body ? body : std::string_view()));
}

/// Says what was wrong, and takes what the client still sends, for a while: else it might get a reset, and no answer.
rill::task<> refuse(rill::tcp_stream& client, std::string_view status) {
    co_await answer(client, status, std::string(status) + "\n", false);
    client.shutdown_send();
    std::array<std::byte, 4096> ignored;
    const auto drain = [&]() -> rill::task<> {
        for (int left = 64; left != 0 && co_await client.recv(ignored) != 0;) --left;
    };
    static_cast<void>(co_await rill::as_result(rill::timeout(1s, drain())));
}

rill::task<> session(rill::tcp_stream client) {
    rill::line_reader reader(client);
    for (bool keep_alive = true; keep_alive;) {
        const auto head =
            co_await rill::as_result(rill::timeout(head_limit, reader.read_until("\r\n\r\n", head_size_max)));
        if (head.error() == rill::errc::line_too_long)
            co_return co_await refuse(client, "431 Request Header Fields Too Large");
        if (head.error() == rill::errc::deadline_exceeded) co_return co_await refuse(client, "408 Request Timeout");
        if (head.error() || !head.value()) co_return;  // it has gone
        const std::optional<request> asked = parse(**head);
        if (!asked) co_return co_await refuse(client, "400 Bad Request");
        if (asked->has_body) co_return co_await refuse(client, "413 Content Too Large");
        if (asked->method != "GET" && asked->method != "HEAD")
            co_return co_await refuse(client, "405 Method Not Allowed");
        keep_alive = asked->keep_alive;
        const bool found = asked->target == "/", get = asked->method == "GET";
        co_await answer(client, found ? "200 OK" : "404 Not Found", found ? "hello\n" : "not found\n", keep_alive, get);
    }
    client.shutdown_send();
}

rill::task<> server(rill::endpoint where) {
    auto listener = rill::tcp_listener::bind(where, rill::option::no_delay{true});
    std::cout << "listening on " << to_string(listener.local_endpoint()) << '\n' << std::flush;
    co_await rill::serve(std::move(listener), session, rill::serve_options().max_connections(10'000).drain(5s));
}

int main(int argc, char** argv) {
    return example::run_at_address(
        argc, argv, [](const rill::endpoint& where) { rill::run(server(where), rill::stop_on(SIGINT, SIGTERM)); });
}
