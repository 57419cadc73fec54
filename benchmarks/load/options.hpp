// SPDX-License-Identifier: MIT
#pragma once

// What a run is asked for, from `name=number` on the command line. A name that is unknown is an error, so that a typing
// error is not a figure of something else.

#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

namespace load {

struct options {
    std::string mode;
    std::string host;
    std::uint16_t port = 0;
    std::string file;  // of download: what the server sends

    std::uint64_t connections = 50;
    std::uint64_t bytes = 64;            // of each message, or of a slow reader's read
    std::uint64_t outstanding = 1;       // messages under way on each connection, or pieces of 64 KiB through a proxy
    std::uint64_t milliseconds = 1'000;  // that are measured,
    std::uint64_t warm_up = 200;         // after so many that are not
    std::uint64_t echoes = 0;            // instead of a time: exactly so many, and all of them measured
    std::uint64_t rate = 5'000;          // messages, or reads of slow readers, a second of all connections
    std::uint64_t flood = 0;             // connections beside the others that are always ready
    std::uint64_t source = 0;            // of a proxy: the number of an inherited socket, on which the source listens
    std::uint64_t pid = 0;               // of the server, if it is to be watched
    std::uint64_t calls = 0;             // 1: count the server's system calls

    std::uint64_t& number(std::string_view name) {
        if (name == "connections") return connections;
        if (name == "bytes") return bytes;
        if (name == "outstanding") return outstanding;
        if (name == "milliseconds") return milliseconds;
        if (name == "warm_up") return warm_up;
        if (name == "echoes") return echoes;
        if (name == "rate") return rate;
        if (name == "flood") return flood;
        if (name == "source") return source;
        if (name == "pid") return pid;
        if (name == "calls") return calls;
        throw std::invalid_argument("no such option: " + std::string(name));
    }
};

inline std::uint64_t number_in(const std::string& text) {
    std::size_t used = 0;
    const std::uint64_t value = std::stoull(text, &used);
    if (used != text.size()) throw std::invalid_argument("no number: " + text);
    return value;
}

/// From `mode host:port name=number...`.
inline options options_from(int count, char** arguments) {
    if (count < 3) throw std::invalid_argument("usage: load mode host:port [name=number]...");
    options wanted;
    wanted.mode = arguments[1];
    const std::string address = arguments[2];
    const std::size_t colon = address.rfind(':');
    if (colon == std::string::npos) throw std::invalid_argument("no host:port: " + address);
    wanted.host = address.substr(0, colon);
    wanted.port = static_cast<std::uint16_t>(number_in(address.substr(colon + 1)));
    for (int index = 3; index < count; ++index) {
        const std::string each = arguments[index];
        const std::size_t equals = each.find('=');
        if (equals == std::string::npos) throw std::invalid_argument("no name=number: " + each);
        if (each.substr(0, equals) == "file") {
            wanted.file = each.substr(equals + 1);
        } else {
            wanted.number(each.substr(0, equals)) = number_in(each.substr(equals + 1));
        }
    }
    return wanted;
}

}  // namespace load
