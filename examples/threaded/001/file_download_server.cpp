// SPDX-License-Identifier: MIT
// The twin of notes/001/file_download_server.cpp with blocking sockets and a thread a client.
// Run:  threaded_001_file_download_server [host] [port]     then note_001_file_download_client in another terminal
#include <chrono>
#include <string>

#include "../../support/command_line.hpp"
#include "../../support/files.hpp"
#include "../../support/python_text.hpp"
#include "../../support/threaded.hpp"
#include "../../support/utf8.hpp"

using namespace std::chrono_literals;

void send_file_2_client(threaded::tcp_stream new_client_socket) {
    const std::string client_addr = example::python_text(new_client_socket.remote_endpoint());
    threaded::print(client_addr, " client connected ");
    new_client_socket.set(rill::option::linger{0s});  // closing is a reset, unless all of the file went out

    // receive file name
    const std::string file_name = threaded::recv_message(new_client_socket);
    threaded::print("client ", client_addr, " want to download ", example::one_line(file_name), ": ");

    // open file
    if (const auto f = example::open_in_this_folder(file_name)) {
        // send file
        threaded::send_file(new_client_socket, f);
        new_client_socket.set(rill::option::linger{-1s});
    } else {
        threaded::print("did not find file ", example::one_line(file_name), ": ");
    }
    threaded::print("client ", client_addr, " losed connection");
}

void file_download_server(rill::endpoint where) {
    auto tcp_socket = threaded::tcp_listener::bind(where, rill::option::backlog{128});
    threaded::print("wait client... ");
    threaded::serve(tcp_socket, send_file_2_client);
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"0.0.0.0", 7788},
                                   [](const rill::endpoint& where) { file_download_server(where); });
}
