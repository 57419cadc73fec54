// SPDX-License-Identifier: MIT
// The upload server of note 002: keeps what one client sends as data/hg.txt, or data/hg-2.txt and so on if that is there.
// Run:  note_002_file_upload_server [host] [port]     then note_002_file_upload_client in another terminal
#include <csignal>
#include <iostream>
#include <rill.hpp>

#include "../../support/command_line.hpp"
#include "../../support/files.hpp"
#include "../../support/messages.hpp"

rill::task<> save(rill::tcp_stream accept_socket) {
    example::new_file dest_f("data", "hg", ".txt");  // taken away again if the client does not get to its end
    co_await rill::recv_file(accept_socket, dest_f.handle());
    dest_f.keep();
    if (dest_f.path() != "data/hg.txt") std::cout << dest_f.path() << '\n' << std::flush;
}

rill::task<> file_upload_server(rill::endpoint where) {
    auto server_socket = rill::tcp_listener::bind(where, rill::option::backlog{5});
    std::cout << "服务器端, 开始监听了...\n" << std::flush;
    co_await example::until_gone(save(co_await server_socket.accept()));
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"192.168.24.148", 6666}, [](const rill::endpoint& where) {
        rill::run(file_upload_server(where), rill::stop_on(SIGINT, SIGTERM));
    });
}
