// SPDX-License-Identifier: MIT
// The UDP chat of note 001: sends, receives, and shows what arrives also while you type; `3` or the end of the input ends it.
// Run:  note_001_udp_chat [host] [port]     and another one, at another port, in another terminal
#include <array>
#include <iostream>
#include <optional>
#include <rill.hpp>
#include <string>
#include <string_view>

#include "../../support/ask.hpp"
#include "../../support/python_text.hpp"
#include "../../support/utf8.hpp"

struct chat {
    rill::udp_socket udp_socket;
    rill::console input;
    int unread = 0;  // shown, and not asked for by a `2`
};

rill::task<> recv_msg(chat& mine, std::string_view before = "") {
    std::array<char, 65'536> buffer;
    const auto [size, remote_address, truncated] = co_await mine.udp_socket.recvfrom(buffer);
    std::cout << before << "收到来自: " << example::python_text(remote_address) << " 的数据："
              << example::one_line({buffer.data(), size}) << '\n'
              << std::flush;
    ++mine.unread;
}

rill::task<> show_messages(chat& mine) {
    for (;;) co_await recv_msg(mine, "\n");  // below the line that is being typed
}

/// What is typed; meanwhile all that arrives is shown.
rill::task<std::optional<std::string>> ask(chat& mine, std::string_view prompt) {
    auto [line, ended] = co_await rill::when_any(example::ask(mine.input, prompt), show_messages(mine));
    co_return std::move(*line);
}

rill::task<> send_msg(chat& mine) {
    const auto data = co_await ask(mine, "请输入你想要说的话:");
    const auto ip_address = co_await example::ask_address(mine, "请输入目的地的ip地址:");
    const auto port = co_await example::ask_port(mine, "请输入目的地的端口号:");
    if (!port) co_return;  // the end of the input
    const auto sent = co_await rill::as_result(mine.udp_socket.sendto(*data, {*ip_address, *port}));
    if (sent.error()) std::cerr << sent.error().message() << '\n';
}

rill::task<> udp_chat(rill::endpoint where) {
    chat mine{rill::udp_socket::bind(where), {}};
    for (;;) {
        const auto op = co_await ask(mine, "请输入需要进行的操作: 1 发送数据 2 接收数据 3 退出");
        if (!op || *op == "3") break;
        if (*op == "1") {
            co_await send_msg(mine);
        } else if (*op == "2") {
            if (mine.unread == 0) co_await recv_msg(mine);
            --mine.unread;
        } else {
            std::cout << "你的输入有错,请重新输入...\n" << std::flush;
        }
    }
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"0.0.0.0", 8888},
                                   [](const rill::endpoint& where) { rill::run(udp_chat(where)); });
}
