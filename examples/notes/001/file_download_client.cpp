// SPDX-License-Identifier: MIT
// The download client of note 001: asks for a file, and keeps it as `new NAME` if all of it has come.
// Run:  note_001_file_download_client [host port]     after note_001_file_download_server; asks for what is not given
#include <iostream>
#include <optional>
#include <rill.hpp>
#include <stdexcept>
#include <string>
#include <system_error>

#include "../../support/ask.hpp"
#include "../../support/files.hpp"
#include "../../support/messages.hpp"

rill::task<> download(rill::tcp_stream tcp_socket, const std::string& file_name) {
    const std::string unfinished = "new " + file_name + ".part";
    try {
        // send request of download
        co_await tcp_socket.send_all(file_name);
        tcp_socket.shutdown_send();
        // receive file and write on local
        co_await rill::recv_file(tcp_socket, unfinished);
        example::rename_file(unfinished, "new " + file_name);
    } catch (const std::system_error& error) {
        example::remove_file(unfinished);
        if (!example::is_gone(error.code())) throw;
        throw std::runtime_error("did not get file " + example::quoted(file_name) + ": the server has refused it");
    }
}

rill::task<> file_download_client(std::optional<rill::endpoint> server) {
    rill::console input;
    if (!server) {
        const auto ip_addr = co_await example::ask_address(input, "enter the ip of the server: ");
        const auto port_num = co_await example::ask_port(input, "enter the port of the server: ");
        if (!port_num) co_return;  // the end of the input
        server.emplace(*ip_addr, *port_num);
    }
    // connect server
    auto tcp_socket = co_await rill::tcp_stream::connect(*server);

    std::optional<std::string> file_name;
    do {
        file_name = co_await example::ask(input, "enter the name of file: ");
        if (!file_name) co_return;
    } while (file_name->empty());
    co_await download(std::move(tcp_socket), *file_name);
}

int main(int argc, char** argv) {
    return example::run_program(argc, argv, {"[host] [port]", 2, "asks for them unless they are given"},
                                [](const example::arguments& given) {
                                    std::optional<rill::endpoint> server;
                                    if (given.has(1)) server = given.address({"127.0.0.1", 7788});
                                    rill::run(file_download_client(server));
                                });
}
