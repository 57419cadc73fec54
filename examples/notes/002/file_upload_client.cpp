// SPDX-License-Identifier: MIT
// The upload client of note 002: sends a file, and waits until the server has all of it.
// Run:  note_002_file_upload_client [host] [port] [file]     after note_002_file_upload_server in another terminal
#include <array>
#include <chrono>
#include <rill.hpp>
#include <string>

#include "../../support/command_line.hpp"
#include "../../support/files.hpp"

using namespace std::chrono_literals;

rill::task<> file_upload_client(rill::endpoint server, std::string path) {
    const auto src_f = example::open_to_read(path);  // first: a file that is missing is not sent as an empty one
    auto cli_socket = co_await rill::tcp_stream::connect(server);
    cli_socket.set(rill::option::linger{0s});  // closing is a reset, unless all of the file went out
    co_await rill::send_file(cli_socket, src_f);
    cli_socket.set(rill::option::linger{-1s});
    cli_socket.shutdown_send();
    std::array<char, 1> end;
    while (co_await cli_socket.recv(end) != 0) {
    }
}

int main(int argc, char** argv) {
    return example::run_program(
        argc, argv, {"[host] [port] [file]", 3, "192.168.24.148 6666 d:/绕口令.txt unless they are given"},
        [](const example::arguments& given) {
            rill::run(file_upload_client(given.address({"192.168.24.148", 6666}), given.text(3, "d:/绕口令.txt")));
        });
}
