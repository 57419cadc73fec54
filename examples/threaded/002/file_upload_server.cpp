// SPDX-License-Identifier: MIT
// The twin of notes/002/file_upload_server.cpp with blocking sockets.
// Run:  threaded_002_file_upload_server [host] [port]     then note_002_file_upload_client in another terminal
#include <iostream>

#include "../../support/command_line.hpp"
#include "../../support/files.hpp"
#include "../../support/threaded.hpp"

void save(threaded::tcp_stream accept_socket) {
    example::new_file dest_f("data", "hg", ".txt");  // taken away again if the client does not get to its end
    threaded::recv_file(accept_socket, dest_f.handle());
    dest_f.keep();
    if (dest_f.path() != "data/hg.txt") std::cout << dest_f.path() << '\n' << std::flush;
}

void file_upload_server(rill::endpoint where) {
    auto server_socket = threaded::tcp_listener::bind(where, rill::option::backlog{5});
    std::cout << "服务器端, 开始监听了...\n" << std::flush;
    threaded::until_gone(save, server_socket.accept());
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"192.168.24.148", 6666},
                                   [](const rill::endpoint& where) { file_upload_server(where); });
}
