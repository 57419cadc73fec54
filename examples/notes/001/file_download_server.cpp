// SPDX-License-Identifier: MIT
// The download server of note 001: sends files of its current folder, and of no other; to many clients, until Ctrl-C.
// Run:  note_001_file_download_server [host] [port]     then note_001_file_download_client in another terminal
#include <chrono>
#include <csignal>
#include <iostream>
#include <rill.hpp>
#include <string>

#include "../../support/command_line.hpp"
#include "../../support/files.hpp"
#include "../../support/messages.hpp"
#include "../../support/python_text.hpp"
#include "../../support/utf8.hpp"

using namespace std::chrono_literals;

rill::task<> send_file_2_client(rill::tcp_stream new_client_socket) {
    const std::string client_addr = example::python_text(new_client_socket.remote_endpoint());
    std::cout << client_addr << " client connected \n" << std::flush;
    new_client_socket.set(rill::option::linger{0s});  // closing is a reset, unless all of the file went out

    // receive file name
    const std::string file_name = co_await example::recv_message(new_client_socket);
    std::cout << "client " << client_addr << " want to download " << example::one_line(file_name) << ": \n"
              << std::flush;

    // open file
    if (const auto f = example::open_in_this_folder(file_name)) {
        // send file
        co_await rill::send_file(new_client_socket, f);
        new_client_socket.set(rill::option::linger{-1s});
    } else {
        std::cout << "did not find file " << example::one_line(file_name) << ": \n";
    }
    std::cout << "client " << client_addr << " losed connection\n" << std::flush;
}

rill::task<> file_download_server(rill::endpoint where) {
    auto tcp_socket = rill::tcp_listener::bind(where, rill::option::backlog{128});
    std::cout << "wait client... \n" << std::flush;
    co_await rill::serve(tcp_socket, send_file_2_client);
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"0.0.0.0", 7788}, [](const rill::endpoint& where) {
        rill::run(file_download_server(where), rill::stop_on(SIGINT, SIGTERM));
    });
}
