// SPDX-License-Identifier: MIT
// The UDP chat room of note 003: sends, receives, and shows what arrives also while you type, until the end of the input.
// Run:  note_003_udp_chat_room [host] [port]     and another one, at another port, in another terminal
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
    const auto [size, recv_ip, truncated] = co_await mine.udp_socket.recvfrom(buffer);
    std::cout << before << ">>>" << example::python_text(recv_ip) << ':' << example::one_line({buffer.data(), size})
              << '\n'
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
    const auto msg = co_await ask(mine, "\n请输入要发送的数据:");
    const auto dest_ip = co_await example::ask_address(mine, "\n请输入对方的ip地址:");
    const auto dest_port = co_await example::ask_port(mine, "\n请输入对方的port:");
    if (!dest_port) co_return;  // the end of the input
    const auto sent = co_await rill::as_result(mine.udp_socket.sendto(*msg, {*dest_ip, *dest_port}));
    if (sent.error()) std::cerr << sent.error().message() << '\n';
}

rill::task<> udp_chat_room(rill::endpoint where) {
    chat mine{rill::udp_socket::bind(where), {}};
    const std::string rule(30, '=');
    for (;;) {
        std::cout << rule << "\n1:发送消息\n2:接收消息\n" << rule << '\n';
        const auto op_num = co_await ask(mine, "请输入要操作的功能序号:");
        if (!op_num) break;
        if (*op_num == "1") {
            co_await send_msg(mine);
        } else if (*op_num == "2") {
            if (mine.unread == 0) co_await recv_msg(mine);
            --mine.unread;
        } else {
            std::cout << "输入有误，请重新输入...\n" << std::flush;
        }
    }
}

int main(int argc, char** argv) {
    return example::run_at_address(argc, argv, {"0.0.0.0", 7890},
                                   [](const rill::endpoint& where) { rill::run(udp_chat_room(where)); });
}
