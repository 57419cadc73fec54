// SPDX-License-Identifier: MIT
// Sends one file to whoever connects, on standalone Asio: it has no files without io_uring, so a loop reads, which may wait for the disk,
// and writes what was read. Run: server_asio_files port file.
#include <asio.hpp>
#include <cstddef>
#include <exception>
#include <fstream>
#include <string>
#include <utility>

#include "support/asio_serving.hpp"
#include "support/page_buffer.hpp"

using asio::ip::tcp;

asio::awaitable<void> session(tcp::socket client, std::string path) {
    try {
        std::ifstream file;
        file.rdbuf()->pubsetbuf(nullptr, 0);  // the buffer below is enough
        file.open(path, std::ios::binary);
        const server_support::page_buffer buffer(64UL * 1024);
        const auto next = [&] {
            file.read(reinterpret_cast<char*>(buffer.data()), static_cast<std::streamsize>(buffer.size()));
            return static_cast<std::size_t>(file.gcount());
        };
        while (const std::size_t size = next())
            co_await asio::async_write(client, asio::buffer(buffer.data(), size), asio::use_awaitable);
    } catch (const std::exception&) {  // the client has left
    }
}

int main(int count, char** arguments) {
    const server_support::arguments wanted(count, arguments);
    if (count < 3) return 2;
    const std::string path = arguments[2];
    server_support::run_asio_server(wanted, [&](tcp::socket client) { return session(std::move(client), path); });
}
