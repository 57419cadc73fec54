// SPDX-License-Identifier: MIT
// A small name server: answers questions for the addresses of one name, and says of all others that they do not exist.
//
//     dns_server [host] [port]                               127.0.0.1 13333 unless they are given
//     dig @127.0.0.1 -p 13333 rill.test AAAA +short          in another terminal, prints: 2001:db8::7
//
// What is no question gets no answer (a response never does: two servers could talk for ever), and an answer is at most 28
// bytes longer than its question, so that nobody can use it to flood somebody else. Ctrl-C or SIGTERM end it.
#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <rill.hpp>
#include <span>
#include <string_view>

#include "support/command_line.hpp"

constexpr rill::ip_address four("192.0.2.7"), six("2001:db8::7");
constexpr std::string_view known_name("\4rill\4test\0", 11);  // as it stands in a question: labels with their lengths

enum : unsigned { type_a = 1, type_aaaa = 28, class_internet = 1 };
enum : unsigned { no_error = 0, format_error = 1, no_such_name = 3, not_implemented = 4 };
constexpr std::size_t header_size = 12;

using message = std::array<std::uint8_t, 512>;

unsigned number_at(const message& from, std::size_t at) { return from[at] * 256U + from[at + 1]; }
void put_number(message& to, std::size_t at, std::size_t number) {
    to[at] = static_cast<std::uint8_t>(number >> 8);
    to[at + 1] = static_cast<std::uint8_t>(number);
}

/// How long the name in a question is, with its end; 0 if it is none. Compression has no place there.
std::size_t name_size(const message& question, std::size_t size) {
    for (std::size_t at = header_size; at < size && question[at] < 64; at += 1U + question[at])
        if (question[at] == 0) return at + 1 - header_size;
    return 0;
}

bool is_known(const message& question, std::size_t size) {
    if (size != known_name.size()) return false;
    for (std::size_t i = 0; i < size; ++i) {
        const char letter = static_cast<char>(question[header_size + i]);
        if ((letter >= 'A' && letter <= 'Z' ? letter + ('a' - 'A') : letter) != known_name[i]) return false;
    }
    return true;
}

/// Writes an answer behind the question; gives the new size.
std::size_t add_address(message& to, std::size_t at, unsigned type) {
    const rill::ip_address::v6_bytes bytes = six.bytes_v6();
    const rill::ip_address::v4_bytes short_bytes = four.bytes_v4();
    const std::span<const std::uint8_t> address =
        type == type_a ? std::span<const std::uint8_t>(short_bytes) : std::span<const std::uint8_t>(bytes);
    for (const std::size_t number : {std::size_t{0xc000} + header_size, std::size_t{type}, std::size_t{class_internet},
                                     std::size_t{0}, std::size_t{60}, address.size()}) {
        put_number(to, at, number);  // the name again, type, class, seconds that it may be kept (two numbers), size
        at += 2;
    }
    std::memcpy(&to[at], address.data(), address.size());
    return at + address.size();
}

/// Makes an answer of a question, in its place: how long it is; 0: there is none.
std::size_t answer(message& to, std::size_t size) {
    if (size < header_size || (to[2] & 0x80) != 0) return 0;
    const std::size_t name = name_size(to, size), end = header_size + name + 4;
    unsigned code = no_error;
    bool found = false;
    std::size_t answered = header_size;
    if ((to[2] & 0x78) != 0) {
        code = not_implemented;
    } else if (number_at(to, 4) != 1 || name == 0 || end > size || end + 28 > to.size()) {
        code = format_error;
    } else if (answered = end; !is_known(to, name)) {
        code = no_such_name;
    } else {
        const unsigned type = number_at(to, end - 4);
        found = (type == type_a || type == type_aaaa) && number_at(to, end - 2) == class_internet;
        if (found) answered = add_address(to, end, type);
    }
    // An answer, by who knows; the kind of question, and whether recursion was wanted, stay as they are.
    put_number(to, 2, 0x8400U | (to[2] & 0x79U) << 8 | code);
    put_number(to, 4, answered == header_size ? 0 : 1);
    put_number(to, 6, found ? 1 : 0);
    put_number(to, 8, 0);
    put_number(to, 10, 0);
    return answered;
}

rill::task<> server(rill::endpoint where) {
    auto socket = rill::udp_socket::bind(where);
    std::cout << "listening on " << to_string(socket.local_endpoint()) << '\n' << std::flush;
    message buffer;
    for (;;) {
        const auto got = co_await rill::as_result(socket.recvfrom(buffer));
        // Of an answer that nobody took, the network may tell: that is no reason to end.
        if (got.error() == std::errc::connection_refused || got.error() == std::errc::connection_reset) continue;
        const rill::datagram& question = got.value();
        if (question.truncated || question.from.port() == 0) continue;
        if (const std::size_t size = answer(buffer, question.size))
            static_cast<void>(co_await rill::as_result(socket.sendto(std::span(buffer).first(size), question.from)));
    }
}

int main(int argc, char** argv) {
    return example::run_at_address(
        argc, argv, [](const rill::endpoint& where) { rill::run(server(where), rill::stop_on(SIGINT, SIGTERM)); });
}
